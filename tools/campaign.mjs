#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Long runs that are no part of `npm test`: `campaign:analysis`, `campaign:drivers`, `campaign:forges`,
// `campaign:laws`, `campaign:fuzz`, `campaign:judge`,
// `campaign:kills`, `campaign:mutation`, `campaign:passkeys`, `campaign:rollouts`,
// `campaign:servers`, `campaign:soak`, `campaign:vectors`.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

const VITEST = "node_modules/vitest/vitest.mjs";
const STRYKER = "node_modules/@stryker-mutator/core/bin/stryker.js";
const PARSING = ["facts", "tlog", "receipt", "cli"];
const DECIDING = ["digest", "judge", "core", "policy"];

/** Test files of the packages that have properties. */
function withProperties(packages) {
  return packages.flatMap((name) => {
    const folder = join("packages", name, "test");
    return readdirSync(join(ROOT, folder), { recursive: true })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => join(folder, file))
      .filter((file) => readFileSync(join(ROOT, file), "utf8").includes("fc.assert"));
  });
}

const properties = (packages) => ({
  args: [
    VITEST,
    "run",
    "--config",
    "tools/campaign/vitest.config.mjs",
    ...withProperties(packages),
  ],
  runs: "50",
});

const KILLS = ["--config", "tools/campaign/vitest.config.mjs", "packages/store/test/kills.test.ts"];

const FORGES = [
  "--config",
  "tools/campaign/vitest.config.mjs",
  "packages/cli/test/github/away.test.ts",
];

const ROLLOUTS = ["--config", "tools/campaign/vitest.config.mjs", "packages/core/test/rollout"];

/** A mutant is tried against every test that reaches it, so properties run a tenth as often. */
const CAMPAIGNS = {
  laws: () => properties(DECIDING),
  fuzz: () => properties(PARSING),
  passkeys: () => ({ args: ["tools/campaign/passkey-vectors.mjs"], runs: "1" }),
  analysis: () => ({ args: ["tools/campaign/analysis.mjs"], runs: "1" }),
  judge: () => ({ args: ["tools/campaign/judge.mjs"], runs: "1" }),
  rollouts: () => ({ args: [VITEST, "run", ...ROLLOUTS], runs: "20" }),
  mutation: () => ({ args: [STRYKER, "run", "tools/campaign/stryker.json"], runs: "0.1" }),
  vectors: () => ({ args: ["tools/campaign/vectors.mjs"], runs: "1" }),
  soak: () => ({ args: ["tools/campaign/soak.mjs"], runs: "1" }),
  servers: () => ({ args: ["tools/campaign/servers.mjs"], runs: "1" }),
  drivers: () => ({ args: ["tools/campaign/drivers.mjs"], runs: "1" }),
  forges: () => ({ args: [VITEST, "run", ...FORGES], runs: "1" }),
  kills: () => ({ args: [VITEST, "run", ...KILLS], runs: "1" }),
};

const [name = "", ...more] = process.argv.slice(2);
const campaign = CAMPAIGNS[name];
if (campaign === undefined) {
  process.stderr.write(
    `error: no campaign is called \`${name}\`\n  help: one of ${Object.keys(CAMPAIGNS).join(", ")}\n`,
  );
  process.exit(64);
}
setUp();
const { args, runs } = campaign();
/** At each of a dozen points. */
const KILL_ROUNDS = process.env.KILL_ROUNDS ?? "200";
/** Of all ways in which a forge can be away. */
const FORGE_ROUNDS = process.env.FORGE_ROUNDS ?? (name === "forges" ? "20" : "1");
/** Of simulated rollouts among faults. */
const seeds = name === "rollouts" ? { ROLLOUT_SEEDS: process.env.ROLLOUT_SEEDS ?? "5000" } : {};
const { status } = spawnSync(process.execPath, [...args, ...more], {
  cwd: ROOT,
  stdio: "inherit",
  env: {
    ...process.env,
    FC_RUNS: process.env.FC_RUNS ?? runs,
    KILL_ROUNDS,
    FORGE_ROUNDS,
    ...seeds,
  },
});
process.exit(status ?? 1);
