// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Incident, LiveReport } from "@interlock/drill";
import { jsonText, printable } from "../output/printable.ts";

type LiveAsked = {
  readonly target: string;
  readonly signals: string;
  readonly ordersPerMinute: number;
  readonly warmUpS: number;
  readonly seed: number;
  readonly json: boolean;
  readonly stay: boolean;
  readonly watch: boolean;
};

/** It did not halt by itself, did not come back, or the ledger does not verify. */
const NOT_AS_IT_SHOULD = 1;
const STOPPED_BY = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Runs an incident live: stages to standard error as they happen, the report to standard output. */
export async function runLive(incident: Incident, asked: LiveAsked): Promise<void> {
  const { liveDrill, liveText, stageText, isAsItShould } = await import("@interlock/drill");
  const over = new AbortController();
  let reported = false;
  const listeners = Object.entries(STOPPED_BY).map(([signal, code]) => {
    const stop = () => {
      // With `--stay` this is how it ends, and what it told stands.
      if (!reported) process.exitCode = code;
      over.abort();
    };
    process.on(signal, stop);
    return () => process.removeListener(signal, stop);
  });
  const print = (text: string) => text.split("\n").map(printable).join("\n");
  const onReport = (report: LiveReport) => {
    if (over.signal.aborted) return;
    reported = true;
    process.stdout.write(asked.json ? `${jsonText(report, 2)}\n` : print(liveText(report)));
    if (!isAsItShould(report)) process.exitCode = NOT_AS_IT_SHOULD;
  };
  const target = oneOf(asked.target, "--target", ["etcd", "files"]);
  const signals = oneOf(asked.signals, "--signals", ["prometheus", "push"]);
  const { ordersPerMinute, seed, watch } = asked;
  const stay = asked.stay || watch;
  try {
    await liveDrill(incident, {
      ...{ interlock: itself(), target, signals, ordersPerMinute, seed, stay, watch, onReport },
      ...{ warmUpMs: asked.warmUpS * 1_000, over: over.signal },
      onStage: (stage) => void process.stderr.write(`${print(stageText(stage))}\n`),
    });
  } finally {
    for (const forget of listeners) forget();
  }
}

/** How this very command is run. */
function itself(): readonly string[] {
  const [, file] = process.argv;
  if (file === undefined) throw new Error("invariant broken: a program without a file");
  return [process.execPath, file];
}

function oneOf<T extends string>(written: string, option: string, known: readonly T[]): T {
  const found = known.find((one) => one === written);
  if (found !== undefined) return found;
  throw new GateError(
    "USAGE",
    `\`${option} ${written}\` is neither \`${known.join("` nor `")}\``,
    `write \`${option} ${known[0] ?? ""}\``,
  );
}
