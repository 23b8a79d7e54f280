// SPDX-License-Identifier: Apache-2.0
import {
  byPlace,
  type Path,
  type Problem,
  reader,
  readSource,
  report,
  type Source,
} from "@interlock/policy";
import { actOf, stepOf } from "./acts.ts";
import {
  type Act,
  type ChangeDocument,
  KINDS,
  LIMITS,
  type Rollback,
  type Scope,
  type Signal,
  type Step,
  type Who,
} from "./document.ts";
import {
  type At,
  choiceAt,
  dayAt,
  durationAt,
  itemsAt,
  mappingAt,
  mappingOf,
  shareAt,
  textAt,
  textsAt,
  wholeAt,
} from "./fields.ts";
import { canonicalText, documentDigest, splitFrontMatter } from "./front-matter.ts";
import { REMEDY_FIELDS, remedyAt } from "./remedy.ts";

export const TOP_FIELDS = [
  "version",
  "kind",
  "title",
  "why",
  "scope",
  "preChecks",
  "steps",
  "signals",
  "rollback",
  "who",
] as const;
export const SCOPE_FIELDS = ["systems", "environments", "cells", "outside", "blast"] as const;
export const BLAST_FIELDS = ["systems", "cells", "trafficShare", "ordersPerMinute"] as const;
export const SIGNAL_FIELDS = ["name", "where", "normal", "abort"] as const;
export const ROLLBACK_FIELDS = ["how", "takes", "rehearsed"] as const;
export const REHEARSED_FIELDS = ["at", "where", "by"] as const;
export const WHO_FIELDS = ["operator", "second", "informed"] as const;

/** Line and column, both 1-based, columns in UTF-16 units. */
export type Spot = { readonly line: number; readonly column: number };

/** A document with the way back from what it says to where it says it. */
export type Sited = {
  readonly file: string;
  /** As its digest covers it. */
  readonly text: string;
  readonly document: ChangeDocument;
  /** The place of a value of the front matter, at an offset inside the text of a scalar. */
  readonly spot: (path: Path, offset?: number) => Spot;
  /** 1-based line on which the prose begins. */
  readonly bodyLine: number;
};

export type ReadDocument =
  | { readonly ok: true; readonly sited: Sited }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Embeddings, overrides and isolates make a line read otherwise than it is (CVE-2021-42574). */
const BIDIRECTIONAL = /[\u202a-\u202e\u2066-\u2069]/;

/** Reads a change document. What it lacks is for the lint to say; what nobody can read is a problem here. */
export function readDocument(file: string, text: string): ReadDocument {
  const whole = wholeProblem(file, text);
  if (whole !== null) return { ok: false, problems: [whole] };
  const split = splitFrontMatter(text);
  if (split === null) return { ok: false, problems: [noFrontMatter(file)] };
  const source = readSource(file, split.yaml, "a document");
  const r = reader(source);
  if (r.problems.length > 0) return { ok: false, problems: [...r.problems].sort(byPlace) };
  const known = [...TOP_FIELDS, ...REMEDY_FIELDS];
  const top = mappingOf(r, source.value ?? {}, [], known);
  const fields = top === null ? null : fieldsOf(top);
  if (r.problems.length > 0 || fields === null)
    return { ok: false, problems: [...r.problems].sort(byPlace) };
  const document = { ...fields, body: split.body, digest: documentDigest(text) };
  const sited = { file, text: canonicalText(text), document, spot: spotIn(source) };
  return { ok: true, sited: { ...sited, bodyLine: split.bodyLine } };
}

function wholeProblem(file: string, text: string): Problem | null {
  const at = (index: number) => {
    const before = text.slice(0, index).split("\n");
    return { line: before.length, column: (before[before.length - 1] ?? "").length + 1 };
  };
  if (text.length > LIMITS.bytes)
    return {
      code: "TOO_LARGE",
      file,
      ...at(0),
      message: `larger than ${LIMITS.bytes} characters`,
      help: "a document that nobody reads to the end protects nobody; split it",
    };
  if (!text.isWellFormed())
    return {
      code: "YAML_SYNTAX",
      file,
      ...at(0),
      message: "it is no well-formed Unicode",
      help: "save it as UTF-8",
    };
  const hidden = BIDIRECTIONAL.exec(text);
  return hidden === null
    ? null
    : {
        code: "YAML_FEATURE",
        file,
        ...at(hidden.index),
        message: "a character that reverses the reading direction has no place in a document",
        help: "delete it; it hides what the line says",
      };
}

