#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm test` runs everything that a change must pass; `npm test -- ARGS` is `vitest run ARGS`.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { provideChromium } from "./chromium.mjs";
import { provideEtcd } from "./etcd.mjs";
import { providePostgres } from "./postgres.mjs";
import { providePrometheus } from "./prometheus.mjs";
import { ROOT, setUp } from "./setup.mjs";

const REPORT = ".cache/vitest.json";
const TSC = "node_modules/typescript/bin/tsc";

/** What cannot run where there is no browser. */
const WITHOUT = ["--exclude=packages/console/test/browser/**"];
const WITHOUT_ETCD = ["--exclude=packages/targets/test/etcd/**"];

/** In turn, cheapest first. `rerun` is what a person types to run one step alone. */
const CHECKS = [
  {
    name: "types of tests",
    rerun: "npx tsc -p tsconfig.test.json",
    args: [TSC, "-p", "tsconfig.test.json"],
  },
  {
    name: "format and lint",
    rerun: "npm run lint",
    args: ["node_modules/@biomejs/biome/bin/biome", "check", "--max-diagnostics=50", "."],
  },
  {
    name: "unused code",
    rerun: "npx knip",
    args: ["node_modules/knip/bin/knip.js", "--no-progress"],
  },
  { name: "repository", rerun: "npm run checks", args: ["tools/checks.mjs"] },
];

setUp();
const postgres = providePostgres();
const prometheus = providePrometheus();
const chromium = provideChromium();
const etcd = provideEtcd();
const given = process.argv.slice(2);
if (given.length === 0) for (const check of CHECKS) step(check);
process.exit(vitest(given));

function step({ name, rerun, args }) {
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const seconds = ((performance.now() - start) / 1_000).toFixed(1);
  const passed = status === 0;
  process.stdout.write(`${passed ? "ok  " : "FAIL"} ${name} (${seconds} s)\n`);
  if (passed) return;
  process.stdout.write(
    `${stdout ?? ""}${stderr ?? ""}${error === undefined ? "" : error.message}\n`,
  );
  process.stdout.write(`help: run only this step with \`${rerun}\`\n`);
  process.exit(1);
}

function vitest(args) {
  const report = join(ROOT, REPORT);
  mkdirSync(dirname(report), { recursive: true });
  // A report of an earlier run must not speak for one that died before it could write its own.
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const left = [...(chromium ? [] : WITHOUT), ...(etcd ? [] : WITHOUT_ETCD)];
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/vitest/vitest.mjs", "run", ...reporters, ...left, ...args],
    { cwd: ROOT, stdio: "inherit" },
  );
  const { passed, failed: counted, skipped } = count(report);
  // An error outside of any test, such as a rejection after the end, fails the run all the same.
  const failed = status !== 0 && counted === 0 ? 1 : counted;
  const skips = args.length === 0 && skipped > 0;
  if (skips) process.stdout.write(`${skipped} tests were skipped, which is a failure here\n`);
  if (status !== 0) process.stdout.write("help: run only the tests with `npm run unit`\n");
  if (!postgres) process.stdout.write("no Postgres here: the store was tested on PGlite alone\n");
  if (!prometheus)
    process.stdout.write("no Prometheus here: that source was tested on stand-ins alone\n");
  if (!chromium)
    process.stdout.write("no Chromium here: the pages of the console were not tested\n");
  if (!etcd) process.stdout.write("no etcd here: its driver was not tested\n");
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return status === 0 && failed === 0 && !skips ? 0 : 1;
}

// A file that does not load has no tests of its own to fail, so it counts as one failure.
function count(report) {
  const { testResults } = readReport(report);
  const tests = testResults.flatMap((file) => file.assertionResults.map((test) => test.status));
  const unloaded = testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((t) => t.status === "failed"),
  );
  const passed = tests.filter((status) => status === "passed").length;
  const failed = tests.filter((status) => status === "failed").length;
  return { passed, failed: failed + unloaded.length, skipped: tests.length - passed - failed };
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch (error) {
    process.stdout.write(`error: vitest left no report: ${error.message}\n`);
    return { testResults: [{ status: "failed", assertionResults: [] }] };
  }
}
