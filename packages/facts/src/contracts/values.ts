// SPDX-License-Identifier: Apache-2.0
/** Terms about single values: presence, type, bounds, form, versions, references. */
import type { Contract } from "../catalog/contract.ts";
import type { Node, Scalar } from "../config/types.ts";
import { quantityOf } from "../settings/quantity.ts";
import type { Breach, BreachKind, Doubt } from "./breach.ts";
import { type Around, limitOf, placeText, valuesAt } from "./lookup.ts";
import { matches } from "./pattern.ts";
import { childrenOf, type Found, select } from "./pointer.ts";
import { compareVersions, versionOf } from "./version.ts";

type Report = {
  readonly breaches: Breach[];
  readonly doubts: Doubt[];
};

type Work = { readonly around: Around; readonly report: Report };

const SHOWN_MAX = 120;

/** A breach at a place. */
export function breach(kind: BreachKind, at: Found, shown: string, takes: string): Breach {
  const cut = shown.length > SHOWN_MAX ? `${shown.slice(0, SHOWN_MAX)}…` : shown;
  return {
    kind,
    name: at.name,
    lasting: at.lasting,
    line: at.line,
    shown: cut,
    takes,
    excess: null,
  };
}

/** The same with how far it is beyond the limit. */
export const beyond = (excess: number, found: Breach): Breach => ({ ...found, excess });

export function checkValues(
  contract: Contract,
  found: Found,
  around: Around,
  report: Report,
): void {
  checkPresence(contract, found, report.breaches);
  checkType(contract, found, report.breaches);
  for (const at of scalarsUnder(found)) {
    if (at.node.kind === "scalar")
      checkScalar(contract, { ...at, node: at.node }, { around, report });
    else if (asksForScalar(contract))
      report.breaches.push(breach("wrong-type", at, `a ${at.node.kind}`, "a single value"));
  }
}

/** Terms about values hold for each member of a list. */
const scalarsUnder = (found: Found): readonly Found[] =>
  found.node.kind === "list" ? childrenOf(found) : [found];

const asksForScalar = (c: Contract): boolean =>
  [
    c.min,
    c.max,
    c.minLength,
    c.maxLength,
    c.values,
    c.pattern,
    c.minVersion,
    c.maxVersion,
    c.existsIn,
  ].some((term) => term !== null);

function checkPresence(contract: Contract, found: Found, into: Breach[]): void {
  for (const pointer of contract.required) {
    const below = select(found.node, pointer).found;
    const name = pointer.slice(1);
    if (below.length === 0)
      into.push({
        ...breach("missing", found, `\`${name}\` is missing`, `\`${name}\``),
        name: found.name + pointer,
        lasting: found.lasting + pointer,
      });
    for (const one of below)
      if (isBlank(one.node))
        into.push(breach("blank", within(found, one), "blank", `\`${name}\` to be set`));
  }
  if (!contract.noBlank) return;
  for (const one of select(found.node, "/**").found)
    if (one.node.kind === "scalar" && isBlank(one.node))
      into.push(breach("blank", within(found, one), "blank", "no blank value"));
}

export const within = (found: Found, below: Found): Found => ({
  ...below,
  name: found.name + below.name,
  lasting: found.lasting + below.lasting,
});

function isBlank(node: Node): boolean {
  if (node.kind === "scalar") return node.type === "null" || node.text.trim() === "";
  return node.kind === "list" ? node.items.length === 0 : node.entries.length === 0;
}

function checkType({ types }: Contract, found: Found, into: Breach[]): void {
  if (types.length === 0 || types.some((t) => isOfType(t, found.node))) return;
  const is = found.node.kind === "scalar" ? found.node.type : found.node.kind;
  const shown = found.node.kind === "scalar" ? `\`${found.node.text}\` (${is})` : `a ${is}`;
  into.push(breach("wrong-type", found, shown, `a value of type ${types.join(" or ")}`));
}

