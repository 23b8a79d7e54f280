#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Compiles and runs the benches: `npm run bench` all of them, `npm run bench -- PACKAGE[/NAME]` some.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runQuietly, setUp } from "./setup.mjs";

setUp();
const tsc = "node_modules/typescript/bin/tsc";
if (runQuietly(process.execPath, [tsc, "-p", "tools/bench.tsconfig.json"]) !== 0) process.exit(1);

const wanted = process.argv[2] ?? "";
const benches = readdirSync(join(ROOT, "packages"))
  .filter((name) => existsSync(join(ROOT, "packages", name, "bench")))
  .flatMap((name) =>
    readdirSync(join(ROOT, "packages", name, "bench"))
      .filter((file) => /\.(?:ts|mjs)$/.test(file))
      .map((file) => ({ name, file })),
  )
  .filter(({ name, file }) => `${name}/${file}`.startsWith(wanted));

if (benches.length === 0) {
  process.stderr.write(`error: no bench is named \`${wanted}\`\n`);
  process.exit(64);
}
let failed = 0;
for (const { name, file } of benches) {
  process.stdout.write(`\n${name}/${file}\n`);
  const runnable = file.endsWith(".mjs")
    ? join(ROOT, "packages", name, "bench", file)
    : join(ROOT, ".cache/bench", name, "bench", file.replace(/\.ts$/, ".js"));
  const { status } = spawnSync(process.execPath, ["--expose-gc", runnable], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status !== 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
