#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Exit code 0 when the server of this machine can decide and record, 1 otherwise with the reason on
// standard error. For images without curl; the port is the one argument, 8410 otherwise.
const [port = "8410"] = process.argv.slice(2);
/** Less than the interval of the image's health check, which would kill it without a word. */
const TIMEOUT_MS = 4_000;

try {
  const url = `http://127.0.0.1:${port}/readyz`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) process.stderr.write(`${await answer.text()}\n`);
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}