const noFrontMatter = (file: string): Problem => ({
  code: "YAML_SYNTAX",
  file,
  line: 1,
  column: 1,
  message: "no front matter: the first line is not `---`, or no second one closes it",
  help: "begin from `interlock document new KIND`",
});

const spotIn =
  (source: Source): Sited["spot"] =>
  (path, offset = 0) => {
    const { line, column } = source.problemIn("FIELD_INVALID", path, offset, "", "");
    return { line, column };
  };

const present = <T>(item: T | null): readonly T[] => (item === null ? [] : [item]);

type Fields = Omit<ChangeDocument, "body" | "digest">;

function fieldsOf(top: At): Fields | null {
  const { r } = top;
  if (top.raw["version"] !== 1)
    report(r, "FIELD_INVALID", ["version"], "`version` is not 1", "write `version: 1`");
  const kind = choiceAt(top, "kind", KINDS);
  if (kind === null) return null;
  return {
    kind,
    title: textAt(top, "title", 200),
    why: textAt(top, "why"),
    scope: scopeAt(top),
    preChecks: itemsAt(top, "preChecks", LIMITS.list).flatMap(({ value, path }): readonly Act[] =>
      present(actOf(r, value, path)),
    ),
    steps: stepsAt(top),
    signals: signalsAt(top),
    rollback: rollbackAt(top),
    who: whoAt(top),
    remedy: remedyAt(top, kind),
  };
}

function stepsAt(top: At): readonly Step[] {
  const { r } = top;
  const steps = itemsAt(top, "steps", LIMITS.steps).flatMap(({ value, path }): readonly Step[] =>
    present(stepOf(r, value, path)),
  );
  const seen = new Set<string>();
  for (const [i, { id }] of steps.entries()) {
    if (seen.has(id))
      report(
        r,
        "DUPLICATE",
        ["steps", i],
        `two steps are called \`${id}\``,
        "give each its own id",
      );
    seen.add(id);
  }
  return steps;
}

function scopeAt(top: At): Scope | null {
  const at = mappingAt(top, "scope", SCOPE_FIELDS);
  if (at === null) return null;
  const blast = mappingAt(at, "blast", BLAST_FIELDS);
  const names = { max: LIMITS.list, each: 200 };
  return {
    systems: textsAt(at, "systems", names),
    environments: textsAt(at, "environments", names),
    cells: textsAt(at, "cells", { max: 1_000, each: 200 }),
    outside: textAt(at, "outside"),
    blast: {
      systems: blast === null ? null : wholeAt(blast, "systems"),
      cells: blast === null ? null : wholeAt(blast, "cells"),
      trafficPpm: blast === null ? null : shareAt(blast, "trafficShare"),
      ordersPerMinute: blast === null ? null : wholeAt(blast, "ordersPerMinute"),
    },
  };
}

function signalsAt(top: At): readonly Signal[] {
  return itemsAt(top, "signals", LIMITS.list).flatMap(({ value, path }) => {
    const at = mappingOf(top.r, value, path, SIGNAL_FIELDS);
    if (at === null) return [];
    const [name, where, normal, abort] = SIGNAL_FIELDS.map((field) => textAt(at, field));
    return [{ name: name ?? "", where: where ?? "", normal: normal ?? "", abort: abort ?? "" }];
  });
}

function rollbackAt(top: At): Rollback | null {
  const at = mappingAt(top, "rollback", ROLLBACK_FIELDS);
  if (at === null) return null;
  const rehearsed = mappingAt(at, "rehearsed", REHEARSED_FIELDS);
  const day = rehearsed === null ? null : dayAt(rehearsed, "at");
  return {
    how: textAt(at, "how"),
    takesMs: durationAt(at, "takes", 30 * 86_400_000),
    rehearsed:
      rehearsed === null || day === null
        ? null
        : { at: day, where: textAt(rehearsed, "where"), by: textAt(rehearsed, "by") },
  };
}

function whoAt(top: At): Who | null {
  const at = mappingAt(top, "who", WHO_FIELDS);
  if (at === null) return null;
  return {
    operator: textAt(at, "operator", 200),
    second: textAt(at, "second", 200),
    informed: textsAt(at, "informed", { max: LIMITS.list, each: 200 }),
  };
}
