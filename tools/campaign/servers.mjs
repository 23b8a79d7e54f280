#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm run campaign:servers -- [--minutes M] [--seed S] [--servers N] [--ordeal anything] [--json]`:
// real servers on a real Postgres, people who work on them, and everything that can happen to them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { anythingFor, campaign, startCluster } from "../../packages/testkit/dist/index.js";

const MAIN = fileURLToPath(new URL("../../packages/cli/dist/bundle/interlock.js", import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    servers: { type: "string", default: "2" },
    callers: { type: "string", default: "6" },
    json: { type: "boolean", default: false },
  },
});
const home = mkdtempSync(join(tmpdir(), "interlock-servers-"));
const cluster = startCluster(home);
const ordeal = anythingFor(Number(values.minutes) * 60_000);
const terms = {
  servers: Number(values.servers),
  seed: Number(values.seed),
  callers: Number(values.callers),
};
try {
  const report = await campaign({ main: MAIN, cluster, ordeal, ...terms });
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else
    for (const [name, value] of Object.entries(report))
      process.stdout.write(`${name}: ${JSON.stringify(value)}\n`);
  process.exitCode = report.wrong.length === 0 ? 0 : 1;
} finally {
  await cluster.kill();
  rmSync(home, { recursive: true, force: true });
}
