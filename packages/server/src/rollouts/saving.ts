// SPDX-License-Identifier: Apache-2.0
import {
  type Conflict,
  conflictsAmong,
  type Plan,
  pendingOf,
  planDigest,
  type RolloutState,
  step,
} from "@interlock/core";
import { type Digest, digestOf, type Json } from "@interlock/digest";
import {
  countOpen,
  type Database,
  lockHead,
  type RolloutDelivery,
  rivalsOf,
  rolloutById,
  rolloutsOfChange,
  saveRollout,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { refused } from "../people/terms.ts";
import { uponBad } from "./marking.ts";
import { digestIn, loaded, rowOf } from "./stepping.ts";
import { type Stopped, stoppedAt } from "./stopped.ts";
import type { DriverTerms } from "./terms.ts";

/** A rollout as `beginRollout` made it, and what it stands upon. */
export type Begun = {
  readonly state: RolloutState;
  /** Id of the change. */
  readonly change: string;
  readonly decision: { readonly entry: Digest; readonly index: number };
  readonly persons: readonly string[];
  readonly lossMicroOrders: number;
  readonly deliveries: readonly RolloutDelivery[];
  readonly by: string;
  /** What had stopped the change when its approvals were looked at; absent where that says nothing. */
  readonly stopped?: Stopped;
  /** What the description calls the cells of its system. */
  readonly names?: readonly string[];
  /** Entries that are true from the same moment on. */
  readonly also?: readonly Prepared[];
};

/** More rollouts than this are not open at once: beyond it conflicts could not be told. */
const OPEN_MAX = 10_000;

/**
 * Stores a rollout with its first entry, approved by the decision, unless it would write what another
 * one that is under way writes. by (entry-first)
 */
export async function saveBegun(
  { store, ledger, now }: Pick<DriverTerms, "store" | "ledger" | "now">,
  begun: Begun,
): Promise<Answer<RolloutState>> {
  const { state, decision, persons } = begun;
  const approved = step(state, { kind: "approved", persons, ...decision }, now());
  if (!approved.ok) return { ok: false, failure: approved.failure };
  const outcome = await transaction<null, Refusal>(
    store,
    async (tx) => {
      // Of two that begin at once, the second one sees the first.
      await lockHead(tx);
      if ((await rolloutById(tx, state.id)) !== null) return { ok: true, value: null };
      const conflict =
        (await stoppedMeanwhile(tx, begun)) ??
        (await usedBefore(tx, begun.change, state.plan)) ??
        (await conflictOf(tx, begun));
      if (conflict !== null) return conflict;
      const at = now();
      const { id, plan } = state;
      const row = { ...rowOf(approved.state), nextAt: at };
      await saveRollout(
        tx,
        {
          ...{ ...row, id, change: begun.change, system: plan.system, target: plan.target },
          ...{ startedBy: begun.by, startedAt: at },
        },
        begun.deliveries,
      );
      const appended = await ledger.append(tx, [proposedEntry(begun, at), ...(begun.also ?? [])]);
      return appended.ok ? { ok: true, value: null } : appended;
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed"
    ? { ok: true, value: approved.state }
    : { ok: false, failure: outcome.failure };
}

async function stoppedMeanwhile(tx: Transaction, { change, state, stopped, deliveries }: Begun) {
  if (stopped === undefined) return null;
  const { target } = state.plan;
  const now = await stoppedAt(tx, { change, target });
  if (now === stopped) return await uponBad(tx, { target, rows: deliveries });
  return refused("ROLLOUT_NOT_NOW", "a rollout of this change was stopped just now", "look at it");
}

/**
 * INVARIANT (one-passage): a break-glass lets one rollout into the emergency lane of a system, since
 * many narrow ones would be a wide one. One that was withdrawn wrote nothing. `null`: it let none yet.
 */
export async function usedBefore(db: Database, change: string, { lane, system, emergency }: Plan) {
  if (lane !== "emergency") return null;
  for (const row of await rolloutsOfChange(db, change)) {
    if (row.system !== system || row.phase === "withdrawn") continue;
    const one = loaded(row);
    // What cannot be read may be the one. by (fail-closed)
    if ("damaged" in one || one.state.plan.emergency === emergency)
      return refused(
        "ROLLOUT_NO_BREAK_GLASS",
        `its break-glass let rollout \`${row.id}\` into the emergency lane of \`${system}\`, and it lets one`,
        `see \`interlock rollout show ${row.id}\`; break the glass anew, or begin without \`--emergency\``,
      );
  }
  return null;
}

async function conflictOf(tx: Transaction, { state: { id, plan }, names }: Begun) {
  if ((await countOpen(tx, OPEN_MAX)) === OPEN_MAX)
    return refused("OUT_OF_ORDER", "too many rollouts are open", "end some of them first");
  const own = pendingOf(id, plan);
  // Nobody begins while this looks: only those that could be in the way are read. by (lockHead)
  for (const row of await rivalsOf(tx, { ...own, known: names })) {
    const one = loaded(row);
    // Nobody knows what it writes. by (fail-closed)
    if ("damaged" in one) return unreadRival(row.id, one.damaged);
    const [found] = conflictsAmong([pendingOf(row.id, one.state.plan), own]);
    if (found !== undefined) return inTheWay(row.id, found);
    const other = row.system === plan.system ? strangeCell(one.state, names) : undefined;
    if (other !== undefined) return otherwiseNamed(row.id, other);
  }
  return null;
}

/** Cells that were divided, joined or renamed since: by their names nobody can tell that they are the same. */
const strangeCell = ({ plan }: RolloutState, names: readonly string[] | undefined) =>
  names && plan.cells.find(({ id }) => !names.includes(id))?.id;

const otherwiseNamed = (other: string, cell: string) =>
  refused(
    "ROLLOUT_CONFLICT",
    `rollout \`${other}\` writes to \`${cell}\`, which the description does not have any more`,
    `wait until it is over, or end it: \`interlock rollout show ${other}\``,
  );

const unreadRival = (other: string, why: string) =>
  refused(
    "ROLLOUT_CONFLICT",
    `rollout \`${other}\` is open in the same cells, and this server cannot read it: ${why}`,
    "let a server of the version that wrote it end it, or upgrade this one",
  );

const inTheWay = (other: string, found: Conflict) =>
  refused(
    "ROLLOUT_CONFLICT",
    `rollout \`${other}\` ${says(found)} in ${found.cells.slice(0, 5).join(", ")}`,
    `wait until it is over, or end it: \`interlock rollout show ${other}\``,
  );

const says = ({ kind, keys }: Conflict): string =>
  kind === "keys"
    ? `writes \`${keys[0] ?? ""}\` too`
    : "brings another unproven version to the same system";

function proposedEntry(begun: Begun, at: number) {
  const { state, change, decision, persons, lossMicroOrders, deliveries, by } = begun;
  const rollout = digestIn(state.id);
  const { plan } = state;
  const body = {
    ...{ rollout, change, digest: digestIn(plan.change), decision: decision.entry },
    ...{ system: plan.system, target: plan.target, version: plan.version, by, lossMicroOrders },
    ...{ plan: planDigest(plan), deliveries: deliveriesDigest(deliveries) },
    ...{ cells: plan.cells.map(({ id }) => id), persons: [...persons].sort() },
    ...(plan.emergency === undefined ? {} : { emergency: digestIn(plan.emergency) }),
  };
  return prepare({ kind: "rollout-proposed", at, subject: rollout, body });
}

/** What the ledger binds a rollout's values by: in the order of cells and keys. */
const deliveriesDigest = (deliveries: readonly RolloutDelivery[]): Digest =>
  digestOf(
    "interlock/rollout-deliveries/v1",
    [...deliveries]
      .map(({ cell, key, base, next }) => [cell, key, base, next])
      .sort((a, b) => (`${a[0]}\0${a[1]}` < `${b[0]}\0${b[1]}` ? -1 : 1)) as Json, // texts and null
  );
