#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import * as module from "node:module";
import { fileURLToPath } from "node:url";

// Of Node 22.1 and later: compiled code is kept for the next start. Beside the code itself, since
// whoever may write there may change the code anyway; the usual place, a folder that all accounts
// share, could be filled by another one. Where it cannot be written nothing is kept.
const keep = (module as { enableCompileCache?: (folder: string) => unknown }).enableCompileCache; // not in the types of Node 20
keep?.(fileURLToPath(new URL("./.compile-cache", import.meta.url)));

await import("./run.ts");
