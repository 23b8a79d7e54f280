// SPDX-License-Identifier: Apache-2.0
import { unwindsApi } from "@interlock/protocol";
import type { FastifyInstance } from "fastify";
import { type Authenticate, bind } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { personOf } from "../runs/terms.ts";
import { makeUnwind } from "./making.ts";
import { signersOf } from "./owners.ts";
import { proposeUnwind } from "./proposing.ts";
import { listedUnwinds, shownUnwind } from "./showing.ts";
import { startUnwind } from "./starting.ts";

/** Unwinds of what rollouts wrote: plan, propose, begin, look. */
export function unwindRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: RolloutsTerms,
): void {
  bind(app, authenticate, unwindsApi.planUnwind, async ({ query }) => {
    const made = await makeUnwind(terms, query);
    if (!made.ok) return made;
    const { digest, plan, nothing, ordersSince } = made.value;
    const asked = { change: plan.change, of: plan.needs.of };
    const signers = [...(await signersOf(terms, terms.store.db, asked))];
    return done({ plan: digest, text: plan, nothing, ordersSince, signers });
  });
  bind(app, authenticate, unwindsApi.proposeUnwind, async ({ actor, body }) =>
    proposeUnwind(terms, actor, body),
  );
  bind(app, authenticate, unwindsApi.unwinds, async () => listedUnwinds(terms));
  bind(app, authenticate, unwindsApi.showUnwind, async ({ params }) =>
    shownUnwind(terms, params.plan),
  );
  bind(app, authenticate, unwindsApi.startUnwind, async ({ actor, params }) => {
    const started = await startUnwind(terms, personOf(actor), params.plan);
    return started.ok ? await shownUnwind(terms, started.value) : started;
  });
}
