#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm run campaign:servers -- [--minutes M] [--seed S] [--servers N] [--callers N] [--kills K] [--embedded] [--witness TIMES] [--main FILE] [--json]`:
// real servers, people who work on them, and everything that can happen to them; with `--kills` they
// are killed so often at commits; with `--witness` a witness is away so often and nothing else happens;
// with `--embedded` it is one server on its own database.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  anythingFor,
  campaign,
  campaignWitness,
  killsUntil,
  startCluster,
} from "../../packages/testkit/dist/index.js";
import { commandInFewFiles } from "./one-file.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    servers: { type: "string", default: "2" },
    callers: { type: "string", default: "6" },
    main: { type: "string" },
    kills: { type: "string" },
    witness: { type: "string" },
    embedded: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const ms = Number(values.minutes) * 60_000;
const { embedded } = values;
const main = values.main ?? (await commandInFewFiles());
const kills = values.kills ?? (embedded ? "1000000" : undefined);
const servers = embedded ? 1 : Number(values.servers);
const load = { servers, seed: Number(values.seed), callers: Number(values.callers) };
const home = mkdtempSync(join(tmpdir(), "interlock-servers-"));
const cluster = embedded ? null : startCluster(home);
const witness = values.witness === undefined ? null : await campaignWitness(main, home);
const ordeal =
  witness?.comesAndGoes(Number(values.witness)) ??
  (kills === undefined ? anythingFor(ms) : killsUntil({ kills: Number(kills), ms }));
const more = witness === null ? {} : { more: witness.more };
try {
  const report = await campaign({ main, cluster, ordeal, ...load, ...more });
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  process.exitCode = report.wrong.length === 0 ? 0 : 1;
} finally {
  await witness?.close();
  await cluster?.kill();
  rmSync(home, { recursive: true, force: true });
}

function textOf({ wrong, ordeals, acknowledged, inDoubt, refusals, ...counts }) {
  const row = (name, of) => {
    const all = Object.entries(of).map(([what, times]) => `${what} ${times}`);
    return `${name}: ${all.length === 0 ? "nothing" : all.join(", ")}\n`;
  };
  return [
    row("done to them", ordeals),
    row("acknowledged", acknowledged),
    row("in doubt", inDoubt),
    row("refused or away", refusals),
    row("counted", counts),
    ...wrong.map((says) => `WRONG: ${says}\n`),
    `${wrong.length === 0 ? "nothing" : wrong.length} found wrong\n`,
  ].join("");
}
