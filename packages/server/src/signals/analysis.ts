// SPDX-License-Identifier: Apache-2.0
/** Analysis for whoever drives rollouts: answers when asked, and speaks by itself when there is harm. */
import type { SystemDescription } from "@interlock/controlplane";
import { type Plan, planDigest, type Verdict } from "@interlock/core";
import {
  analysesOf,
  endAnalyses,
  forgetSignals,
  runningAnalyses,
  type Store,
} from "@interlock/store";
import {
  advance,
  begin,
  controlOf,
  keep,
  type Running,
  runningIn,
  slotsIn,
  type World,
} from "./analysis/running.ts";
import { verdictsIn } from "./analysis/say.ts";
import { broughtForward, foundOf, saidOf, type WaveAnalysis } from "./analysis/together.ts";
import type { WaveAsked } from "./analysis/wave.ts";
import { type Collected, collect, type Progress } from "./collect.ts";
import type { Signal } from "./settings.ts";
import type { Source } from "./sources/source.ts";

export type AnalysisTerms = {
  readonly store: Store;
  readonly systems: readonly SystemDescription[];
  readonly signals: readonly Signal[];
  /** By the signal's name. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly now: () => number;
  /** Told once whenever a source stops to answer or answers again; `null`: it does. */
  readonly onSource: (signal: string, trouble: string | null) => void;
};

/** What an effect `analyse` of a rollout has. */
export type Question = {
  readonly id: string | null;
  readonly wave: number;
  readonly since: number;
  readonly cells: readonly string[];
  /** Of the rollout; by default its plan's digest. */
  readonly rollout?: string;
  /** Before this nothing of it was written; by default a little before the first question about it. */
  readonly began?: number;
};

export type { WaveAnalysis } from "./analysis/together.ts";

