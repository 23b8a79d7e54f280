// SPDX-License-Identifier: Apache-2.0
/** What people say of what a rollout brought: that it is bad. */
import { type RolloutState, step } from "@interlock/core";
import {
  builtUpon,
  type Database,
  lockRollout,
  type MarkedValue,
  marksOn,
  newestMark,
  type RolloutDelivery,
  read,
  saveMark,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { activePerson } from "../runs/terms.ts";
import { ask, find, NONE, readable } from "./asking.ts";
import { digestIn, type Loaded, loaded, savedIn } from "./stepping.ts";
import type { RolloutsTerms } from "./terms.ts";

/**
 * Marks what a rollout brought as bad: it halts where it runs, and whoever began upon it goes back to it
 * no more. Asked again, it tells those of whom a crash kept it from hearing.
 */
export async function markBad(
  terms: RolloutsTerms,
  id: string,
  said: { readonly by: string; readonly because: string },
): Promise<Answer<Loaded>> {
  const marked = await recordedBad(terms, id, said);
  if (!marked.ok) return marked;
  terms.wake(id);
  // Whoever begins from now on sees the mark; those that began before are told. by (lockHead)
  const upon = await read(terms.store, (db) => builtUpon(db, id));
  if (!upon.ok) return upon;
  for (const [other, cells] of cellsOf(upon.value)) {
    const found = await find(terms, other);
    // What nobody can read, nobody drives back either.
    if (!found.ok) continue;
    const { plan } = found.value.state;
    const bases = plan.cells.flatMap((cell) => (cells.has(cell.id) ? [cell.base] : []));
    for (const version of new Set(bases)) {
      const told = await ask(terms, other, { kind: "marked-bad", version, by: said.by }, said.by);
      if (!told.ok) return told;
    }
  }
  return await find(terms, id);
}

function cellsOf(all: readonly { readonly id: string; readonly cell: string }[]) {
  const cells = new Map<string, Set<string>>();
  for (const { id, cell } of all) cells.set(id, new Set([...(cells.get(id) ?? []), cell]));
  return cells;
}

/** The mark with its entry and the halt, in one transaction. */
async function recordedBad(
  terms: RolloutsTerms,
  id: string,
  { by, because }: { readonly by: string; readonly because: string },
): Promise<Answer<null>> {
  const active = await activePerson(terms, terms.store.db, by);
  if (!active.ok) return active;
  const outcome = await transaction<null, Refusal>(
    terms.store,
    async (tx) => {
      const row = await lockRollout(tx, id);
      if (row === null) return NONE;
      const one = readable(loaded(row));
      if (!one.ok) return one;
      if ((await newestMark(tx, id))?.mark === "bad") return done(null);
      const { state } = one.value;
      const at = terms.now();
      const { version } = state.plan;
      const told = step(state, { kind: "marked-bad", version, by, because }, at);
      if (!told.ok) throw new Error(`invariant broken: ${told.failure.message}`);
      const entry = badEntry(row.change, state, { by, because, at });
      await savedIn(tx, one.value, told.state, at);
      await saveMark(tx, { rollout: id, mark: "bad", entry: entry.id, by, because });
      const appended = await terms.ledger.append(tx, [entry]);
      return appended.ok ? done(null) : appended;
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed"
    ? done(outcome.value)
    : { ok: false, failure: outcome.failure };
}

function badEntry(
  change: string,
  { id, plan }: RolloutState,
  { by, because, at }: { readonly by: string; readonly because: string; readonly at: number },
) {
  const rollout = digestIn(id);
  const body = { rollout, change, version: plan.version, by, because };
  return prepare({ kind: "rollout-bad", at, subject: rollout, body });
}

/**
 * INVARIANT (way-back): nothing begins upon what was marked bad and not adopted since, by whichever
 * rollout it came: its own way back would bring that again. `null`: nothing of it is.
 */
export async function uponBad(
  db: Database,
  { target, rows }: { readonly target: string; readonly rows: readonly RolloutDelivery[] },
) {
  const marks = await marksOn(db, { target, keys: [...new Set(rows.map(({ key }) => key))] });
  const newest = new Map<string, MarkedValue>();
  for (const one of marks) newest.set(placeOf(one, one.next), one);
  for (const row of rows) {
    const found = newest.get(placeOf(row, row.base));
    if (found?.mark !== "bad") continue;
    const { rollout, by, because } = found;
    return refused(
      "ROLLOUT_NO_WAY_BACK",
      `\`${row.cell}\` holds what rollout \`${rollout}\` brought, which \`${by}\` marked bad: ${because}`,
      `bring it back first: \`interlock rollout back ${rollout}\`, or an unwind; where it is to stay, two people adopt it: \`interlock rollout adopt ${rollout}\``,
    );
  }
  return null;
}

const placeOf = (
  { cell, key }: Pick<RolloutDelivery, "cell" | "key">,
  sha256: string | null,
): string => `${cell}\0${key}\0${sha256 ?? ""}`;
