#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm start` judges the newest commit of this repository; `npm start -- ARGS` is `interlock ARGS`.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

setUp();

const given = process.argv.slice(2);
const args = given.length > 0 ? given : ["check"];
const command = join(ROOT, "packages/cli/dist/bundle/interlock.js");
// npm runs scripts in the repository; paths in ARGS are meant from where the person stands.
const cwd = given.length > 0 ? (process.env.INIT_CWD ?? process.cwd()) : ROOT;
const { status, signal, error } = spawnSync(process.execPath, [command, ...args], {
  cwd,
  stdio: "inherit",
});
if (error !== undefined) process.stderr.write(`error: cannot run the command: ${error.message}\n`);
if (signal !== null) process.stderr.write(`error: the command was ended by ${signal}\n`);
process.exit(status ?? 3);
