// SPDX-License-Identifier: Apache-2.0
import { MODES, type Mode, type Rule, SEVERITIES, type Severity } from "@interlock/core";
import { builtInPacks } from "../packs.ts";
import { PACK, TUNING } from "../schema/policy.ts";
import { didYouMean } from "../suggest.ts";
import type { Part } from "./include.ts";
import { allowFields, isRaw, oneOf, type Raw, type Reader, report, written } from "./reader.ts";
import type { PlacedRule } from "./rule.ts";
import type { Path } from "./source.ts";

/** `packs: [reliability-core]`, or a mapping that tunes single rules. */
export function packRules({ r, raw }: Part): readonly PlacedRule[] {
  const value = raw["packs"];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value))
    return value.flatMap((name, i) => {
      const path = ["packs", i];
      if (value.indexOf(name) === i) return onePack(r, written(name), {}, path);
      report(r, "DUPLICATE", path, `\`${written(name)}\` is switched on already`, "name it once");
      return [];
    });
  if (isRaw(value))
    return Object.entries(value).flatMap(([name, tuning]) =>
      onePack(r, name, tuning, ["packs", name]),
    );
  const help = "write `packs: [reliability-core]`";
  report(r, "FIELD_INVALID", ["packs"], "`packs` is no list of names", help);
  return [];
}

function onePack(r: Reader, name: string, tuning: unknown, path: Path): readonly PlacedRule[] {
  const rules = builtInPacks().get(name);
  if (rules !== undefined) return tuned(r, rules, mappingOr(r, tuning, path), path);
  const message = `no pack is called \`${name}\``;
  const help = didYouMean(name, [...builtInPacks().keys()]);
  r.problems.push(
    typeof path[1] === "number"
      ? r.source.problem("PACK_UNKNOWN", path, message, help)
      : r.source.problemAtKey("PACK_UNKNOWN", path, message, help),
  );
  return [];
}

/** What is no mapping would silently tune nothing. */
function mappingOr(r: Reader, value: unknown, path: Path): Raw {
  if (isRaw(value)) return value;
  if (value !== undefined && value !== null)
    report(r, "FIELD_INVALID", path, "expected a mapping", "write `mode:` or `rules:` below it");
  return {};
}

function tuned(r: Reader, rules: readonly Rule[], tuning: Raw, path: Path): readonly PlacedRule[] {
  allowFields(r, tuning, path, Object.keys(PACK));
  const packMode = tuning["mode"] === undefined ? undefined : modeOf(r, tuning, path);
  const single = mappingOr(r, tuning["rules"], [...path, "rules"]);
  const ids = rules.map((x) => x.id);
  for (const id of Object.keys(single))
    if (!ids.includes(id))
      r.problems.push(
        r.source.problemAtKey(
          "RULE_UNKNOWN",
          [...path, "rules", id],
          `the pack has no rule \`${id}\``,
          didYouMean(id, ids),
        ),
      );
  return rules.flatMap((rule) => {
    const mode = packMode === undefined ? {} : { mode: packMode };
    if (!Object.hasOwn(single, rule.id))
      return [{ r, rule: { ...rule, ...mode }, path, from: "pack" as const }];
    const at = [...path, "rules", rule.id];
    return tunedRule(r, { ...rule, ...mode }, mappingOr(r, single[rule.id], at), at);
  });
}

function tunedRule(r: Reader, rule: Rule, own: Raw, path: Path): readonly PlacedRule[] {
  allowFields(r, own, path, Object.keys(TUNING));
  if (typeof own["reason"] !== "string" || own["reason"].trim() === "")
    r.problems.push(
      r.source.problemAtKey(
        "FIELD_MISSING",
        path,
        `\`${rule.id}\` differs from its pack without a \`reason\``,
        "add `reason:` so that the next reader knows why",
      ),
    );
  if (own["off"] === true) return [];
  if (own["off"] !== undefined && own["off"] !== false)
    report(
      r,
      "FIELD_INVALID",
      [...path, "off"],
      "`off` is neither true nor false",
      "write `off: true`",
    );
  const severity =
    own["class"] === undefined
      ? {}
      : { severity: oneOf<Severity>(r, own, path, "class", { values: SEVERITIES, fallback: "2" }) };
  const mode = own["mode"] === undefined ? {} : { mode: modeOf(r, own, path) };
  return [{ r, rule: { ...rule, ...severity, ...mode }, path, from: "tuning" }];
}

const modeOf = (r: Reader, raw: Raw, path: Path): Mode =>
  oneOf<Mode>(r, raw, path, "mode", { values: MODES, fallback: "observe" });