export type Analysis = {
  /** Answers the effect `analyse` with a verdict of each signal of the system. */
  readonly ask: (plan: Plan, question: Question) => Promise<readonly Verdict[]>;
  /** As `ask`, for whoever has no plan. */
  readonly watch: (asked: WaveAsked) => Promise<WaveAnalysis>;
  /** The rollout writes no more: its cells count as unchanged for others. */
  readonly ended: (rollout: string) => Promise<void>;
  /** What is known of a rollout, a wave each, from what is stored. */
  readonly analysisOf: (rollout: string) => Promise<readonly WaveAnalysis[]>;
  /** Told of harm without having asked; the answer ends it. */
  readonly listen: (listener: Listener) => () => void;
  /** Reads what is due and judges; called about once a second. */
  readonly tick: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type Listener = (rollout: string, verdicts: readonly Verdict[]) => void;

/** Writing a wave takes a while before it is whole: what it was learned from must be before that. */
const BEFORE_MS = 600_000;
/** Begins the names of rollouts that another engine drives, which does not say when they end. */
export const EXTERNAL = "external:";
/** Nobody asks any more. */
const FORGOTTEN_MS = { own: 86_400_000, external: 7_200_000 } as const;
const UPKEEP_MS = 3_600_000;

/** Opens the analysis of a control plane's signals; nothing happens without `tick`. */
export function openAnalysis(terms: AnalysisTerms): Analysis {
  const { store, systems, signals, now } = terms;
  const world: World = { slots: slotsIn(store), systems, signals, now };
  const listeners = new Set<Listener>();
  const inTurn = turns();
  const collecting = collector(terms);
  const tell: Listener = (rollout, verdicts) => {
    for (const listener of listeners) listener(rollout, verdicts);
  };
  const watch = (asked: WaveAsked) => inTurn(() => watched(store, world, asked));
  return {
    ask: async (plan, question) => {
      const asked = await askedFor(store, plan, question);
      return verdictsIn(await watch(asked), question.id);
    },
    watch,
    ended: (rollout) => inTurn(() => endAnalyses(store.db, rollout)),
    analysisOf: async (rollout) => analysisFrom(world, await analysesOf(store.db, rollout)),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tick: () =>
      inTurn(async () => {
        await collecting();
        await judged(store, world, tell);
      }),
    close: async () => {
      await inTurn(() => Promise.resolve());
      for (const source of terms.sources.values()) await source.close();
    },
  };
}

/** One after the other: two that count the same slot at once would do it for nothing. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

function collector({ store, systems, signals, sources, now, onSource }: AnalysisTerms) {
  const progress = new Map<string, Progress>();
  const trouble = new Map<string, string | null>();
  let upkeepAt = 0;
  const all = signals.flatMap((signal): readonly Collected[] => {
    const source = sources.get(signal.name);
    const system = systems.find(({ name }) => name === signal.system);
    return source === undefined || system === undefined
      ? []
      : [{ signal, source, cells: system.cells.map(({ id }) => id) }];
  });
  return async () => {
    for (const one of all) {
      const { name } = one.signal;
      const known = progress.get(name) ?? { next: null };
      progress.set(name, known);
      const says = await collect({ store, now }, one, known);
      if (says !== (trouble.get(name) ?? null)) onSource(name, says);
      trouble.set(name, says);
    }
    if (now() - upkeepAt < UPKEEP_MS) return;
    upkeepAt = now();
    const days = Math.max(1, ...signals.map(({ settings }) => settings.keepDays));
    const slots = now() - days * 86_400_000;
    await forgetSignals(store.db, { slots, pushed: now() - 2 * 86_400_000, analyses: slots });
  };
}

async function askedFor(store: Store, plan: Plan, question: Question): Promise<WaveAsked> {
  const rollout = question.rollout ?? planDigest(plan);
  const [known] = await analysesOf(store.db, rollout);
  const first = known === undefined ? null : runningIn(known);
  return {
    ...{ rollout, system: plan.system, wave: question.wave, since: question.since },
    began: question.began ?? first?.wave.asked.began ?? question.since - BEFORE_MS,
    cells: [...question.cells].sort(),
    marginPpm: plan.waves[question.wave]?.bake.marginPpm ?? 0,
    asyncFailureMs: plan.asyncFailureMs,
  };
}

async function running({ db }: Store): Promise<readonly Running[]> {
  const rows = await runningAnalyses(db);
  return rows.flatMap((row) => runningIn(row) ?? []);
}

async function watched(store: Store, world: World, asked: WaveAsked): Promise<WaveAnalysis> {
  await endAnalyses(store.db, asked.rollout, asked.wave);
  const all = await running(store);
  const known = all.find(
    ({ wave }) => wave.asked.rollout === asked.rollout && wave.asked.wave === asked.wave,
  );
  const askedAt = world.now();
  const same = known !== undefined && isSame(known.wave.asked, asked);
  const control = controlOf(world, asked, all);
  const wave = same ? known.wave : await begin(world, { asked, control, from: asked.since });
  const own = { wave: await advance(world, wave), askedAt, found: same ? known.found : null };
  const others = all.filter((one) => one !== known);
  const [judgedNow] = await foundOf(world, [own], others);
  const now = judgedNow ?? own;
  await keep({ store, now: world.now }, now);
  return saidOf(world, now);
}

const isSame = (a: WaveAsked, b: WaveAsked): boolean =>
  a.since === b.since && a.began === b.began && a.cells.join("\n") === b.cells.join("\n");

/** Brings every analysis forward and tells of harm. */
async function judged(store: Store, world: World, tell: Listener): Promise<void> {
  const before: Running[] = [];
  for (const one of await running(store)) {
    const { rollout } = one.wave.asked;
    const patience = FORGOTTEN_MS[rollout.startsWith(EXTERNAL) ? "external" : "own"];
    if (world.now() - one.askedAt > patience) await endAnalyses(store.db, rollout);
    else before.push(one);
  }
  for (const one of await broughtForward(world, before)) {
    await keep({ store, now: world.now }, one);
    const said = saidOf(world, one);
    const failed = verdictsIn(said, null).filter(({ outcome }) => outcome === "failed");
    if (failed.length > 0) tell(said.rollout, failed);
  }
}

const analysisFrom = (
  world: World,
  rows: Awaited<ReturnType<typeof analysesOf>>,
): readonly WaveAnalysis[] =>
  rows.flatMap((row) => {
    const one = runningIn(row);
    return one === null ? [] : [saidOf(world, one)];
  });
