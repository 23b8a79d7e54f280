// SPDX-License-Identifier: Apache-2.0
/** What is odd about a policy that loads. Each of these is a warning: it may be meant. */
import { atMost, normalise, type Policy } from "@interlock/core";
import type { Part } from "./include.ts";
import { shownInstant } from "./quantity.ts";
import { report } from "./reader.ts";
import type { PlacedRule } from "./rule.ts";
import type { Ending } from "./schedule.ts";

export function lintRules(policy: Policy, rules: readonly PlacedRule[]): void {
  const otherwise = normalise(policy.otherwise);
  const covering = policy.rules.some((x) => x.covers);
  for (const { r, rule, path, from } of rules) {
    if (from === "pack" || from === "tuning") continue;
    const asks = normalise(rule.require);
    if (rule.covers && rule.motive === undefined && !atMost(otherwise, asks))
      report(
        r,
        "COVERS_LOOSELY",
        path,
        `\`${rule.id}\` lets changes through with less than \`otherwise\` asks`,
        "say why under `motive:`, or ask for as much",
      );
    const weak = asks.length > 0 && atMost(asks, otherwise);
    if (!rule.covers && !covering && rule.severity === undefined && weak)
      report(
        r,
        "REQUIREMENT_WEAK",
        path,
        `\`${rule.id}\` asks for nothing that \`otherwise\` does not ask for anyway`,
        "ask for more, or take it out",
      );
  }
}

/** `observe` is where a rule starts, not where it stays. */
export function lintModes(policy: Policy, root: Part, rules: readonly PlacedRule[]): void {
  const help = "set `warn` or `enforce` once a backtest shows that it does not cry wolf";
  const enforced = policy.overrides.some((o) => o.mode === "enforce");
  if (policy.mode === "observe" && !enforced && rules.every((x) => x.rule.mode !== "enforce")) {
    const path = root.raw["mode"] === undefined ? [] : ["mode"];
    report(root.r, "MODE_OBSERVED", path, "the policy blocks nothing: it observes", help);
    return;
  }
  for (const { r, rule, path, from } of rules) {
    const own = from === "policy" || from === "tuning";
    if (!own || rule.mode !== "observe" || policy.mode === "observe") continue;
    if (policy.overrides.some((o) => o.rule === rule.id)) continue;
    report(r, "MODE_OBSERVED", path, `\`${rule.id}\` observes without an end`, help);
  }
}

export function lintOwners(policy: Policy, root: Part): void {
  if (policy.missingOwner === "anyone")
    report(
      root.r,
      "OWNER_ANYONE",
      ["missingOwner"],
      "a file that nobody owns may be approved by anyone",
      "name owners for every path, and leave this out",
    );
}

export function lintEnds(ends: readonly Ending[], now: number): void {
  for (const { r, path, what, until } of ends)
    if (until !== undefined && until <= now)
      report(r, "ADDENDUM_OVER", path, `${what} ended at ${shownInstant(until)}`, "take it out");
}
