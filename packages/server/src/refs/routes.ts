// SPDX-License-Identifier: Apache-2.0
import { refsApi } from "@interlock/protocol";
import { landedEnds, refTips, unrecordedChanges } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { Actor } from "../http/actor.ts";
import { type Authenticate, bind } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { isAllowed, type RefsTerms, type Reporter, reportMoves } from "./report.ts";

/** Where protected refs stand, and what moved them past the gate. */
export function refRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: RefsTerms,
): void {
  const { db } = terms.store;
  bind(app, authenticate, refsApi.listRefs, async ({ actor }) => {
    const { repository } = reporterOf(actor);
    return done({ repository, refs: [...(await refTips(db, repository))] });
  });
  bind(app, authenticate, refsApi.landedOn, async ({ actor, body }) => {
    const { repository } = reporterOf(actor);
    const { ref, commits, digest } = body;
    const ends = await landedEnds(db, { repository, target: ref, commits });
    const allowed = digest !== null && (await isAllowed(db, { repository, ref, digest }));
    return done({ allowed, ends: [...ends] });
  });
  bind(app, authenticate, refsApi.reportRefs, ({ actor, body }) =>
    reportMoves(terms, reporterOf(actor), body.moves),
  );
  bind(app, authenticate, refsApi.listUnrecorded, async ({ actor, query }) => {
    const repository = actor.kind === "token" ? actor.repository : null;
    const changes = await unrecordedChanges(db, { repository, limit: query.limit });
    return done({ changes: changes.map((one) => ({ ...one, because: becauseOf(one.because) })) });
  });
}

/** A token speaks for one repository (TK1). */
function reporterOf(actor: Actor): Reporter {
  if (actor.kind === "token") return { token: actor.id, repository: actor.repository };
  throw new Error("invariant broken: `bind` lets only tokens of a repository in");
}

function becauseOf(text: string): (typeof refsApi.UNRECORDED)[number] {
  const known = refsApi.UNRECORDED.find((one) => one === text);
  if (known === undefined)
    throw new Error(`invariant broken: \`${text}\` was written by this server`);
  return known;
}
