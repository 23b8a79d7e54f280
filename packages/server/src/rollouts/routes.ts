// SPDX-License-Identifier: Apache-2.0
import type { RolloutEvent } from "@interlock/core";
import { type RolloutShown, rolloutsApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";
import type { Actor } from "../http/actor.ts";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { personOf } from "../runs/terms.ts";
import { proposeAdoption } from "./adopting.ts";
import { ask, find, resume, runsNow } from "./asking.ts";
import { begin, propose } from "./begin.ts";
import { emergencyShown } from "./lane.ts";
import { markBad } from "./marking.ts";
import { listedRollouts, lossShown, shownRollout, wavesShown } from "./showing.ts";
import type { Loaded } from "./stepping.ts";
import type { RolloutsTerms } from "./terms.ts";

/** Rollouts: begin one, watch it, stop it. */
export function rolloutRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: RolloutsTerms,
): void {
  const shown = async (one: Answer<Loaded>): Promise<Answer<RolloutShown>> =>
    one.ok ? await shownRollout(terms, one.value) : one;
  const asked = async (actor: Actor, id: string, event: (by: string) => RolloutEvent) => {
    const by = personOf(actor);
    return await shown(await ask(terms, id, event(by), by));
  };
  bind(app, authenticate, rolloutsApi.planRollout, async ({ actor, body }) => {
    const made = await propose(terms, personOf(actor), body);
    if (!made.ok) return made;
    const { plan, loss, budgetOrders, allowed, change } = made.value;
    const emergency = await emergencyShown(terms, { plan, phase: "proposed" }, change.id);
    const waves = wavesShown(plan);
    const lost = lossShown(loss, budgetOrders);
    return done({ waves, loss: lost, persons: [...allowed.persons], emergency });
  });
  bind(app, authenticate, rolloutsApi.beginRollout, async ({ actor, body }) => {
    const begun = await begin(terms, personOf(actor), body);
    if (!begun.ok) return begun;
    terms.wake(begun.value);
    return await shown(await find(terms, begun.value));
  });
  bind(app, authenticate, rolloutsApi.rollouts, async ({ query }) => listedRollouts(terms, query));
  bind(app, authenticate, rolloutsApi.showRollout, async ({ params }) =>
    shown(await find(terms, params.rollout)),
  );
  bind(app, authenticate, rolloutsApi.pauseRollout, async ({ actor, params }) =>
    asked(actor, params.rollout, (by) => ({ kind: "pause", by })),
  );
  bind(app, authenticate, rolloutsApi.resumeRollout, async ({ actor, params }) =>
    shown(await resume(terms, params.rollout, personOf(actor))),
  );
  bind(app, authenticate, rolloutsApi.haltRollout, async ({ actor, params, body: { because } }) =>
    asked(actor, params.rollout, (by) => ({ kind: "halt", by, because })),
  );
  bind(app, authenticate, rolloutsApi.sendRolloutBack, async ({ actor, params, body }) =>
    asked(actor, params.rollout, (by) => ({ kind: "go-back", by, to: "", anyway: body.anyway })),
  );
  bind(app, authenticate, rolloutsApi.markRolloutBad, async ({ actor, params, body }) =>
    shown(await markBad(terms, params.rollout, { by: personOf(actor), ...body })),
  );
  bind(app, authenticate, rolloutsApi.adoptRollout, async ({ actor, params, body }) =>
    proposeAdoption(terms, actor, { ...params, ...body }),
  );
  bind(app, authenticate, rolloutsApi.withdrawRollout, async ({ actor, params, body }) =>
    asked(actor, params.rollout, (by) => ({ kind: "withdraw", by, because: body.because })),
  );
  bind(app, authenticate, rolloutsApi.runsNow, async ({ actor, body }) => {
    if (actor.kind !== "token") throw new Error("invariant broken: a token's endpoint without one");
    return await runsNow(terms, actor.repository, body);
  });
}
