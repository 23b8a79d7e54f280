// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { readText } from "../judge/workspace.ts";
import type { BacktestLine } from "./line.ts";

/** Commits known to have been bad, and commits that count neither way. */
export type Labels = {
  readonly bad: ReadonlySet<string>;
  readonly leftOut: ReadonlySet<string>;
  readonly source: string;
};

/** A revert later than this says little about the change itself. */
const REVERTED_WITHIN_MS = 48 * 3_600_000;

/** Without labels from outside, a commit that a later one reverts within two days counts as bad. */
export function labelsFromReverts(lines: readonly BacktestLine[]): Labels {
  const at = new Map(lines.map((l) => [l.commit, l.at]));
  const ids = [...at.keys()].sort();
  const bad = new Set<string>();
  for (const line of lines) {
    if (line.reverts === null) continue;
    const id = at.has(line.reverts)
      ? line.reverts
      : ids.find((i) => i.startsWith(line.reverts ?? " "));
    const when = id === undefined ? undefined : at.get(id);
    if (id !== undefined && when !== undefined && line.at - when <= REVERTED_WITHIN_MS) bad.add(id);
  }
  return { bad, leftOut: new Set(), source: "commits that a later one reverts within 48 hours" };
}

/** `SHA TAB … TAB class`, one a line; the class `planned` counts neither way. */
export function labelsFromFile(path: string): Labels {
  const bad = new Set<string>();
  const leftOut = new Set<string>();
  for (const [i, line] of readText(path).split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fields = line.split("\t");
    const sha = fields[0]?.trim() ?? "";
    if (!/^[0-9a-f]{7,64}$/.test(sha)) {
      if (i === 0) continue;
      throw new GateError(
        "INPUT_INVALID",
        `\`${path}\` line ${i + 1}: \`${sha.slice(0, 40)}\` is no commit id`,
        "give one commit id a line, then tabs",
      );
    }
    (fields[fields.length - 1]?.trim() === "planned" ? leftOut : bad).add(sha);
  }
  return { bad, leftOut, source: path };
}
