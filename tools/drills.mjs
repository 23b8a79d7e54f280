#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs both incidents over many seeds and writes docs/drills.md: `npm run drills -- [SEEDS] [WEAK]`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { ROOT, setUp } from "./setup.mjs";

const PACKAGE = join(ROOT, "packages/drill/dist/index.js");

/** Measures a part in a thread of its own. */
function measured(part, options) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { part, options } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

if (isMainThread) {
  setUp();
  const { DOCUMENT_PARTS, documentOf } = await import(PACKAGE);
  const [seeds = 200, weakSeeds = 10] = process.argv.slice(2).map(Number);
  const options = { seed: 1, seeds, weakSeeds };
  const parts = await Promise.all(DOCUMENT_PARTS.map((part) => measured(part, options)));
  writeFileSync(join(ROOT, "docs/drills.md"), documentOf(parts, options));
} else {
  const { documentPart } = await import(PACKAGE);
  parentPort.postMessage(await documentPart(workerData.part, workerData.options));
}
