#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Compiles and runs the repository checks.
import { installAll, runQuietly } from "./setup.mjs";

installAll();
const compiled = runQuietly(process.execPath, [
  "node_modules/typescript/bin/tsc",
  "-p",
  "tools/checks",
]);
process.exit(compiled === 0 ? runQuietly(process.execPath, [".cache/tools/checks/main.js"]) : 1);
