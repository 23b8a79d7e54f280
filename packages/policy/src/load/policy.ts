// SPDX-License-Identifier: Apache-2.0
import {
  type Calendar,
  DEFAULT_OTHERWISE,
  MODES,
  type Mode,
  type Policy,
  type Requirement,
} from "@interlock/core";
import { byPlace, isError, type Problem } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import { readCalendars } from "./calendar.ts";
import { addendaHolding, ifDownOf } from "./if-down.ts";
import { type Part, partsOf, type ReadInclude } from "./include.ts";
import { lintEnds, lintModes, lintOwners, lintRules } from "./lint.ts";
import { overridesOf } from "./override.ts";
import { packRules } from "./pack.ts";
import { countField, isRaw, oneOf, report, textField } from "./reader.ts";
import { readRequirements } from "./requirement.ts";
import { type PlacedRule, rulesOf } from "./rule.ts";
import { addendaRules, type Ending, freezesOf } from "./schedule.ts";

export type Loaded =
  | {
      readonly ok: true;
      readonly policy: Policy;
      /** What is odd about it, by file and place. */
      readonly warnings: readonly Problem[];
      /** Where each rule stands that no pack brings. */
      readonly places: ReadonlyMap<string, Place>;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Lines and columns are 1-based. */
export type Place = Pick<Problem, "file" | "line" | "column">;

export type LoadOptions = {
  /** Reads included files; without it the policy may include none. */
  readonly read?: ReadInclude;
  /** Milliseconds since 1970 UTC: warns of what has ended by then. */
  readonly now?: number;
};

const NO_INCLUDES: ReadInclude = () => ({
  kind: "unreadable",
  because: "no files can be read from here",
});

/**
 * Loads a policy file and what it includes. Every problem is reported at once, with its place and what
 * to do; a policy with a problem is not loaded in part. by (fail-closed)
 */
export function loadPolicy(file: string, text: string, options: LoadOptions = {}): Loaded {
  const problems: Problem[] = [];
  const parts = partsOf(file, text, options.read ?? NO_INCLUDES, problems);
  const places = new Map<string, Place>();
  const policy = parts === null ? null : readPolicy(parts, options.now, places);
  const errors = problems.filter(isError).sort(byPlace);
  if (policy === null || errors.length > 0) return { ok: false, problems: errors };
  const warnings = problems.filter((p) => !isError(p)).sort(byPlace);
  return { ok: true, policy, warnings, places };
}

function readPolicy(
  parts: readonly Part[],
  now: number | undefined,
  places: Map<string, Place>,
): Policy | null {
  const [root] = parts;
  if (root === undefined) return null;
  const { r, raw } = root;
  const ends: Ending[] = [];
  const rules = [
    ...parts.flatMap((p) => rulesOf(p.r, p.raw["rules"], ["rules"], "policy")),
    ...packRules(root),
    ...parts.flatMap((p) => addendaRules(p, ends)),
  ];
  refuseDuplicates(rules);
  for (const { r, rule, path, from } of rules)
    if (from === "policy" || from === "addendum")
      places.set(rule.id, r.source.problem("RULE_UNTESTED", path, "", ""));
  const named = new Set<string>();
  const calendars = parts.flatMap((p) => readCalendars(p, named));
  refuseUnknownCalendars(rules, calendars);
  const overridden = { pairs: new Set<string>(), ends };
  const ifDown = parts.flatMap((p) => [
    ...ifDownOf(p.r, p.raw, { path: [], addendum: false }),
    ...addendaHolding(p),
  ]);
  const policy: Policy = {
    id: textField(r, raw, [], "policy"),
    version: countField(r, raw, [], "version", 1, 1),
    mode: oneOf<Mode>(r, raw, [], "mode", { values: MODES, fallback: "observe" }),
    rules: rules.map((x) => x.rule),
    otherwise: otherwiseOf(root),
    overrides: parts.flatMap((p) => overridesOf(p, rules, overridden)),
    freezes: parts.flatMap((p) => freezesOf(p, ends)),
    calendars,
    missingOwner: oneOf<"hold" | "anyone">(r, raw, [], "missingOwner", {
      values: ["hold", "anyone"],
      fallback: "hold",
    }),
    ...(ifDown.length === 0 ? {} : { ifDown }),
  };
  lintRules(policy, rules);
  lintModes(policy, root, rules);
  lintOwners(policy, root);
  if (now !== undefined) lintEnds(ends, now);
  return policy;
}

function otherwiseOf({ r, raw }: Part): readonly Requirement[] {
  const value = raw["otherwise"];
  if (value === undefined) return DEFAULT_OTHERWISE;
  const nested = isRaw(value) && "require" in value;
  const path = nested ? ["otherwise", "require"] : ["otherwise"];
  const otherwise = readRequirements(r, nested ? value["require"] : value, path);
  if (otherwise.length === 0)
    report(
      r,
      "POLICY_EMPTY",
      ["otherwise"],
      "`otherwise` asks for nothing, so what no rule covers would pass",
      "leave it out for one approval by an owner",
    );
  return otherwise;
}

function refuseDuplicates(rules: readonly PlacedRule[]): void {
  const seen = new Set<string>();
  for (const { r, rule, path } of rules) {
    if (rule.id !== "" && seen.has(rule.id))
      report(
        r,
        "RULE_DUPLICATE",
        path,
        `a rule \`${rule.id}\` exists already`,
        "give it another id",
      );
    seen.add(rule.id);
  }
}

function refuseUnknownCalendars(
  rules: readonly PlacedRule[],
  calendars: readonly Calendar[],
): void {
  const names = calendars.map((c) => c.name);
  for (const { r, rule, path } of rules)
    for (const requirement of rule.require)
      if (requirement.kind === "window")
        for (const name of requirement.calendars)
          if (!names.includes(name))
            report(
              r,
              "CALENDAR_UNKNOWN",
              path,
              `\`${rule.id}\` names the calendar \`${name}\`, which is not declared`,
              didYouMean(name, names),
            );
}
