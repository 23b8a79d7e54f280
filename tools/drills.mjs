#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Runs both incidents over many seeds and writes docs/drills.md: `npm run drills -- [SEEDS] [WEAK]`.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, setUp } from "./setup.mjs";

setUp();
const { drillsDocument } = await import(join(ROOT, "packages/drill/dist/index.js"));
const [seeds = 200, weakSeeds = 20] = process.argv.slice(2).map(Number);
const text = await drillsDocument({ seed: 1, seeds, weakSeeds });
writeFileSync(join(ROOT, "docs/drills.md"), text);
