#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Puts the command into few files: most of the time that it takes to start is Node looking for
// modules. What has a native part, or reads a file that lies beside it, stays where it is.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "./setup.mjs";

const DIST = join(ROOT, "packages/cli/dist");
const OUT = join(DIST, "bundle");

const bundle = await rolldown({
  input: { interlock: join(DIST, "main.js"), worker: join(DIST, "backtest/worker.js") },
  platform: "node",
  // The store has migrations, a template and a worker beside it, and few commands need a server or a database.
  external: [/^@ast-grep\//, "libpg-query", "@interlock/server", "@interlock/targets"],
  resolve: {
    // Its `main` is a UMD module whose parts are found at run time.
    alias: { "jsonc-parser": join(ROOT, "node_modules/jsonc-parser/lib/esm/main.js") },
  },
});
rmSync(OUT, { recursive: true, force: true });
await bundle.write({ dir: OUT, format: "esm", entryFileNames: "[name].js", minify: false });
await bundle.close();
