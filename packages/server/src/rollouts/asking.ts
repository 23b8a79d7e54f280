// SPDX-License-Identifier: Apache-2.0
/** What people and service accounts ask of a rollout: one step of its row, whoever drives it. */
import { type RolloutEvent, step } from "@interlock/core";
import { lockRollout, openRollouts, read, rolloutById, transaction } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { activePerson } from "../runs/terms.ts";
import { approvalsAfter } from "./allowed.ts";
import { stillOpen } from "./lane.ts";
import { type Loaded, loaded, notedEntry, savedIn } from "./stepping.ts";
import type { RolloutsTerms } from "./terms.ts";

export const NONE = refused(
  "NOT_FOUND",
  "there is no such rollout",
  "see `interlock rollout list`",
);

/** A stored rollout, or why there is none to show. */
export async function find(terms: RolloutsTerms, id: string): Promise<Answer<Loaded>> {
  const row = await read(terms.store, (db) => rolloutById(db, id));
  if (!row.ok) return row;
  return row.value === null ? NONE : readable(loaded(row.value));
}

/** A stored rollout that can be read, or why nobody drives it. */
export const readable = (one: Loaded | { readonly damaged: string }): Answer<Loaded> =>
  "damaged" in one
    ? refused(
        "ROLLOUT_STATE_INVALID",
        one.damaged,
        "do not drive it; compare its entries in the ledger with what its target holds",
      )
    : done(one);

/**
 * Makes a step of somebody's request. It is stored before the answer, under the row's lock: from then
 * on no driver sends what was handed out before a halt. by (halt-wins) What is refused is an entry.
 */
export async function ask(
  terms: RolloutsTerms,
  id: string,
  event: RolloutEvent,
  by: string,
): Promise<Answer<Loaded>> {
  const active = by === "" ? null : await activePerson(terms, terms.store.db, by);
  if (active !== null && !active.ok) return active;
  const outcome = await transaction<Answer<Loaded>, Refusal>(
    terms.store,
    async (tx) => {
      const row = await lockRollout(tx, id);
      if (row === null) return { ok: true, value: NONE };
      const one = readable(loaded(row));
      if (!one.ok) return { ok: true, value: one };
      const now = terms.now();
      const told = step(one.value.state, event, now);
      if (told.ok) return { ok: true, value: done(await savedIn(tx, one.value, told.state, now)) };
      const { event: what, because } = told.record;
      const entry = notedEntry("rollout-refused", id, now, { what, by, because });
      const appended = await terms.ledger.append(tx, [entry]);
      return appended.ok ? { ok: true, value: { ok: false, failure: told.failure } } : appended;
    },
    { isolation: "read committed" },
  );
  if (outcome.kind !== "committed") return { ok: false, failure: outcome.failure };
  if (outcome.value.ok) terms.wake(id);
  return outcome.value;
}

/**
 * Goes on. After a halt by approvals of the change that came after the halt's entry; where one person
 * alone may not expose so much, by the approvals of others.
 */
export async function resume(
  terms: RolloutsTerms,
  id: string,
  by: string,
): Promise<Answer<Loaded>> {
  const found = await find(terms, id);
  if (!found.ok) return found;
  const { row, state } = found.value;
  if (state.stage === "writing" || state.hold === "break-glass-over") {
    const open = await stillOpen(terms, terms.store.db, { plan: state.plan, change: row.change });
    if (!open.ok) return open;
  }
  if (state.phase === "running" && state.hold === "second-person") {
    const approvals = await approvalsAfter(terms, row.change, -1);
    const others = (approvals?.persons ?? []).filter((one) => !state.persons.includes(one));
    if (approvals === null || others.length === 0) return NEEDS_SECOND;
    return await ask(terms, id, { kind: "approved", ...approvals }, by);
  }
  const after = state.halt?.index;
  const approval = after === undefined ? null : await approvalsAfter(terms, row.change, after);
  const event = { kind: "resume", by, ...(approval === null ? {} : { approval }) } as const;
  return await ask(terms, id, event, by);
}

const NEEDS_SECOND = refused(
  "ROLLOUT_NEEDS_SECOND",
  "one person alone may not expose so much",
  "ask somebody who had no part in the change to approve it with a passkey, then resume",
);

/** More are not open for one system: each has the keys of the others in its way. */
const OF_SYSTEM = 1_000;

/** A cell runs other code from now on. Every rollout of its system that is under way hears of it. */
export async function runsNow(
  terms: RolloutsTerms,
  repository: string,
  said: { readonly system: string; readonly cell: string; readonly version: string },
): Promise<Answer<{ readonly told: number }>> {
  const plane = await terms.plane();
  const own = plane?.configSets.some(
    (one) => one.system === said.system && one.repository === repository,
  );
  // A token speaks for one repository; of others it learns nothing (TK1).
  if (own !== true)
    return refused(
      "NOT_FOUND",
      `this repository has no config set of \`${said.system}\``,
      "send it with the token of the repository that holds the configuration",
    );
  const { system, cell, version } = said;
  const cells = plane?.systems.find(({ name }) => name === system)?.cells ?? [];
  // Code is deployed to a cell, so that all of its parts run it.
  const parts = cells.flatMap(({ id, part }) => (part?.of === cell ? [id] : []));
  const open = await read(terms.store, (db) => openRollouts(db, { system, limit: OF_SYSTEM }));
  if (!open.ok) return open;
  for (const { id } of open.value)
    for (const one of parts.length === 0 ? [cell] : parts) {
      const told = await ask(terms, id, { kind: "runs", cell: one, version }, "");
      if (!told.ok) return told;
    }
  return done({ told: open.value.length });
}
