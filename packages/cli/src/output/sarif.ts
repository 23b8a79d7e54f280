// SPDX-License-Identifier: Apache-2.0
import { findingsOf, type Judgement } from "./judgement.ts";

const LEVEL = { deny: "error", hold: "warning", allow: "note" } as const;

/** SARIF 2.1.0 (OASIS): one run, a result a finding. */
export function sarif(
  judgements: readonly Judgement[],
  rules: ReadonlyMap<
    string,
    { readonly title: string; readonly help: string; readonly link: string }
  >,
) {
  const results = judgements.flatMap((j) =>
    findingsOf(j.decision).map((f) => ({
      ruleId: f.rule,
      level: LEVEL[f.outcome],
      message: { text: f.message },
      ...(f.path === ""
        ? {}
        : {
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: encodeURI(f.path), uriBaseId: "%SRCROOT%" },
                  region: { startLine: Math.max(1, f.line) },
                },
              },
            ],
          }),
      partialFingerprints: { "interlock/v1": `${f.rule}:${f.path}:${f.message}` },
    })),
  );
  const used = [...new Set(results.map((r) => r.ruleId))].sort();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "interlock",
            rules: used.map((id) => {
              const rule = rules.get(id);
              return {
                id,
                shortDescription: { text: rule?.title ?? id },
                ...(rule === undefined || rule.help === "" ? {} : { help: { text: rule.help } }),
                ...(rule === undefined || rule.link === "" ? {} : { helpUri: rule.link }),
              };
            }),
          },
        },
        results,
      },
    ],
  };
}
