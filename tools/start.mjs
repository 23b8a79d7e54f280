#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm start` runs the server; `npm start -- ARGS` is `interlock ARGS`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

setUp();

const given = process.argv.slice(2);
const args = given.length > 0 ? given : ["serve"];
const command = join(ROOT, "packages/cli/dist/bundle/interlock.js");
// npm runs scripts in the repository; paths in ARGS are meant from where the person stands.
const cwd = process.env.INIT_CWD ?? process.cwd();
const child = spawn(process.execPath, [command, ...args], { cwd, stdio: "inherit" });
// Whoever stops this stops the command, and waits until it has put away what it holds.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  process.stderr.write(`error: cannot run the command: ${error.message}\n`);
  process.exit(3);
});
child.on("exit", (status, signal) => {
  if (signal !== null) process.stderr.write(`error: the command was ended by ${signal}\n`);
  process.exit(status ?? 3);
});
