// SPDX-License-Identifier: Apache-2.0
import { unknown } from "@interlock/core";
import { type Json, utf8 } from "@interlock/digest";
import type { ConfigSet } from "../description.ts";
import { validator } from "../value/schema.ts";
import { readContent } from "./content.ts";
import { type Delta, type DeltaSummary, deltasOf, summaryOf } from "./deltas.ts";
import { byFinding, type SetFinding } from "./finding.ts";
import { brokenInvariants, type Values } from "./invariants.ts";
import { brokenReferences } from "./references.ts";
import { sizeFindings } from "./sizes.ts";

/** A key's content, and the path by whose ending it is read. */
export type KeyContent = { readonly path: string; readonly text: string };

/** All keys of one cell, by their name. */
export type CellContents = ReadonlyMap<string, KeyContent>;

export type CheckedSet = {
  /** No finding: nothing that the set forbids. */
  readonly ok: boolean;
  readonly findings: readonly SetFinding[];
  readonly deltas: readonly Delta[];
  readonly summary: DeltaSummary;
};

type Read = { readonly values: Map<string, Json>; readonly findings: SetFinding[] };

/**
 * Checks what a cell is to hold against what it holds. What stands already and does not change is
 * checked too: invariants, references and limits speak of the whole.
 */
export function checkSet(
  set: ConfigSet,
  before: CellContents,
  after: CellContents,
  others: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): CheckedSet {
  const findings: SetFinding[] = [...sizeFindings(set.limits, sizesOf(before), sizesOf(after))];
  const old = readAll(set, before);
  const now = readAll(set, after);
  const deltas = deltasOf(old.values, now.values);
  findings.push(...now.findings);
  // Where a value cannot be read, nothing is known of the whole, and there is a finding already.
  if (now.findings.length === 0 && after.size <= set.limits.keys)
    findings.push(
      ...misfits(set, now.values),
      ...brokenInvariants(set, withUnreadable(old), now.values),
      ...brokenReferences(set, now.values, others),
    );
  return {
    ok: findings.length === 0,
    findings: findings.sort(byFinding),
    deltas,
    summary: summaryOf(deltas),
  };
}

/** What could not be read of the version in force is unknown to invariants, not absent. by (judged or broken) */
function withUnreadable({ values, findings }: Read): Values {
  const all = new Map(values);
  for (const { key, message } of findings)
    if (key !== null) all.set(key, unknown(message, "mend it"));
  return all;
}

const sizesOf = (contents: CellContents): ReadonlyMap<string, number> =>
  new Map([...contents].map(([key, { text }]) => [key, bytesOf(text)]));

/** Half a character has no bytes of its own; what replaces it has three. */
const bytesOf = (text: string): number => utf8(text.replaceAll(/\p{Cs}/gu, "\ufffd")).length;

function readAll({ limits }: ConfigSet, contents: CellContents): Read {
  const read: Read = { values: new Map(), findings: [] };
  for (const [key, { path, text }] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const content =
      text.length > limits.valueBytes
        ? ({ ok: false, says: "it is too large" } as const)
        : readContent(path, text);
    if (content.ok) read.values.set(key, content.value);
    else
      read.findings.push({
        ...{ code: "VALUE_UNREADABLE", key, at: "" },
        message: `\`${key}\` cannot be read: ${content.says}`,
        help: `mend \`${path}\``,
      });
  }
  return read;
}

function misfits({ schema }: ConfigSet, values: ReadonlyMap<string, Json>): readonly SetFinding[] {
  if (schema === undefined) return [];
  const fits = validator(schema);
  return [...values].flatMap(([key, value]) =>
    fits(value).map(({ at, says }) => ({
      ...({ code: "SCHEMA_MISFIT", key, at } as const),
      message: `\`${key}\`${at === "" ? "" : ` at \`${at}\``} ${says}`,
      help: "mend the value, or have two people change the schema first",
    })),
  );
}
