// SPDX-License-Identifier: Apache-2.0
import { type Analyses, type Analysis, analysisOf, type Rule } from "@interlock/core";
import { reader, report } from "./load/reader.ts";
import { readRule } from "./load/rule.ts";
import { readSource } from "./load/source.ts";
import { PACK_ANALYSES_JSON, PACKS_JSON } from "./packs.generated.ts";
import { isError, type Problem } from "./problem.ts";

let loaded: ReadonlyMap<string, readonly Rule[]> | null = null;

/** The packs that ship with Interlock, checked when they were built. */
export function builtInPacks(): ReadonlyMap<string, readonly Rule[]> {
  // The generated text is written by `compilePack` below and compared with the sources by a test.
  loaded ??= new Map(Object.entries(JSON.parse(PACKS_JSON) as Record<string, readonly Rule[]>));
  return loaded;
}

let analysed: Analyses | null = null;

/** What the index of rules needs of their expressions, so that a start parses only those it asks. */
export function packAnalyses(): Analyses {
  analysed ??= new Map(
    (JSON.parse(PACK_ANALYSES_JSON) as readonly Written[]).map(([source, reads, needs, key]) => [
      source,
      { reads, needs, key: key === null ? null : { field: key[0], values: new Set(key[1]) } },
    ]), // written by `writtenAnalyses` below and compared with the expressions by a test
  );
  return analysed;
}

type Written = readonly [
  source: string,
  reads: Analysis["reads"],
  needs: Analysis["needs"],
  key: readonly [field: string, values: readonly string[]] | null,
];

/** Every expression of these rules once, as plain data. */
export function writtenAnalyses(rules: readonly Rule[]): readonly Written[] {
  const sources = rules.flatMap(({ when, where }) => [when, where]).filter((s) => s !== undefined);
  return [...new Set(sources)].map((source) => {
    const { reads, needs, key } = analysisOf(source);
    return [source, reads, needs, key === null ? null : [key.field, [...key.values]]];
  });
}

export type PackFile = { readonly file: string; readonly text: string };

/** Reads the YAML files of one pack: each a list of rules. All problems at once. */
export function compilePack(
  name: string,
  files: readonly PackFile[],
): { readonly rules: readonly Rule[]; readonly problems: readonly Problem[] } {
  const rules = new Map<string, Rule>();
  const problems: Problem[] = [];
  for (const { file, text } of files) {
    const r = reader(readSource(file, text));
    const list = r.source.value ?? [];
    if (!Array.isArray(list))
      report(
        r,
        "FIELD_INVALID",
        [],
        "a pack file is a list of rules",
        "start each rule with `- id:`",
      );
    else
      for (const [i, raw] of list.entries()) {
        const rule = readRule(r, raw, [i], name);
        if (rule === null) continue;
        if (rules.has(rule.id))
          report(
            r,
            "RULE_DUPLICATE",
            [i, "id"],
            `\`${rule.id}\` is defined twice in the pack`,
            "give it another id",
          );
        if (rule.severity === undefined && rule.require.length === 0)
          report(
            r,
            "FIELD_MISSING",
            [i],
            `\`${rule.id}\` asks for nothing`,
            "give it a `class` or `require`",
          );
        rules.set(rule.id, rule);
      }
    problems.push(...r.problems.filter(isError));
  }
  return { rules: [...rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1)), problems };
}
