// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { GateError } from "@interlock/core";

/** The text of a file, or of standard input for `-`. */
export function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : resolve(path), "utf8");
  } catch (error) {
    throw new GateError(
      "INPUT_UNREADABLE",
      `\`${path}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "check the path",
    );
  }
}
