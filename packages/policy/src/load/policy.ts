// SPDX-License-Identifier: Apache-2.0
import {
  type Calendar,
  DEFAULT_OTHERWISE,
  MODES,
  type Mode,
  type Override,
  type Policy,
  type PolicyFreeze,
  type Rule,
  SEVERITIES,
  type Severity,
} from "@interlock/core";
import { builtInPacks } from "../packs.ts";
import { byPlace, type Problem } from "../problem.ts";
import { didYouMean } from "../suggest.ts";
import { readCalendars } from "./calendar.ts";
import { instantMs } from "./quantity.ts";
import {
  allowFields,
  countField,
  isRaw,
  oneOf,
  type Raw,
  type Reader,
  reader,
  report,
  textField,
  textsField,
} from "./reader.ts";
import { readRequirements } from "./requirement.ts";
import { readRule } from "./rule.ts";
import { type Path, readSource } from "./source.ts";

export type Loaded =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const FIELDS = [
  "policy",
  "version",
  "mode",
  "otherwise",
  "missingOwner",
  "packs",
  "rules",
  "overrides",
  "calendars",
  "freezes",
  "addenda",
] as const;

/**
 * Loads a policy file. Every problem is reported at once, with its place and what to do; a policy with
 * a problem is not loaded in part. by (fail-closed)
 */
export function loadPolicy(file: string, text: string): Loaded {
  const r = reader(readSource(file, text));
  const raw = r.source.value;
  if (r.problems.length > 0) return { ok: false, problems: r.problems };
  if (!isRaw(raw)) {
    report(
      r,
      "POLICY_EMPTY",
      [],
      "the policy is empty",
      "start with `policy: NAME` or run `interlock init`",
    );
    return { ok: false, problems: r.problems };
  }
  allowFields(r, raw, [], FIELDS);
  const policy = readPolicy(r, raw);
  if (r.problems.length > 0)
    return {
      ok: false,
      problems: [...r.problems].sort(byPlace),
    };
  return { ok: true, policy };
}

function readPolicy(r: Reader, raw: Raw): Policy {
  const rules = [
    ...ownRules(r, raw["rules"], ["rules"], "policy"),
    ...packRules(r, raw),
    ...addendaRules(r, raw),
  ];
  refuseDuplicates(r, rules);
  const calendars = readCalendars(r, raw["calendars"], ["calendars"]);
  refuseUnknownCalendars(r, rules, calendars);
  const otherwise =
    raw["otherwise"] === undefined
      ? DEFAULT_OTHERWISE
      : readRequirements(
          r,
          otherwiseList(raw["otherwise"]),
          isRaw(raw["otherwise"]) && "require" in raw["otherwise"]
            ? ["otherwise", "require"]
            : ["otherwise"],
        );
  if (otherwise.length === 0)
    report(
      r,
      "POLICY_EMPTY",
      ["otherwise"],
      "`otherwise` asks for nothing, so what no rule covers would pass",
      "leave it out for one approval by an owner",
    );
  return {
    id: textField(r, raw, [], "policy"),
    version: countField(r, raw, [], "version", 1, 1),
    mode: oneOf<Mode>(r, raw, [], "mode", { values: MODES, fallback: "observe" }),
    rules: rules.map((x) => x.rule),
    otherwise,
    overrides: overridesOf(
      r,
      raw["overrides"],
      rules.map((x) => x.rule.id),
    ),
    freezes: freezesOf(r, raw["freezes"]),
    calendars,
    missingOwner: oneOf<"hold" | "anyone">(r, raw, [], "missingOwner", {
      values: ["hold", "anyone"],
      fallback: "hold",
    }),
  };
}

const otherwiseList = (value: unknown): unknown =>
  isRaw(value) && "require" in value ? value["require"] : value;

type Placed = { readonly rule: Rule; readonly path: Path };

function ownRules(r: Reader, value: unknown, path: Path, origin: string): readonly Placed[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    report(r, "FIELD_INVALID", path, "`rules` is no list", "start each rule with `- id:`");
    return [];
  }
  return value.flatMap((raw, i) => {
    const rule = readRule(r, raw, [...path, i], origin);
    if (rule === null) return [];
    if (rule.severity === undefined && rule.require.length === 0 && !rule.covers)
      report(
        r,
        "FIELD_MISSING",
        [...path, i],
        `\`${rule.id}\` asks for nothing`,
        "give it `require`, or a `class`",
      );
    return [{ rule, path: [...path, i, "id"] }];
  });
}

/** `packs: [reliability-core]`, or a mapping that tunes single rules. */
function packRules(r: Reader, raw: Raw): readonly Placed[] {
  const value = raw["packs"];
  if (value === undefined || value === null) return [];
  const named = Array.isArray(value)
    ? Object.fromEntries(value.map((n) => [String(n), {}]))
    : value;
  if (!isRaw(named)) {
    report(
      r,
      "FIELD_INVALID",
      ["packs"],
      "`packs` is no list of names",
      "write `packs: [reliability-core]`",
    );
    return [];
  }
  return Object.entries(named).flatMap(([name, tuning]) => {
    const rules = builtInPacks().get(name);
    if (rules === undefined) {
      report(
        r,
        "PACK_UNKNOWN",
        Array.isArray(value) ? ["packs", value.indexOf(name)] : ["packs", name],
        `no pack is called \`${name}\``,
        didYouMean(name, [...builtInPacks().keys()]),
      );
      return [];
    }
    return tuned(r, rules, isRaw(tuning) ? tuning : {}, ["packs", name]);
  });
}

