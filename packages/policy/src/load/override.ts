// SPDX-License-Identifier: Apache-2.0
import { MODES, type Mode, type Override } from "@interlock/core";
import { OVERRIDE } from "../schema/policy.ts";
import { didYouMean } from "../suggest.ts";
import type { Part } from "./include.ts";
import { allowFields, oneOf, report, textField } from "./reader.ts";
import type { PlacedRule } from "./rule.ts";
import { type Ending, instantField, mappings } from "./schedule.ts";

/** What the overrides of all files of a policy have seen so far. */
export type Overridden = { readonly pairs: Set<string>; readonly ends: Ending[] };

/** Modes of single rules and systems; each pair may be set once. */
export function overridesOf(
  { r, raw }: Part,
  rules: readonly PlacedRule[],
  { pairs, ends }: Overridden,
): readonly Override[] {
  const byId = new Map(rules.map((x) => [x.rule.id, x]));
  return mappings(r, raw["overrides"], ["overrides"]).map(([written, path]) => {
    allowFields(r, written, path, Object.keys(OVERRIDE));
    const rule = textField(r, written, path, "rule");
    const system = textField(r, written, path, "system", "");
    const placed = byId.get(rule);
    if (placed === undefined)
      report(
        r,
        "RULE_UNKNOWN",
        [...path, "rule"],
        `no rule is called \`${rule}\``,
        didYouMean(rule, [...byId.keys()]),
      );
    const ofPack = placed?.from === "pack" || placed?.from === "tuning";
    if (ofPack && textField(r, written, path, "reason", "") === "")
      report(
        r,
        "FIELD_MISSING",
        path,
        `\`${rule}\` differs from its pack without a \`reason\``,
        "add `reason:` so that the next reader knows why",
      );
    if (written["mode"] === undefined)
      report(r, "FIELD_MISSING", path, "`mode` is missing", "add `mode:`");
    if (pairs.has(`${rule}\n${system}`))
      report(r, "DUPLICATE", path, `\`${rule}\` is overridden here already`, "keep one of them");
    pairs.add(`${rule}\n${system}`);
    const mode = oneOf<Mode>(r, written, path, "mode", { values: MODES, fallback: "enforce" });
    const until = instantField(r, written, path, "until");
    if (until === null) return { rule, system, mode };
    const where = system === "" ? "" : ` for \`${system}\``;
    ends.push({ r, path, what: `the override of \`${rule}\`${where}`, until });
    return { rule, system, mode, until };
  });
}
