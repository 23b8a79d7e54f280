// SPDX-License-Identifier: Apache-2.0
import type { LastWriterBody } from "@interlock/core";
import { refsApi } from "@interlock/protocol";
import {
  cellLooks,
  type Database,
  entriesAt,
  landedEnds,
  refTips,
  strangersIn,
  unrecordedChanges,
  unrecordedKeys,
} from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { Actor } from "../http/actor.ts";
import { type Authenticate, bind } from "../http/bind.ts";
import { bodyIn } from "../ledger/stored.ts";
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
    const { limit } = query;
    const changes = (await unrecordedChanges(db, { repository, limit })).map((one) => ({
      ...one,
      because: oneOf(refsApi.UNRECORDED, one.because),
    }));
    // A token speaks for a repository, and no target is one's (TK1).
    if (repository !== null) return done({ changes, keys: [], cells: [], strangers: [] });
    const found = await unrecordedKeys(db, limit);
    const writers = await writersIn(db, found);
    const keys = found.map(({ entry: _, because, how, ...one }) => ({
      ...one,
      writer: writers.get(one.index) ?? null,
      because: oneOf(refsApi.UNRECORDED_KEYS, because),
      how: how === null ? null : oneOf(refsApi.UNRECORDED_ENDS, how),
    }));
    const cells = [...(await cellLooks(db, CELLS_SHOWN))];
    return done({ changes, keys, cells, strangers: [...(await strangersIn(db, limit))] });
  });
}

/** More than a description of a control plane may name. */
const CELLS_SHOWN = 10_000;

/** Out of the entries themselves, so that what was erased there is gone here. by (erasable) */
async function writersIn(
  db: Database,
  keys: readonly { readonly index: number }[],
): Promise<ReadonlyMap<number, LastWriterBody>> {
  const entries = await entriesAt(
    db,
    keys.map(({ index }) => index),
  );
  return new Map(
    entries.flatMap((entry) => {
      const writer = bodyIn("unrecorded-key", entry)?.body.writer;
      return writer === undefined ? [] : [[entry.index, writer] as const];
    }),
  );
}

/** A token speaks for one repository (TK1). */
function reporterOf(actor: Actor): Reporter {
  if (actor.kind === "token") return { token: actor.id, repository: actor.repository };
  throw new Error("invariant broken: `bind` lets only tokens of a repository in");
}

function oneOf<const T extends string>(known: readonly T[], text: string): T {
  const found = known.find((one) => one === text);
  if (found === undefined)
    throw new Error(`invariant broken: \`${text}\` was written by this server`);
  return found;
}
