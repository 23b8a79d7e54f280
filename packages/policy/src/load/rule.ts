// SPDX-License-Identifier: Apache-2.0
import {
  MODES,
  type Mode,
  type Rule,
  type Schema,
  SEVERITIES,
  type Severity,
  VISIBLE,
} from "@interlock/core";
import { checkExpression } from "../checker/check.ts";
import type { Scope } from "../checker/walk.ts";
import { MOTIVE, RULE } from "../schema/policy.ts";
import { didYouMean } from "../suggest.ts";
import {
  allowFields,
  isRaw,
  oneOf,
  type Raw,
  type Reader,
  report,
  textField,
  textsField,
  written,
  yesField,
} from "./reader.ts";
import { readRequirements } from "./requirement.ts";
import type { Path } from "./source.ts";

const ID = /^[A-Za-z][A-Za-z0-9._-]{0,79}$/;

/** A rule, where it is written, and how it came into the policy. */
export type PlacedRule = {
  readonly r: Reader;
  readonly rule: Rule;
  readonly path: Path;
  readonly from: "policy" | "addendum" | "pack" | "tuning";
};

const RULES_MAX = 5_000;

/** Reads a list of rules, each of which must ask for something. */
export function rulesOf(
  r: Reader,
  value: unknown,
  path: Path,
  origin: string,
): readonly PlacedRule[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    report(r, "FIELD_INVALID", path, "`rules` is no list", "start each rule with `- id:`");
    return [];
  }
  if (value.length > RULES_MAX)
    report(r, "TOO_MANY", path, `more than ${RULES_MAX} rules`, "split the policy");
  return value.slice(0, RULES_MAX).flatMap((raw: unknown, i) => {
    const rule = readRule(r, raw, [...path, i], origin);
    if (rule === null) return [];
    if (asksForNothing(rule, raw))
      report(
        r,
        "FIELD_MISSING",
        [...path, i],
        `\`${rule.id}\` asks for nothing`,
        "give it `require`, or a `class`",
      );
    return [{ r, rule, path: [...path, i, "id"], from: "policy" as const }];
  });
}

/** A requirement that could not be read has been reported and is not one that is missing. */
function asksForNothing(rule: Rule, raw: unknown): boolean {
  const written = isRaw(raw) ? raw["require"] : undefined;
  const none =
    written === undefined || written === null || (Array.isArray(written) && written.length === 0);
  return (
    none &&
    rule.severity === undefined &&
    !rule.covers &&
    (!isRaw(raw) || raw["class"] === undefined)
  );
}

/** What every expression may read. */
export const VISIBLE_SCOPE: Scope = VISIBLE.fields;

/** Reads one rule and type-checks its expressions; `null` when it has no usable id. */
export function readRule(r: Reader, raw: unknown, path: Path, origin: string): Rule | null {
  if (!isRaw(raw)) {
    report(r, "FIELD_INVALID", path, "a rule is a mapping", "start it with `- id: NAME`");
    return null;
  }
  allowFields(r, raw, path, Object.keys(RULE));
  const id = textField(r, raw, path, "id");
  if (id !== "" && !ID.test(id))
    report(
      r,
      "FIELD_INVALID",
      [...path, "id"],
      `\`${id}\` is no rule id`,
      "use letters, digits, `.`, `_` and `-`",
    );
  const item = eachItem(r, raw, path);
  checkCondition(r, raw, path, "when", VISIBLE_SCOPE, 1);
  if (raw["where"] !== undefined && item === null && raw["each"] === undefined)
    report(
      r,
      "FIELD_INVALID",
      [...path, "where"],
      "`where` needs an `each` to look through",
      "use `when` for a condition on the whole change",
    );
  if (item !== null)
    checkCondition(r, raw, path, "where", { ...VISIBLE_SCOPE, it: item.of }, item.max);
  const says = textField(r, raw, path, "says", "");
  checkTemplate(r, says, item?.of ?? null, [...path, "says"]);
  const severity = raw["class"];
  if (severity !== undefined && !SEVERITIES.includes(String(severity) as Severity))
    report(
      r,
      "FIELD_INVALID",
      [...path, "class"],
      `\`${written(severity)}\` is no class`,
      "write H, 2, 1 or n",
    );
  const require = readRequirements(r, raw["require"], [...path, "require"]);
  return {
    id,
    title: textField(r, raw, path, "title", id),
    ...optionalText(raw, "when"),
    ...optionalText(raw, "each"),
    ...optionalText(raw, "where"),
    says,
    help: textField(r, raw, path, "help", ""),
    require,
    ...(severity === undefined ? {} : { severity: String(severity) as Severity }), // reported above if it is none
    covers: yesField(r, raw, path, "covers"),
    ...(raw["mode"] === undefined
      ? {}
      : { mode: oneOf<Mode>(r, raw, path, "mode", { values: MODES, fallback: "observe" }) }),
    ...motiveOf(r, raw, path),
    origin,
  };
}

