// SPDX-License-Identifier: Apache-2.0
/** False halts of the whole analysis: `npm run campaign:analysis -- [--runs N] [--seed S] [--minutes M] [--json]`. */
import { parseArgs } from "node:util";
import { jsonOf, pageOf } from "./report.ts";
import { SCENARIOS } from "./traffic.ts";
import { type Ran, ran, remembered, type Traffic, type WaveName } from "./wave-run.ts";

/** Orders a minute of the whole system. */
const LEVELS = [20, 200, 2_000, 17_700] as const;
const WAVES: readonly WaveName[] = ["first", "late", "last"];
/** Three hours, a look each minute. */
const MINUTES = 180;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "30" },
    seed: { type: "string", default: "20260305" },
    /** Stops after the round in which it is over. */
    minutes: { type: "string", default: "1000000" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
const [runs, seed, limit] = [values.runs, values.seed, values.minutes].map(Number);
const whole = [runs, seed, limit].every((n) => Number.isSafeInteger(n));
if (runs === undefined || seed === undefined || limit === undefined || !whole || runs < 1) {
  process.stderr.write(
    "error: `--runs`, `--seed` and `--minutes` are whole numbers, and runs at least 1\n",
  );
  process.exit(64);
}

const rows = LEVELS.flatMap((perMinute) =>
  SCENARIOS.filter(({ name }) => name.includes(values.only)).flatMap((scenario) =>
    WAVES.map((wave) => ({ scenario, wave, perMinute, runs: [] as Ran[] })),
  ),
);
const began = performance.now();
const minutesPassed = (): number => (performance.now() - began) / 60_000;
let rounds = 0;
for (; rounds < runs && minutesPassed() < limit; rounds += 1) {
  for (const { scenario, perMinute, wave } of rows) {
    if (wave !== WAVES[0]) continue;
    const traffic: Traffic = {
      ...{ scenario, perMinute, minutes: MINUTES },
      // Latencies promise nothing, so that most runs are without them.
      kinds: rounds % 5 === 4 ? ["orders", "errors", "latency"] : ["orders", "errors"],
      seed: seed + rounds * 7_919 + SCENARIOS.indexOf(scenario) * 104_729 + perMinute,
    };
    const memory = remembered(traffic);
    for (const row of rows)
      if (row.scenario === scenario && row.perMinute === perMinute)
        row.runs.push(await ran({ ...traffic, wave: row.wave }, memory));
  }
  process.stderr.write(`round ${rounds + 1} of ${runs}: ${minutesPassed().toFixed(1)} min\n`);
}
process.stdout.write(
  values.json ? jsonOf(rows, { seed, runs: rounds }) : pageOf(rows, { seed, minutes: MINUTES }),
);