function isOfType(type: string, node: Node): boolean {
  if (node.kind !== "scalar") return node.kind === type;
  return (
    node.type === type || (type === "number" && (node.type === "int" || node.type === "decimal"))
  );
}

type ScalarAt = Omit<Found, "node"> & { readonly node: Scalar };

function checkScalar(contract: Contract, at: ScalarAt, work: Work): void {
  const { around, report } = work;
  if (at.node.type === "null" && contract.types.includes("null")) return;
  const { text } = at.node;
  const into = report.breaches;
  checkBound(contract, "min", at, work);
  checkBound(contract, "max", at, work);
  const length = [...text].length;
  if (contract.minLength !== null && length < contract.minLength)
    into.push(
      beyond(
        contract.minLength - length,
        breach("too-short", at, `\`${text}\``, `at least ${contract.minLength} characters`),
      ),
    );
  if (contract.maxLength !== null && length > contract.maxLength)
    into.push(
      beyond(
        length - contract.maxLength,
        breach("too-long", at, `${length} characters`, `at most ${contract.maxLength} characters`),
      ),
    );
  if (contract.values !== null && !contract.values.includes(text))
    into.push(breach("not-allowed", at, `\`${text}\``, oneOf(contract.values)));
  if (contract.pattern !== null && !matches(contract.pattern, text))
    into.push(breach("no-match", at, `\`${text}\``, `what matches \`${contract.pattern}\``));
  checkVersion(contract, at, into);
  if (contract.existsIn !== null && around.elsewhere.doubts.length === 0) {
    if (!valuesAt(contract.existsIn, around).has(text))
      into.push(
        breach("dangling", at, `\`${text}\``, `what stands in ${placeText(contract.existsIn)}`),
      );
  }
}

function oneOf(values: readonly string[]): string {
  const shown = values.slice(0, 8).map((v) => `\`${v}\``);
  return `one of ${shown.join(", ")}${values.length > 8 ? ", …" : ""}`;
}

function checkBound(
  contract: Contract,
  side: "min" | "max",
  at: ScalarAt,
  { around, report }: Work,
): void {
  const bound = contract[side];
  if (bound === null) return;
  const limit = limitOf(bound, side, around);
  if ("code" in limit) {
    report.doubts.push(limit);
    return;
  }
  const takes = `at ${side === "min" ? "least" : "most"} ${limit.text}`;
  const value = quantityOf(at.node.text);
  if (value === null || value.unit !== limit.unit) {
    report.breaches.push(breach("wrong-type", at, `\`${at.node.text}\``, `a number of ${takes}`));
    return;
  }
  const excess = side === "min" ? limit.micro - value.micro : value.micro - limit.micro;
  if (excess > 0)
    report.breaches.push(
      beyond(excess, breach(side === "min" ? "under-min" : "over-max", at, at.node.text, takes)),
    );
}

function checkVersion(contract: Contract, at: ScalarAt, into: Breach[]): void {
  const { minVersion, maxVersion } = contract;
  if (minVersion === null && maxVersion === null) return;
  const is = versionOf(at.node.text);
  const low = minVersion === null ? null : versionOf(minVersion);
  const high = maxVersion === null ? null : versionOf(maxVersion);
  if (is === null) {
    into.push(breach("wrong-type", at, `\`${at.node.text}\``, "a version"));
    return;
  }
  if (low !== null && compareVersions(is, low) < 0)
    into.push(breach("version-low", at, at.node.text, `version ${minVersion} or later`));
  if (
    high !== null &&
    compareVersions(
      is.map((n, i) => (i < precision(maxVersion ?? "") ? n : 0)) as unknown as typeof is,
      high,
    ) > 0
  )
    into.push(breach("version-high", at, at.node.text, `version ${maxVersion} or earlier`));
}

/** `1.23` as a highest version takes `1.23.9` too. */
const precision = (text: string): number =>
  (text.match(/\d+(?:\.\d+){0,2}/)?.[0] ?? "").split(".").length;
