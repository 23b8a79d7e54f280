// SPDX-License-Identifier: Apache-2.0
/** From what was gathered to the plan of an unwind: keys by core's replay, waves by the planner of rollouts. */
import { deliveriesOf } from "@interlock/controlplane";
import {
  type Plan,
  planUnwind,
  type Requirement,
  type UnwindPlan,
  unwindApprovals,
} from "@interlock/core";
import { isDigest } from "@interlock/digest";
import type { UnwindPlanText } from "@interlock/protocol";
import { changeById, type RolloutDelivery, valuesOf } from "@interlock/store";
import { BATCH_ITEMS_MAX } from "@interlock/targets";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { entriesOf } from "../rollouts/allowed.ts";
import { basesOf } from "../rollouts/begin.ts";
import { planned } from "../rollouts/planning.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { decidedRecord } from "./decided.ts";
import { type Gathered, gather, type UnwindAsked } from "./gathering.ts";
import { historyOf, placeOf } from "./history.ts";
import { ontoBad } from "./marked.ts";
import type { Needs } from "./owners.ts";
import { PLAN_TEXT_MAX, type PlanText, textOf } from "./text.ts";

export type Made = PlanText & {
  readonly deliveries: readonly RolloutDelivery[];
  /** By which it is written, with `version` and `change` still to be named; `null`: nothing is to be. */
  readonly rollout: ((plan: string) => Plan) | null;
  readonly lossMicroOrders: number;
  /** All of it is so already, and on record. */
  readonly nothing: boolean;
  readonly ordersSince: number;
};

/** Makes the plan; the same journal, ledger, description and target give the same text. */
export async function makeUnwind(terms: RolloutsTerms, asked: UnwindAsked): Promise<Answer<Made>> {
  const found = await gather(terms, asked);
  if (!found.ok) return found;
  const all = found.value;
  const unwind = unwindOf(all, asked.way);
  if (!unwind.ok) return unwind;
  const { plan, meant } = unwind.value;
  const deliveries = plan.keys
    .filter(({ before, after }) => before !== after)
    .map((one) => ({ ...splitPlace(one.key), base: shaOf(one.before), next: shaOf(one.after) }));
  const full = whyTooMany(deliveries);
  if (full !== null) return full;
  const bad = await ontoBad(terms, all, deliveries);
  if (bad !== null) return bad;
  const waves = await wavesFor(terms, asked.change, { all, deliveries });
  if (!waves.ok) return waves;
  const owners = await ownersFor(terms, asked.change, { all, deliveries });
  if (!owners.ok) return owners;
  const needs = { owners: countOf(plan, all, terms.now()), of: owners.value };
  const written = waves.value;
  const text = textOf({
    ...headOf(asked, all, meant),
    ...(await keysOf(terms, plan)),
    waves: written === null ? [] : wavesIn(written.plan),
    lossOrders: written === null ? 0 : Math.ceil(written.loss.microOrders / MILLION),
    needs: { owners: needs.owners, of: [...needs.of] },
  });
  if (text.text.length > PLAN_TEXT_MAX)
    return refused("ROLLOUT_PLAN", "nobody could read a plan of so many keys", "make it several");
  return done({
    ...text,
    deliveries,
    rollout: written && ((digest) => ({ ...written.plan, change: digest, version: digest })),
    lossMicroOrders: written?.loss.microOrders ?? 0,
    nothing: deliveries.length === 0 && meant.every((one) => isSo(all, asked.way, one)),
    ordersSince: ordersSince(all, terms.now()),
  });
}

const MILLION = 1_000_000;
const shaOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

function splitPlace(place: string): { readonly cell: string; readonly key: string } {
  const at = place.indexOf("\0");
  return { cell: place.slice(0, at), key: place.slice(at + 1) };
}

const isSo = ({ taken }: Gathered, way: UnwindAsked["way"], rollout: string): boolean =>
  taken.rollouts.has(rollout) === (way === "undo");

/** The keys by core's replay. What went back by itself is away like what an unwind took. */
function unwindOf(
  { rollouts, rows, taken, current }: Gathered,
  way: UnwindAsked["way"],
): Answer<{ readonly plan: UnwindPlan; readonly meant: readonly string[] }> {
  const gone = new Set(
    rows.filter(({ phase }) => phase === "gone-back").map(({ rollout }) => rollout),
  );
  const meant = rollouts
    .filter(({ id, phase }) => phase === "completed" && (way === "undo" || taken.rollouts.has(id)))
    .map(({ id }) => id)
    .sort();
  if (meant.length === 0)
    return refused(
      "UNWIND_NOTHING",
      way === "undo"
        ? "every rollout of this change went back by itself"
        : "no unwind has taken away what this change wrote",
      "see `interlock rollout list` and `interlock unwind list`",
    );
  const plan = planUnwind({
    ...{ history: historyOf(rows, current), changes: meant, way, current },
    unwound: [...new Set([...taken.rollouts, ...gone])],
    // Configuration is written from files: there is no program to run again.
    rerun: () => undefined,
  });
  return done({ plan, meant });
}