function optionalText<K extends "when" | "each" | "where">(
  raw: Raw,
  field: K,
): { readonly [P in K]?: string } {
  const value = raw[field];
  return (typeof value === "string" ? { [field]: value.trim() } : {}) as {
    readonly [P in K]?: string;
  }; // one computed key
}

type ListSchema = Extract<Schema, { kind: "list" }>;

/** The list that `each` names, by its path through the facts. */
function eachItem(r: Reader, raw: Raw, path: Path): ListSchema | null {
  const each = raw["each"];
  if (each === undefined) return null;
  if (typeof each !== "string") {
    const help = "name a list such as `config`, `kubernetes` or `change.files`";
    report(r, "FIELD_INVALID", [...path, "each"], "`each` is no text", help);
    return null;
  }
  let at: Schema = VISIBLE;
  for (const name of each.trim().split(".")) {
    const fields: Readonly<Record<string, Schema>> = at.kind === "object" ? at.fields : {};
    const next: Schema | undefined = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (next === undefined) {
      report(
        r,
        "EXPRESSION_TYPE",
        [...path, "each"],
        `no list of facts is called \`${each}\``,
        didYouMean(name, Object.keys(fields)),
      );
      return null;
    }
    at = next;
  }
  if (at.kind === "list" && at.of.kind === "object") return at;
  report(
    r,
    "EXPRESSION_TYPE",
    [...path, "each"],
    `\`${each}\` is no list of things`,
    "name a list such as `config`, `kubernetes` or `change.files`",
  );
  return null;
}

function checkCondition(
  r: Reader,
  raw: Raw,
  path: Path,
  field: "when" | "where",
  scope: Scope,
  cost: number,
): void {
  const source = raw[field];
  if (source === undefined) return;
  const at = [...path, field];
  if (typeof source !== "string") {
    report(
      r,
      "FIELD_INVALID",
      at,
      `\`${field}\` is no expression`,
      "write a CEL expression; quote it if YAML reads it as something else",
    );
    return;
  }
  const { problems, always, notices, reads } = checkExpression(source, scope, cost);
  for (const p of problems)
    r.problems.push(r.source.problemIn(p.code, at, p.offset, p.message, p.help));
  if (always === false)
    report(r, "NEVER_FIRES", at, "the rule can never fire", "mend the condition");
  else if (always === true)
    report(r, "ALWAYS_FIRES", at, `\`${field}\` always holds`, "leave it out if that is meant");
  else
    for (const n of notices)
      r.problems.push(
        r.source.problemIn(
          "ALWAYS_SAME",
          at,
          n.offset,
          n.message,
          "take that part out, or mend it",
        ),
      );
  for (const { path: name, offset } of reads)
    if (name === "change.pushedBy")
      r.problems.push(
        r.source.problemIn(
          "FACT_UNKNOWABLE",
          at,
          offset,
          "`change.pushedBy` is unknown wherever nobody watched the push, and the rule then holds",
          "leave that to `approvals`, which bar whoever pushed",
        ),
      );
}

/** A `{field}` that the item does not have would be shown to people as it is written. */
function checkTemplate(r: Reader, says: string, item: Schema | null, path: Path): void {
  const fields = item?.kind === "object" ? Object.keys(item.fields) : [];
  for (const [, name] of says.matchAll(/\{([a-zA-Z]+)\}/g))
    if (!fields.includes(name ?? ""))
      report(
        r,
        "TEMPLATE_FIELD",
        path,
        `\`{${name}}\` is no field of what the rule looks through`,
        item === null ? "fields need an `each`" : didYouMean(name ?? "", fields),
      );
}

function motiveOf(r: Reader, raw: Raw, path: Path): Pick<Rule, "motive"> {
  const { motive } = raw;
  if (motive === undefined) return {};
  if (typeof motive === "string") return { motive: { says: motive, links: [] } };
  if (!isRaw(motive)) {
    report(
      r,
      "FIELD_INVALID",
      [...path, "motive"],
      "`motive` is no mapping",
      "write `motive: {says: …, links: [https://…]}`",
    );
    return {};
  }
  allowFields(r, motive, [...path, "motive"], Object.keys(MOTIVE));
  return {
    motive: {
      says: textField(r, motive, [...path, "motive"], "says"),
      links: textsField(r, motive, [...path, "motive"], "links"),
    },
  };
}