function tuned(r: Reader, rules: readonly Rule[], tuning: Raw, path: Path): readonly Placed[] {
  allowFields(r, tuning, path, ["mode", "rules"]);
  const packMode =
    tuning["mode"] === undefined
      ? null
      : oneOf<Mode>(r, tuning, path, "mode", { values: MODES, fallback: "observe" });
  const single = isRaw(tuning["rules"]) ? tuning["rules"] : {};
  for (const id of Object.keys(single))
    if (!rules.some((x) => x.id === id))
      r.problems.push(
        r.source.problemAtKey(
          "RULE_UNKNOWN",
          [...path, "rules", id],
          `the pack has no rule \`${id}\``,
          didYouMean(
            id,
            rules.map((x) => x.id),
          ),
        ),
      );
  return rules.flatMap((rule) => {
    const own = isRaw(single[rule.id]) ? (single[rule.id] as Raw) : {};
    const at = [...path, "rules", rule.id];
    allowFields(r, own, at, ["mode", "class", "off", "reason"]);
    const loosens = own["off"] !== undefined || own["class"] !== undefined;
    if (loosens && typeof own["reason"] !== "string" && typeof own["off"] !== "string")
      report(
        r,
        "FIELD_MISSING",
        at,
        `switching \`${rule.id}\` off or to another class needs a \`reason\``,
        "add `reason:` so that the next reader knows why",
      );
    if (own["off"] !== undefined && own["off"] !== false) return [];
    const severity =
      own["class"] === undefined
        ? rule.severity
        : oneOf<Severity>(r, own, at, "class", { values: SEVERITIES, fallback: "2" });
    const mode =
      own["mode"] === undefined
        ? packMode
        : oneOf<Mode>(r, own, at, "mode", { values: MODES, fallback: "observe" });
    return [
      {
        rule: {
          ...rule,
          ...(severity === undefined ? {} : { severity }),
          ...(mode === null ? {} : { mode }),
        },
        path: at,
      },
    ];
  });
}

/** An addendum's rules carry its start and end, so that it stops by itself. */
function addendaRules(r: Reader, raw: Raw): readonly Placed[] {
  const value = raw["addenda"];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    report(r, "FIELD_INVALID", ["addenda"], "`addenda` is no list", "start each with `- id:`");
    return [];
  }
  return value.flatMap((addendum, i) => {
    const path = ["addenda", i];
    if (!isRaw(addendum)) {
      report(r, "FIELD_INVALID", path, "an addendum is a mapping", "start it with `- id:`");
      return [];
    }
    allowFields(r, addendum, path, ["id", "title", "from", "until", "rules"]);
    const id = textField(r, addendum, path, "id");
    const from = instantField(r, addendum, path, "from", false);
    const until = instantField(r, addendum, path, "until", true);
    if (until === null && addendum["until"] === undefined)
      report(
        r,
        "FIELD_MISSING",
        path,
        `the addendum \`${id}\` has no end`,
        "add `until:`; rules without an end belong under `rules`",
      );
    return ownRules(r, addendum["rules"], [...path, "rules"], `addendum ${id}`).map((p) => ({
      ...p,
      rule: { ...p.rule, ...(from === null ? {} : { from }), ...(until === null ? {} : { until }) },
    }));
  });
}

function instantField(
  r: Reader,
  raw: Raw,
  path: Path,
  field: string,
  later: boolean,
): number | null {
  const value = raw[field];
  if (value === undefined) return null;
  const at = instantMs(value instanceof Date ? value.toISOString() : value, later);
  if (at === null)
    report(
      r,
      "FIELD_INVALID",
      [...path, field],
      `\`${String(value)}\` is no time`,
      "write `2026-12-24T18:00:00Z` or `2026-12-24 18:00 Europe/Berlin`",
    );
  return at;
}

function refuseDuplicates(r: Reader, rules: readonly Placed[]): void {
  const seen = new Set<string>();
  for (const { rule, path } of rules) {
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
  r: Reader,
  rules: readonly Placed[],
  calendars: readonly Calendar[],
): void {
  const names = calendars.map((c) => c.name);
  for (const { rule, path } of rules)
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

function overridesOf(r: Reader, value: unknown, ids: readonly string[]): readonly Override[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    report(
      r,
      "FIELD_INVALID",
      ["overrides"],
      "`overrides` is no list",
      "write `- {rule: R43, system: checkout, mode: enforce}`",
    );
    return [];
  }
  return value.flatMap((raw, i) => {
    if (!isRaw(raw)) return [];
    const path = ["overrides", i];
    allowFields(r, raw, path, ["rule", "system", "mode"]);
    const rule = textField(r, raw, path, "rule");
    if (!ids.includes(rule))
      report(
        r,
        "RULE_UNKNOWN",
        [...path, "rule"],
        `no rule is called \`${rule}\``,
        didYouMean(rule, ids),
      );
    return [
      {
        rule,
        system: textField(r, raw, path, "system", ""),
        mode: oneOf<Mode>(r, raw, path, "mode", { values: MODES, fallback: "observe" }),
      },
    ];
  });
}

function freezesOf(r: Reader, value: unknown): readonly PolicyFreeze[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    report(r, "FIELD_INVALID", ["freezes"], "`freezes` is no list", "start each with `- name:`");
    return [];
  }
  return value.flatMap((raw, i) => {
    if (!isRaw(raw)) return [];
    const path = ["freezes", i];
    allowFields(r, raw, path, ["name", "from", "until", "systems"]);
    const from = instantField(r, raw, path, "from", false);
    if (from === null) report(r, "FIELD_MISSING", path, "a freeze needs a start", "add `from:`");
    const until = instantField(r, raw, path, "until", true);
    return [
      {
        name: textField(r, raw, path, "name"),
        from: from ?? 0,
        ...(until === null ? {} : { until }),
        systems: textsField(r, raw, path, "systems"),
      },
    ];
  });
}
