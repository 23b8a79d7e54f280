// SPDX-License-Identifier: Apache-2.0
/** What a person signed on this machine: durable before the signature leaves it, and imported later. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { emergencyApi } from "@interlock/protocol";
import { appendLine, linesOf } from "../hook/lines.ts";
import { call, type Remote } from "../remote/client.ts";

export function keepSigned(path: string, line: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendLine(path, line);
}

const importedPath = (path: string): string => `${path}.imported`;

/** Brings what no entry is known of; a line is marked once its entry is durable. */
export async function importJournal(
  path: string,
  remote: Remote,
): Promise<{ readonly lines: readonly string[]; readonly waits: boolean }> {
  const imported = new Set(linesOf(importedPath(path)));
  const pending = linesOf(path).filter((line) => !imported.has(line));
  const lines: string[] = [];
  for (const signed of pending) {
    const brought = await call(remote, emergencyApi.importEmergency, { body: { signed } });
    if (brought.kind !== "answered") {
      const why = brought.kind === "away" ? brought.says : brought.problem.detail;
      return { lines: [...lines, `${pending.length - lines.length} wait: ${why}`], waits: true };
    }
    const { index, says } = brought.value;
    appendLine(importedPath(path), signed);
    lines.push(`entry ${index}${says === null ? "" : `, which does not verify: ${says}`}`);
  }
  return { lines: pending.length === 0 ? ["nothing waits"] : lines, waits: false };
}
