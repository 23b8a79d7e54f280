// SPDX-License-Identifier: Apache-2.0
/** Asks the analysis before a wave of a run whose file watches cells, and stops the run by what it says. */
import { shownDuration } from "@interlock/judge";
import { type DataVerdict, dataApi } from "@interlock/protocol";
import type { RunRow, Session } from "@interlock/targets";
import { printable } from "../output/printable.ts";
import { answerOf, call, type Remote } from "../remote/client.ts";
import type { DataFile } from "./file.ts";
import { haltedOnServer, haltOf } from "./recorded.ts";

export type Judged = DataVerdict & {
  /** Until there is enough evidence, where that is known. */
  readonly waitMs: number | null;
  /** `false`: the server did not say it, so that nothing is watched either. */
  readonly heard: boolean;
};

type Before = {
  readonly run: string;
  readonly file: DataFile;
  /** The run as the journal has it. */
  readonly known: Pick<RunRow, "batches" | "wave"> | undefined;
  /** The wave that somebody asks for. */
  readonly wave: number | undefined;
};

/**
 * What the analysis says where a wave would begin; `null`: nobody is asked, since the file watches
 * nothing or the run goes on within its wave.
 *
 * INVARIANT (watched-waves): a run whose file watches cells goes into a next wave only when the
 * analysis says `successful` of the time since the wave before; what is not known holds it.
 */
export async function judgedBefore(remote: Remote, before: Before): Promise<Judged | null> {
  const { run, file } = before;
  const wave = waveBegun(before);
  if (file.watch === null || wave === null) return null;
  const { system, cells } = file.watch;
  const body = { system, cells: [...cells], wave };
  const said = await call(remote, dataApi.judgeDataWave, { params: { run }, body });
  const judged =
    said.kind === "away"
      ? { ...AWAY, wave, because: [`the server is away: ${said.says}`.slice(0, SENTENCE)] }
      : { ...answerOf(said, remote), heard: true };
  return { ...verdictOf(judged), waitMs: judged.waitMs, heard: judged.heard };
}

const AWAY = { result: "inconclusive", waitMs: null, heard: false } as const;
const SENTENCE = 1_000;

function waveBegun({ known, wave }: Pick<Before, "known" | "wave">): number | null {
  if (known === undefined || known.batches === 0) return 1;
  return wave === undefined || wave <= known.wave ? null : wave;
}

/** What journal and ledger keep of it. */
export const verdictOf = ({ wave, result, because }: DataVerdict): DataVerdict => ({
  ...{ wave, result, because },
});

/** Before the first wave there is nothing to tell harm from yet: only what is shown already holds it. */
export const lets = ({ wave, result, heard }: Judged): boolean =>
  heard && (wave === 1 ? result !== "failed" : result === "successful");

/** A run that came to nothing because of what the analysis says. */
export type Kept = {
  readonly outcome: "stopped";
  readonly why: "halted" | "analysis";
  readonly next: number;
  readonly verdict: Judged;
  /** Why its halt is not on record yet. */
  readonly unrecorded: string | null;
};

/** Keeps a run out of a wave. Harm that the run may have done halts it, as `interlock data halt` does. */
export async function keptOut(
  session: Session,
  given: {
    readonly run: string;
    readonly verdict: Judged;
    /** The halt after which it was to go on. */
    readonly lifted: number | null;
    readonly server: string;
  },
): Promise<Kept> {
  const { run, verdict, lifted, server } = given;
  const kept = { outcome: "stopped", next: verdict.wave, verdict } as const;
  if (verdict.result !== "failed" || verdict.wave === 1)
    return { ...kept, why: "analysis", unrecorded: null };
  const { haltRun, runsIn } = await import("@interlock/targets");
  const because = `the analysis: ${verdict.because.join("; ")}`.slice(0, SENTENCE);
  await haltRun(session, run, because, lifted);
  const halted = haltOf((await runsIn(session, { run }))[0]);
  const unrecorded = halted === null ? null : await haltedOnServer({ server }, { run, halted });
  return { ...kept, why: "halted", unrecorded };
}

export function keptText({ verdict, why, unrecorded }: Kept, run: string): string {
  const { wave, because } = verdict;
  const first = why === "halted" ? "halted by the analysis" : `wave ${wave} waits for the analysis`;
  return [
    `${first}, run ${run.slice(0, 12)}`,
    ...because.map((one) => `  ${one}`),
    ...(unrecorded === null
      ? []
      : [`not on record yet, whoever runs it brings it there: ${unrecorded}`]),
    nextStep(verdict, why),
  ]
    .map((line) => `${printable(line)}\n`)
    .join("");
}

function nextStep({ wave, waitMs, heard }: Judged, why: Kept["why"]): string {
  if (why === "halted")
    return "have the change approved again and run it with `--resume`, or take it back";
  if (wave === 1)
    return heard
      ? "nothing was written: run it again once these cells are well for half an hour"
      : "nothing was written: run it again once the server answers";
  const when = waitMs === null ? "" : ` in about ${shownDuration(waitMs)}`;
  return `run it again with \`--wave ${wave}\`${when}, or take it back`;
}
