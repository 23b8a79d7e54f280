// SPDX-License-Identifier: Apache-2.0
/** What a change does to the contracts themselves: taken away, or asking for less than before. */
import { type Delta, delta } from "@interlock/core";
import { type Catalog, systemsOf } from "../catalog/catalog.ts";
import type { Bound, Contract } from "../catalog/contract.ts";
import type { Parsed } from "../config/types.ts";
import { select } from "./pointer.ts";

export const CATALOG_FILE = "interlock/catalog.yaml";

export type Amended = {
  readonly before: Catalog;
  readonly after: Catalog;
  readonly trees: { readonly before: Parsed | null; readonly after: Parsed | null };
  /** Paths that the change touches. */
  readonly touched: readonly string[];
};

/** Contracts that go or ask for less; those that ask for more are nobody's loss. */
export function amendments({ before, after, trees, touched }: Amended): readonly Delta[] {
  const now = new Map(after.contracts.map((c) => [c.id, c]));
  const changedSystems = new Set(touched.flatMap((p) => systemsOf(before, p)));
  return before.contracts.flatMap((old): readonly Delta[] => {
    const found = now.get(old.id);
    const readers = old.readBy.map((r) => r.system);
    const base = {
      path: CATALOG_FILE,
      subject: old.id,
      format: "yaml",
      tags: [
        ...(readers.length > 0 && readers.every((r) => changedSystems.has(r))
          ? ["with-readers"]
          : []),
        ...readers.slice(0, 20).map((r) => `reader:${r}`.slice(0, 60)),
      ],
    };
    if (found === undefined)
      return [
        delta({
          ...base,
          line: lineOf(trees.before, old.id),
          aspect: "contract-removed",
          op: "removed",
          key: "path",
          before: old.path,
          beforeKind: "string",
        }),
      ];
    return loosened(old, found).map((l) =>
      delta({
        ...base,
        line: lineOf(trees.after, old.id),
        aspect: "contract-loosened",
        op: "changed",
        key: l.term,
        before: l.before,
        after: l.after,
        beforeKind: "string",
        afterKind: l.after === "" ? "absent" : "string",
      }),
    );
  });
}

function lineOf(parsed: Parsed | null, id: string): number {
  if (parsed?.ok !== true) return 1;
  for (const root of parsed.documents)
    for (const { node } of select(root, "/contracts/*").found) {
      const found = select(node, "/id").found[0];
      if (found?.node.kind === "scalar" && found.node.text === id) return node.line;
    }
  return 1;
}

type Loosened = { readonly term: string; readonly before: string; readonly after: string };

function loosened(old: Contract, now: Contract): readonly Loosened[] {
  const found: Loosened[] = [];
  const note = (term: string, a: unknown, b: unknown) =>
    found.push({ term, before: shown(a), after: shown(b) });
  for (const term of ["maxLength", "maxItems", "maxBytes", "maxGrowthPpm", "maxShrinkPpm"] as const)
    if (raised(old[term], now[term])) note(term, old[term], now[term]);
  for (const term of ["minLength", "minItems", "minBytes"] as const)
    if (raised(negative(old[term]), negative(now[term]))) note(term, old[term], now[term]);
  if (boundMoved(old.max, now.max, 1)) note("max", old.max, now.max);
  if (boundMoved(old.min, now.min, -1)) note("min", old.min, now.min);
  for (const term of ["required", "contains", "excludes", "mustMatch", "mustNotMatch"] as const)
    if (old[term].some((t) => !now[term].includes(t))) note(term, old[term], now[term]);
  for (const term of ["values", "keys"] as const)
    if (widened(old[term], now[term])) note(term, old[term], now[term]);
  if (
    old.types.length > 0 &&
    (now.types.length === 0 || now.types.some((t) => !old.types.includes(t)))
  )
    note("type", old.types, now.types);
  // Whether another place or pattern asks for less cannot be told: it counts as if it did.
  for (const term of ["path", "pointer", "format"] as const)
    if (old[term] !== now[term]) note(term, old[term], now[term]);
  for (const term of [
    "pattern",
    "keyPattern",
    "sorted",
    "equal",
    "minVersion",
    "maxVersion",
  ] as const)
    if (old[term] !== null && old[term] !== now[term]) note(term, old[term], now[term]);
  for (const term of ["when", "unique", "existsIn"] as const)
    if ((old[term] !== null || term === "when") && shown(old[term]) !== shown(now[term]))
      note(term, old[term], now[term]);
  for (const term of ["noBlank", "fixed"] as const)
    if (old[term] && !now[term]) note(term, "true", "false");
  const readers = new Map(now.readBy.map((r) => [r.system, r.minVersion]));
  if (
    old.readBy.some(
      (r) =>
        !readers.has(r.system) || (r.minVersion !== null && readers.get(r.system) !== r.minVersion),
    )
  )
    note("readBy", old.readBy, now.readBy);
  return found;
}

const negative = (n: number | null): number | null => (n === null ? null : -n);
const raised = (old: number | null, now: number | null): boolean =>
  old !== null && (now === null || now > old);
const widened = (old: readonly string[] | null, now: readonly string[] | null): boolean =>
  old !== null && (now === null || now.some((v) => !old.includes(v)));

function boundMoved(old: Bound | null, now: Bound | null, sign: 1 | -1): boolean {
  if (old === null) return false;
  if (old.kind === "quantity" && now?.kind === "quantity" && old.unit === now.unit)
    return (now.micro - old.micro) * sign > 0;
  return shown(old) !== shown(now);
}

function shown(term: unknown): string {
  if (term === null || term === undefined) return "";
  if (typeof term !== "object") return String(term);
  if ("kind" in term && term.kind === "quantity" && "text" in term) return String(term.text);
  return JSON.stringify(term);
}
