// SPDX-License-Identifier: Apache-2.0
/** One contract against one state of a file, and against what the change made of it. */
import type { Contract } from "../catalog/contract.ts";
import type { Node } from "../config/types.ts";
import type { Breach, Doubt } from "./breach.ts";
import { type Elsewhere, placesOf } from "./lookup.ts";
import { checkMembers } from "./members.ts";
import { matches } from "./pattern.ts";
import { type Found, select } from "./pointer.ts";
import type { State } from "./state.ts";
import { beyond, breach, checkValues } from "./values.ts";
import { versionOf } from "./version.ts";

export type Evaluation = {
  readonly breaches: readonly Breach[];
  readonly doubts: readonly Doubt[];
  /** What the contract's pointer leads to, in the documents that it binds. */
  readonly selected: readonly Found[];
  /** Whether it binds the file or a document of it. */
  readonly binds: boolean;
};

const NOTHING: Evaluation = { breaches: [], doubts: [], selected: [], binds: false };
export const WHOLE_FILE = { name: "", lasting: "", line: 1 };

export function evaluate(contract: Contract, state: State, elsewhere: Elsewhere): Evaluation {
  const report = { breaches: [] as Breach[], doubts: [] as Doubt[] };
  checkFile(contract, state, report);
  if (!asksForTree(contract)) return { ...report, selected: [], binds: true };
  const { documents } = state;
  if ("code" in documents) return { ...NOTHING, breaches: report.breaches, doubts: [documents] };
  if (placesOf(contract).length > 0) report.doubts.push(...elsewhere.doubts);
  const selected: Found[] = [];
  const bound = documents.filter((d) => isBound(contract, d));
  for (const own of bound) {
    const { found, truncated } = select(own, contract.pointer);
    const around = { own, elsewhere, known: new Map() };
    const prefix = documents.length > 1 ? documentName(own, documents) : "";
    if (truncated)
      report.doubts.push({
        code: "truncated",
        detail: `\`${contract.pointer}\` leads to more than can be looked at`,
        help: "name the place more closely in the contract",
      });
    for (const one of found) {
      const at = { ...one, name: prefix + one.name, lasting: prefix + one.lasting };
      selected.push(at);
      checkValues(contract, at, around, report);
      checkMembers(contract, at, report.breaches);
    }
  }
  checkEqual(contract, selected, report.breaches);
  return { ...report, selected, binds: bound.length > 0 };
}

/** Terms about the text alone need no format. */
export const asksForTree = (c: Contract): boolean =>
  c.pointer !== "" ||
  c.when !== null ||
  c.required.length > 0 ||
  c.noBlank ||
  c.types.length > 0 ||
  c.contains.length > 0 ||
  c.excludes.length > 0 ||
  [c.min, c.max, c.minLength, c.maxLength, c.minItems, c.maxItems, c.values, c.pattern].some(
    (t) => t !== null,
  ) ||
  [c.keys, c.keyPattern, c.unique, c.sorted, c.equal, c.minVersion, c.maxVersion, c.existsIn].some(
    (t) => t !== null,
  );

function isBound({ when }: Contract, document: Node): boolean {
  if (when === null) return true;
  return select(document, when.pointer).found.some(
    ({ node }) => node.kind === "scalar" && when.is.includes(node.text),
  );
}

/** Documents of one file are told apart by what they are, else by their place. */
function documentName(own: Node, all: readonly Node[]): string {
  const part = (pointer: string) => {
    const at = select(own, pointer).found[0]?.node;
    return at?.kind === "scalar" ? at.text : "";
  };
  const name = [part("/kind"), part("/metadata/namespace"), part("/metadata/name")]
    .filter((t) => t !== "")
    .join(":");
  return name === "" ? `[document ${all.indexOf(own) + 1}]` : `[${name}]`;
}

function checkFile(
  contract: Contract,
  state: State,
  { breaches: into, doubts }: { readonly breaches: Breach[]; readonly doubts: Doubt[] },
): void {
  const { minBytes, maxBytes, mustMatch, mustNotMatch } = contract;
  const at = { ...WHOLE_FILE, node: NO_NODE };
  if (minBytes !== null && state.bytes < minBytes)
    into.push(
      beyond(
        minBytes - state.bytes,
        breach("too-small", at, `${state.bytes} bytes`, `at least ${minBytes} bytes`),
      ),
    );
  if (maxBytes !== null && state.bytes > maxBytes)
    into.push(
      beyond(
        state.bytes - maxBytes,
        breach("too-large", at, `${state.bytes} bytes`, `at most ${maxBytes} bytes`),
      ),
    );
  const { text } = state;
  if (text === null) {
    if (mustMatch.length + mustNotMatch.length > 0) doubts.push(NO_TEXT);
    return;
  }
  for (const pattern of mustMatch)
    if (!matches(`(?m:${pattern})`, text))
      into.push({
        ...breach("lacks", at, `no line that matches \`${pattern}\``, "one"),
        lasting: pattern,
      });
  for (const pattern of mustNotMatch)
    if (matches(`(?m:${pattern})`, text)) into.push(...forbiddenLines(pattern, text));
}

export const NO_NODE: Node = { kind: "map", entries: [], line: 1, endLine: 1 };
const NO_TEXT: Doubt = {
  code: "unreadable",
  detail: "it is no text",
  help: "have its readers look at it",
};
const FORBIDDEN_MAX = 20;

function forbiddenLines(pattern: string, text: string): readonly Breach[] {
  const found: Breach[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (found.length >= FORBIDDEN_MAX || !matches(pattern, line)) continue;
    const at = { name: `line ${i + 1}`, lasting: pattern, line: i + 1, node: NO_NODE };
    found.push(
      breach("forbidden", at, `\`${line.trim()}\``, `no line that matches \`${pattern}\``),
    );
  }
  const whole = { ...WHOLE_FILE, lasting: pattern, node: NO_NODE };
  return found.length > 0
    ? found
    : [
        breach(
          "forbidden",
          whole,
          "text over several lines",
          `no text that matches \`${pattern}\``,
        ),
      ];
}

function checkEqual(
  { equal, pointer }: Contract,
  selected: readonly Found[],
  into: Breach[],
): void {
  if (equal === null) return;
  const byPart = new Map<string, Found>();
  for (const one of selected)
    if (one.node.kind === "scalar") {
      const part = partOf(one.node.text, equal);
      if (!byPart.has(part)) byPart.set(part, one);
    }
  const [, second] = [...byPart.values()];
  if (second === undefined) return;
  const shown = [...byPart.values()]
    .map((f) => `\`${f.name}\` ${f.node.kind === "scalar" ? f.node.text : ""}`)
    .slice(0, 4)
    .join(", ");
  into.push({
    ...beyond(
      byPart.size,
      breach(
        "unequal",
        second,
        shown,
        `one ${equal === "all" ? "value" : `${equal} version`} for all`,
      ),
    ),
    name: pointer,
    lasting: pointer,
  });
}

function partOf(text: string, equal: "all" | "major" | "minor"): string {
  const version = equal === "all" ? null : versionOf(text);
  if (version === null) return text;
  return equal === "major" ? `${version[0]}` : `${version[0]}.${version[1]}`;
}
