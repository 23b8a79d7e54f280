// SPDX-License-Identifier: Apache-2.0
/** SARIF 2.1.0 (docs.oasis-open.org/sarif/sarif/v2.1.0): one run, a result a finding. */
import { type Facts, isUnknown, type Rule, type RuleResult } from "@interlock/core";
import { EXIT } from "../exit.ts";
import { VERSION } from "../version.ts";
import {
  gapText,
  isSilentHold,
  type Judgement,
  type Level,
  levelOf,
  locatedFindings,
  ruleBecause,
} from "./judgement.ts";

export function sarif({ decision, facts, rules }: Judgement) {
  const findings = locatedFindings(decision);
  const silent = decision.rules.filter(isSilentHold);
  const used = [...new Map([...decision.rules].reverse().map((r) => [r.rule, r])).values()]
    .filter((r) => r.findingCount > 0 || silent.some((s) => s.rule === r.rule))
    .sort((a, b) => (a.rule < b.rule ? -1 : 1));
  const index = new Map(used.map((r, i) => [r.rule, i]));
  const ruleOf = (id: string) => ({ id, index: index.get(id) ?? -1 });
  const fingerprint = fingerprints();
  const results = findings.map(({ rule, finding }) => ({
    ruleId: rule.rule,
    ruleIndex: index.get(rule.rule) ?? -1,
    level: levelOf(rule),
    message: { text: finding.message || rule.title },
    ...locations(finding.path === "" ? firstPath(facts) : finding.path, finding.line),
    partialFingerprints: { "interlockFinding/v1": fingerprint(finding.id) },
  }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "interlock",
            semanticVersion: VERSION,
            rules: used.map((r) => descriptor(r, rules)),
          },
        },
        invocations: [
          {
            executionSuccessful: true,
            exitCode: EXIT[decision.effective],
            toolExecutionNotifications: [
              ...silent.map((r) => ({
                level: levelOf(r),
                message: { text: ruleBecause(r) },
                associatedRule: ruleOf(r.rule),
              })),
              ...facts.gaps.map((gap) => unread(gap)),
            ],
          },
        ],
        originalUriBaseIds: { [ROOT]: { description: { text: "the root of the repository" } } },
        results,
        properties: { outcome: decision.outcome, effective: decision.effective },
      },
    ],
  };
}

const ROOT = "%SRCROOT%";

/** Equal findings of one file are told apart by their order, which a move of all does not change. */
function fingerprints(): (id: string) => string {
  const seen = new Map<string, number>();
  return (id) => {
    const nth = (seen.get(id) ?? 0) + 1;
    seen.set(id, nth);
    return `${id}:${nth}`;
  };
}

function descriptor(result: RuleResult, rules: readonly Rule[]) {
  const motive = rules.find((r) => r.id === result.rule)?.motive;
  const link = motive?.links.find((l) => /^https?:\/\//.test(l));
  return {
    id: result.rule,
    name: pascal(result.title),
    shortDescription: { text: result.title },
    fullDescription: { text: motive?.says ?? result.title },
    ...(result.help === "" ? {} : { help: { text: result.help } }),
    ...(link === undefined ? {} : { helpUri: encodeURI(link.toWellFormed()) }),
    defaultConfiguration: { level: defaultLevel(result) },
    properties: {
      mode: result.mode,
      ...(result.severity === undefined ? {} : { severity: result.severity }),
    },
  };
}

function defaultLevel({ severity }: RuleResult): Level {
  if (severity === "H") return "error";
  return severity === "n" ? "note" : "warning";
}

const pascal = (title: string): string =>
  title.replace(/(?:^[^\p{L}\p{N}]*|[^\p{L}\p{N}]+)(.?)/gu, (_, next: string) =>
    next.toUpperCase(),
  );

/**
 * GitHub refuses a whole file for one result without a place ("expected at least one location"), so a
 * finding about the change as a whole is shown at its first file.
 */
function firstPath({ change }: Facts): string {
  return isUnknown(change.files) ? "" : (change.files[0]?.path ?? "");
}

function locations(path: string, line: number) {
  if (path === "") return {};
  const uri = path.toWellFormed().split("/").map(encodeURIComponent).join("/");
  return {
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, uriBaseId: ROOT },
          region: { startLine: Math.max(1, line) },
        },
      },
    ],
  };
}

const unread = (gap: Facts["gaps"][number]) => ({
  level: "warning" as const,
  message: { text: gapText(gap) },
  ...locations(gap.path, 1),
});
