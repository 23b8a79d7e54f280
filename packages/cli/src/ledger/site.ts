// SPDX-License-Identifier: Apache-2.0
/** What a reader trusts and no receipt may say. */
import { readFileSync, statSync } from "node:fs";
import { GateError, list, object, problemsOf, text } from "@interlock/core";
import type { Site } from "@interlock/receipt";
import { MAX_POLICY_LENGTH, type Policy, parsePolicy } from "@interlock/tlog";
import { readJson } from "../judge/workspace.ts";

const SITE = object({
  ledger: text({ max: 400 }),
  tenant: text({ max: 400 }),
  product: text({ max: 400 }),
  rpId: text({ max: 400 }),
  origins: list(text({ max: 400 }), 20),
});

/** Reads `--site`: which site approvals must have been given on. Throws `GateError`. */
export function readSite(path: string): Site {
  const raw = readJson(path);
  const problem = problemsOf(SITE, raw, "no such field")[0];
  if (problem === undefined) return raw as Site; // the walk above has checked every field
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\`: \`${problem.path}\`: ${problem.message}`,
    "it is JSON with `ledger`, `tenant`, `product`, `rpId` and `origins`, as your server shows them",
  );
}

/** Reads `--policy`: which logs and witnesses are believed (c2sp.org/tlog-policy). Throws `GateError`. */
export function readTrust(path: string): Policy {
  const read = parsePolicy(bytesOf(path, MAX_POLICY_LENGTH));
  if (read.ok) return read.value;
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\` is no trust policy: ${read.failure.message}`,
    "write it as c2sp.org/tlog-policy says: `log`, `witness`, `group` and `quorum` lines",
  );
}

/** The bytes of a file of at most so many bytes, or of standard input for `-`. Throws `GateError`. */
export function bytesOf(path: string, limit: number): Uint8Array {
  try {
    const size = path === "-" ? 0 : statSync(path).size;
    if (size > limit) throw new Error(`it is longer than ${limit} bytes`);
    return new Uint8Array(readFileSync(path === "-" ? 0 : path));
  } catch (error) {
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "check the path",
    );
  }
}
