// SPDX-License-Identifier: Apache-2.0
/** Rollouts as the API shows them. */
import {
  type CellState,
  exposureAt,
  inFlight,
  type Loss,
  levelsAfter,
  lossOf,
  nextAct,
  type Plan,
  ROLLOUT_ENTRIES,
  type RolloutState,
} from "@interlock/core";
import type { GivenWaves, LossShown, RolloutListed, RolloutShown } from "@interlock/protocol";
import {
  journalCounts,
  newestAbout,
  newestRollouts,
  openRollouts,
  read,
  rolloutsOfChange,
  type StoredEntry,
  type StoredRollout,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { bodyIn } from "../ledger/stored.ts";
import { done } from "../people/terms.ts";
import { dividedShown } from "./divided.ts";
import { emergencyShown } from "./lane.ts";
import { type Loaded, loaded } from "./stepping.ts";
import type { RolloutsTerms } from "./terms.ts";

const MILLION = 1_000_000;
const orders = (micro: number): number => Math.ceil(micro / MILLION);

export const lossShown = (loss: Loss, budgetOrders: number): LossShown => ({
  orders: orders(loss.microOrders),
  firstOrders: orders(loss.firstMicroOrders),
  aloneOrders: orders(loss.aloneMicroOrders),
  budgetOrders,
});

export const wavesShown = ({ waves }: Plan): GivenWaves =>
  waves.map(({ name, steps, bake }) => ({
    ...{ name, cells: steps.map(({ cell }) => cell), bake: { ...bake } },
  }));

function listed({ row, state }: Loaded): RolloutListed {
  const { plan } = state;
  const next = nextAct(state);
  const levels = state.cells.map(({ id, content }): [string, number] => [
    id,
    content.version === plan.version ? content.sharePpm : 0,
  ]);
  return {
    ...{ rollout: row.id, change: row.change, system: row.system, target: row.target },
    lane: plan.lane,
    ...{ phase: state.phase, paused: state.paused, wave: state.wave, waves: plan.waves.length },
    exposurePpm: exposureAt(plan.cells, new Map(levels)),
    ...{ startedBy: row.startedBy, startedAt: row.startedAt, next: { ...next } },
    waitsFor: waitsFor(state, next.what),
  };
}

const PAGE = 50;
/** Many that are under way say more than a page of those that are over. */
const OPEN_PAGE = 500;
/** The ledger has the others. */
const EVENTS = 50;

type Listing = {
  readonly before?: number | undefined;
  readonly show?: "open" | undefined;
  readonly change?: string | undefined;
};

const OVER: ReadonlySet<string> = new Set(["completed", "gone-back", "withdrawn"]);

const isIn =
  ({ before, show }: Listing) =>
  ({ startedAt, phase }: StoredRollout): boolean =>
    (before === undefined || startedAt < before) && (show === undefined || !OVER.has(phase));

export async function listedRollouts(
  { store, now }: RolloutsTerms,
  { before, show, change }: Listing,
): Promise<Answer<{ rollouts: RolloutListed[]; unread: string[]; more: boolean; asOf: number }>> {
  const page = show === "open" ? OPEN_PAGE : PAGE;
  const rows = await read(store, async (db) => {
    if (change !== undefined)
      return (await rolloutsOfChange(db, change)).filter(isIn({ before, show })).reverse();
    return show === "open"
      ? await openRollouts(db, { limit: page + 1 })
      : await newestRollouts(db, { before, limit: page + 1 });
  });
  if (!rows.ok) return rows;
  const all = rows.value.slice(0, page).map((row) => ({ id: row.id, one: loaded(row) }));
  return done({
    rollouts: all.flatMap(({ one }) => ("damaged" in one ? [] : [listed(one)])),
    unread: all.flatMap(({ id, one }) => ("damaged" in one ? [id] : [])),
    ...{ more: rows.value.length > page, asOf: now() },
  });
}

export async function shownRollout(
  terms: RolloutsTerms,
  one: Loaded,
): Promise<Answer<RolloutShown>> {
  const { state, row } = one;
  const counts = await read(terms.store, (db) => journalCounts(db, row.id));
  if (!counts.ok) return counts;
  const recorded = await read(terms.store, (db) =>
    newestAbout(db, { subject: row.id, limit: EVENTS }),
  );
  if (!recorded.ok) return recorded;
  const plane = await terms.plane();
  const budget = plane?.systems.find(({ name }) => name === row.system)?.lossBudgetOrders ?? 0;
  return done({
    ...listed(one),
    ...{ stage: state.stage, plan: planShown(state), cells: cellsShown(state) },
    divided: dividedShown(state),
    baked: bakedShown(state),
    verdicts: (state.baking?.verdicts ?? []).map((held) => ({ ...held })),
    halt:
      state.halt === undefined
        ? null
        : { by: state.halt.by, because: state.halt.because, during: state.halt.during },
    persons: [...state.persons],
    emergency: await emergencyShown(terms, state, row.change),
    loss: lossShown(lossOf(state.plan), budget),
    events: recorded.value.flatMap((stored) => eventShown(stored) ?? []),
    ...{ journal: counts.value, asksCapacity: terms.asksCapacity, asOf: terms.now() },
  });
}

const NOTED = ["rollout-refused", "rollout-noted", "rollout-bad", "rollout-adopted"] as const;
const RECORDED = [...new Set(["rollout-proposed", ...NOTED, ...ROLLOUT_ENTRIES] as const)];

/** An entry of the rollout; `null`: it was erased, or is not what its leaf was made of. */
function eventShown(stored: StoredEntry): RolloutShown["events"][number] | null {
  for (const kind of RECORDED) {
    const read = bodyIn(kind, stored);
    if (read === null) continue;
    const { body, entry } = read;
    const wave = "wave" in body ? body.wave : null;
    const because = "because" in body ? body.because : "";
    return {
      ...{ index: stored.index, at: entry.at, kind, wave, because },
      by: [body.by].flat().join(", "),
    };
  }
  return null;
}

function bakedShown({ baking, clockMs, stage }: RolloutState): RolloutShown["baked"] {
  if (baking === undefined || stage !== "baking") return null;
  return { since: baking.fromAt, ms: Math.max(0, clockMs - baking.from) };
}

function planShown({ plan, wave, phase }: RolloutState): RolloutShown["plan"] {
  const loss = lossOf(plan).waves;
  const over = phase === "completed";
  return wavesShown(plan).map((one, at) => ({
    ...one,
    exposurePpm: exposureAt(plan.cells, levelsAfter(plan, at)),
    orders: orders(loss[at]?.microOrders ?? 0),
    state: over || at < wave ? "passed" : at === wave ? "now" : "to-come",
  }));
}

function cellsShown(state: RolloutState): RolloutShown["cells"] {
  const flying = new Set(inFlight(state).map(({ id }) => id));
  const now = new Map(state.cells.map((cell) => [cell.id, cell]));
  return state.plan.cells.map(({ id: cell, region, sharePpm, base, runs }) => {
    const is = now.get(cell);
    return {
      ...{ cell, region, sharePpm, runs: is?.runs ?? runs },
      ...{ holds: holdsOf(is, base, state.plan.version), underWay: flying.has(cell) },
      conflict: is?.conflict ?? null,
    };
  });
}

function holdsOf(
  cell: CellState | undefined,
  base: string,
  version: string,
): RolloutShown["cells"][number]["holds"] {
  if (cell === undefined || cell.conflict !== undefined) return "foreign";
  if (cell.content.version === base) return "before";
  if (cell.content.version !== version) return "foreign";
  return cell.content.sharePpm === MILLION ? "after" : "part";
}

/** What is missing, and who can supply it; `null`: nothing that somebody would have to. */
function waitsFor(state: RolloutState, next: string): RolloutShown["waitsFor"] {
  const { phase, hold, paused, halt } = state;
  const anyone = "anybody who is signed in";
  if (phase === "halted")
    return {
      what: halt?.because ? `it was halted: ${halt.because}` : "it was halted",
      who: "one on-call to go back; to go on, somebody who had no part in the change",
      how: "`interlock rollout back`, or an approval by passkey and then `interlock rollout resume`",
    };
  if (phase !== "running") return null;
  if (paused) return { what: "it is paused", who: anyone, how: "`interlock rollout resume`" };
  if (hold === "second-person")
    return {
      what: "one person alone may not expose so much",
      who: "somebody else who had no part in the change",
      how: "an approval by passkey, then `interlock rollout resume`",
    };
  if (hold === "break-glass-over")
    return {
      what: "its break-glass is over, and an emergency rollout has no other authority",
      who: "anybody who is signed in",
      how: "`interlock rollout back`, and begin anew without `--emergency`, which takes an approval given since",
    };
  if (hold === "entry-refused")
    return {
      what: "the ledger refused its entry",
      who: "whoever keeps the server",
      how: "mend the ledger, then `interlock rollout resume`",
    };
  if (state.seenAt >= state.plan.goodUntil && state.stage === "waiting")
    return {
      what: "its plan has expired",
      who: anyone,
      how: "`interlock rollout back`, and begin anew",
    };
  return next === "evidence"
    ? { what: missingEvidence(state), who: "the signals of the system", how: "wait, or go back" }
    : null;
}

function missingEvidence({ baking, plan, wave }: RolloutState): string {
  const bake = plan.waves[wave]?.bake;
  const lacks = plan.signals.flatMap((source) => {
    const held = baking?.verdicts.find((one) => one.source === source);
    if (held === undefined) return [`${source}: nothing`];
    if (held.outcome !== "successful") return [`${source}: inconclusive`];
    const samples = bake?.samples ?? 0;
    return held.samples < samples ? [`${source}: ${held.samples} of ${samples} orders`] : [];
  });
  return `not enough evidence of no harm (${lacks.join("; ") || "what there is, is too old or too wide"})`;
}