function whyTooMany(deliveries: readonly RolloutDelivery[]) {
  const counts = new Map<string, number>();
  for (const { cell } of deliveries) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  const full = [...counts].find(([, count]) => count > BATCH_ITEMS_MAX);
  return full === undefined
    ? null
    : refused(
        "ROLLOUT_PLAN",
        `${full[1]} keys of \`${full[0]}\` are to be written at once, ${BATCH_ITEMS_MAX} may be`,
        "bring the contents from before as changes of their own",
      );
}

type Written = { readonly all: Gathered; readonly deliveries: readonly RolloutDelivery[] };

/** As the change itself went out: the same planner, and the stages that its decision demanded. */
async function wavesFor(terms: RolloutsTerms, id: string, { all, deliveries }: Written) {
  if (deliveries.length === 0) return done(null);
  const requires: readonly Requirement[] =
    (await decidedRecord(terms.store.db, id))?.decision.requires ?? [];
  return planned({
    ...{ plane: all.plane, system: all.system, target: all.target.name, requires },
    ...{ bases: basesOf(deliveries), keys: deliveries.map(({ key }) => key) },
    ...{ change: "0".repeat(64), waves: undefined, now: terms.now() },
  });
}

/** Owners of the sets that bring the keys; of all that could, where the change's files are not kept. */
async function ownersFor(
  { store: { db } }: RolloutsTerms,
  id: string,
  { all: { plane, system, target }, deliveries }: Written,
): Promise<Answer<readonly string[]>> {
  const sets = plane.configSets.filter(
    (one) => one.system === system.name && one.target === target.name,
  );
  const change = await changeById(db, id);
  const entries = change?.digest == null ? null : await entriesOf(db, change.digest);
  const brought =
    change === null || entries === null
      ? []
      : deliveriesOf(plane, {
          ...{ repository: change.repository, ref: change.target },
          entries: [...entries.values()],
        }).deliveries;
  const setOf = new Map(brought.map((one) => [placeOf(one), one.set]));
  const known = deliveries.every((one) => setOf.has(placeOf(one)));
  const meant = new Set(deliveries.map((one) => setOf.get(placeOf(one))));
  const owners = sets.filter(({ name }) => !known || meant.size === 0 || meant.has(name));
  const of = [...new Set(owners.map(({ owner }) => owner))].sort();
  return of.length > 0
    ? done(of)
    : refused(
        "ROLLOUT_PLAN",
        `no config set of \`${system.name}\` is left, so that nobody owns its keys`,
        "describe the set in the control plane, with its owner",
      );
}

function countOf(plan: UnwindPlan, { rows, rollouts }: Gathered, now: number): Needs["owners"] {
  const own = new Set(rollouts.map(({ id }) => id));
  const landedAt = rows.find(({ rollout }) => own.has(rollout))?.at ?? 0;
  const counts = unwindApprovals(plan, { landedAt, now }).flatMap((one) =>
    one.kind === "approvals" ? [one.count] : [],
  );
  return Math.max(1, ...counts);
}

function headOf({ change, way }: UnwindAsked, all: Gathered, meant: readonly string[]) {
  const { system, target, rows, taken } = all;
  return {
    ...{ version: 1 as const, way, change, system: system.name, target: target.name },
    rollouts: [...meant],
    round: taken.entries.filter((one) => one.change === change).length,
    upTo: rows.at(-1)?.sequence ?? 0,
  };
}

/** A value of so many bytes is shown with the plan. */
const SHOWN_BYTES = 200;

async function keysOf(
  { store }: RolloutsTerms,
  plan: UnwindPlan,
): Promise<Pick<UnwindPlanText, "counts" | "keys" | "values">> {
  const keys = plan.keys.map(({ key, action, because, before, after, guessed }) => ({
    ...{ ...splitPlace(key), action, because, guessed },
    ...{ before: shaOf(before), after: shaOf(after) },
  }));
  const shas = keys.flatMap(({ before, after }) => [before, after]).filter(isDigest);
  const bytes = [...(await valuesOf(store.db, shas))]
    .filter(([, one]) => one.length <= SHOWN_BYTES)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const values = Object.fromEntries(
    bytes.flatMap(([sha256, one]) => {
      const text = textIn(one);
      return text === null ? [] : [[sha256, text]];
    }),
  );
  const { compensate: _, ...counts } = plan.counts;
  return { counts, keys, values };
}

function textIn(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function wavesIn({ waves, cells }: Plan): UnwindPlanText["waves"] {
  const runs = new Map(cells.map((cell) => [cell.id, cell.runs]));
  return waves.map(({ name, steps, bake }) => ({
    name,
    cells: steps.map(({ cell }) => ({ cell, runs: runs.get(cell) ?? "" })),
    bake: { ms: bake.ms, samples: bake.samples, marginPpm: bake.marginPpm },
  }));
}

/** Orders of the cells since the change first wrote to them, by the figures of the description. */
function ordersSince({ system, rows, rollouts }: Gathered, now: number): number {
  const own = new Set(rollouts.map(({ id }) => id));
  const since = new Map<string, number>();
  for (const { cell, at, rollout } of rows)
    if (own.has(rollout) && !since.has(cell)) since.set(cell, at);
  const micro = system.cells.map(({ id, sharePpm }) => {
    const minutes = Math.max(0, now - (since.get(id) ?? now)) / 60_000;
    return sharePpm * system.ordersPerMinute * minutes;
  });
  return Math.ceil(micro.reduce((sum, one) => sum + one, 0) / MILLION);
}
