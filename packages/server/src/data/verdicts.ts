// SPDX-License-Identifier: Apache-2.0
/** What the analysis says between the waves of a data run, of the cells that its file watches. */
import { type DataVerdict, dataApi, signalsApi } from "@interlock/protocol";
import { analysesOf } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { activePerson, personOf, type RunTerms } from "../runs/terms.ts";
import { runningIn } from "../signals/analysis/running.ts";
import { type Analysis, EXTERNAL } from "../signals/analysis.ts";
import { resultOf, type Said } from "../signals/engines.ts";
import type { SignalsNow } from "../signals/opening.ts";
import { DAMAGED, NO_RUN, type Story, storyOf } from "./story.ts";

type VerdictTerms = Pick<RunTerms, "store" | "book" | "now"> & {
  readonly signals: () => SignalsNow;
};

type Wanted = {
  readonly run: string;
  readonly system: string;
  readonly cells: readonly string[];
  /** The wave that would begin. */
  readonly wave: number;
};

export type Judged = DataVerdict & { readonly waitMs: number | null; readonly promised: boolean };

/** Before the first wave: whether something else harms these cells already. */
const LOOK_BACK_MS = 1_800_000;
/** Each counts some thousand slots; a wait that is longer than all of them leaves the verdict stale. */
const ROUNDS_MAX = 200;
const BECAUSE = { chars: 1_000, sentences: 20 } as const;

/** Engines have a `:` in what follows, so that no key of theirs is a run. */
const nameOf = (run: string): string => `${EXTERNAL}data-run/${run}`;
/** A wave is watched while it is written, and anew once it is whole: two analyses, in this order. */
const written = (wave: number): number => 2 * wave - 1;
const whole = (wave: number): number => 2 * wave;

export function verdictRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: VerdictTerms,
): void {
  bind(app, authenticate, dataApi.judgeDataWave, async ({ actor, params, body }) =>
    judgeDataWave(terms, personOf(actor), { ...params, ...body }),
  );
}

/**
 * Whether a wave may begin, by the time since the wave before it ended; what harmed while that one was
 * written counts as well. A wave that may begin is watched from here on.
 */
export async function judgeDataWave(
  terms: VerdictTerms,
  person: string,
  wanted: Wanted,
): Promise<Answer<Judged>> {
  const { store, now } = terms;
  const active = await activePerson(terms, store.db, person);
  if (!active.ok) return active;
  const story = await storyOf(store.db, wanted.run);
  if (story === "damaged") return DAMAGED;
  if (story === null) return NO_RUN;
  if (story.ends.at(-1)?.outcome === "done")
    return refused("OUT_OF_ORDER", "this run came to its end", "see `interlock data unwind`");
  const open = terms.signals();
  const watching = watchingOf(open, wanted);
  if (!watching.ok) return watching;
  const watch = watching.value;
  // Two that run at once would be taken for two changes of the same cells.
  await open.analysis?.ended(nameOf(story.run));
  const said =
    wanted.wave === 1
      ? done(await watch(0, { since: now() - LOOK_BACK_MS, began: now() - LOOK_BACK_MS }))
      : await sinceTheLast(open, { story, wave: wanted.wave }, watch);
  if (!said.ok) return said;
  const { result, because, waitMs, promised } = said.value;
  const begins = wanted.wave === 1 ? result !== "failed" : result === "successful";
  if (begins) await watch(written(wanted.wave), { since: now(), began: beganOf(story) });
  return done({
    ...{ wave: wanted.wave, result, waitMs, promised },
    because: because.slice(0, BECAUSE.sentences).map((one) => one.slice(0, BECAUSE.chars)),
  });
}

type Times = { readonly since: number; readonly began: number };
type Watch = (index: number, times: Times) => Promise<Said>;

function watchingOf(open: SignalsNow, { run, system, cells }: Wanted): Answer<Watch> {
  const { analysis } = open;
  const known = open.cellsOf(system);
  const help = "see `interlock control-plane show`, and name in `watch` of the file what is there";
  if (analysis === null || known.length === 0)
    return refused("NOT_FOUND", `the control plane has no system \`${system}\``, help);
  const stranger = cells.find((cell) => !known.includes(cell));
  if (stranger !== undefined)
    return refused("INPUT_INVALID", `\`${system}\` has no cell \`${stranger}\``, help);
  if (!open.signals.some((signal) => signal.system === system))
    return refused("NOT_FOUND", `no signal of \`${system}\` is described`, help);
  const asked = {
    ...{ rollout: nameOf(run), system, cells: [...new Set(cells)].sort() },
    ...{ marginPpm: signalsApi.MARGIN_PPM, asyncFailureMs: open.asyncFailureMsOf(system) },
  };
  return done((wave, times) => counted(analysis, { ...asked, ...times, wave }));
}

/** Asks until everything that is stored was counted, or there is harm. */
async function counted(
  { watch }: Analysis,
  asked: Parameters<Analysis["watch"]>[0],
): Promise<Said> {
  for (let before = -1, round = 0; ; round++) {
    const analysis = await watch(asked);
    const said = resultOf(analysis);
    const seen = Math.max(0, ...analysis.signals.map(({ observedAt }) => observedAt));
    if (said.result === "failed" || seen === before || round === ROUNDS_MAX) return said;
    before = seen;
  }
}

/** Before this nothing of it was written. */
const beganOf = ({ first }: Story): number => first.at;

/** INVARIANT (halt-wins): after a halt only what came since it lets a wave begin. */
async function sinceTheLast(
  open: SignalsNow,
  { story, wave }: { readonly story: Story; readonly wave: number },
  watch: Watch,
): Promise<Answer<Said>> {
  const ended = story.waits.get(wave);
  if (ended === undefined)
    return refused(
      "OUT_OF_ORDER",
      `the ledger does not say that wave ${wave} comes next`,
      "run it without `--wave`, and it says which one does",
    );
  const rows = await analysesOf(open.store.db, nameOf(story.run));
  const last = rows.filter((row) => row.wave % 2 === 1 && row.wave < written(wave)).at(-1);
  const began = beganOf(story);
  const from = (last === undefined ? null : runningIn(last)?.wave.asked.since) ?? began;
  const halted = story.halts.at(-1)?.at ?? 0;
  const since = Math.max(from, halted);
  if (since < ended) {
    const said = await watch(written(wave - 1), { since, began });
    if (said.result === "failed") return done(said);
  }
  return done(await watch(whole(wave - 1), { since: Math.max(ended, halted), began }));
}
