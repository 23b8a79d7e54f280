// SPDX-License-Identifier: Apache-2.0
/** What starts and ends by itself: addenda and freezes. */
import type { PolicyFreeze } from "@interlock/core";
import { ADDENDUM, FREEZE } from "../schema/policy.ts";
import type { Part } from "./include.ts";
import { shownInstant, writtenInstant } from "./quantity.ts";
import {
  allowFields,
  isRaw,
  type Raw,
  type Reader,
  report,
  textField,
  textsField,
  written,
} from "./reader.ts";
import { type PlacedRule, rulesOf } from "./rule.ts";
import type { Path } from "./source.ts";

type Span = { readonly from?: number; readonly until?: number };

/** Something with an end, for whoever knows the time. */
export type Ending = { readonly r: Reader; readonly path: Path; readonly what: string } & Span;

/** An addendum's rules carry its start and end, so that it stops by itself. */
export function addendaRules(part: Part, ends: Ending[]): readonly PlacedRule[] {
  const { r, raw } = part;
  return mappings(r, raw["addenda"], ["addenda"]).flatMap(([addendum, path]) => {
    allowFields(r, addendum, path, Object.keys(ADDENDUM));
    const id = textField(r, addendum, path, "id");
    const span = spanOf(r, addendum, path);
    if (addendum["until"] === undefined)
      report(
        r,
        "FIELD_MISSING",
        path,
        `the addendum \`${id}\` has no end`,
        "add `until:`; rules without an end belong under `rules`",
      );
    ends.push({ r, path, what: `the addendum \`${id}\``, ...span });
    return rulesOf(r, addendum["rules"], [...path, "rules"], `addendum ${id}`).map((placed) => ({
      ...placed,
      from: "addendum",
      rule: { ...placed.rule, ...span },
    }));
  });
}

export function freezesOf({ r, raw }: Part, ends: Ending[]): readonly PolicyFreeze[] {
  return mappings(r, raw["freezes"], ["freezes"]).map(([freeze, path]) => {
    allowFields(r, freeze, path, Object.keys(FREEZE));
    const name = textField(r, freeze, path, "name");
    const span = spanOf(r, freeze, path);
    if (freeze["from"] === undefined)
      report(r, "FIELD_MISSING", path, "a freeze needs a start", "add `from:`");
    ends.push({ r, path, what: `the freeze \`${name}\``, ...span });
    return { name, ...span, from: span.from ?? 0, systems: textsField(r, freeze, path, "systems") };
  });
}

/** The items of a list of mappings, with their places; anything else is reported. */
export function mappings(r: Reader, value: unknown, path: Path): readonly (readonly [Raw, Path])[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    const name = String(path[path.length - 1]);
    report(r, "FIELD_INVALID", path, `\`${name}\` is no list`, "start each item with `- `");
    return [];
  }
  return value.flatMap((item, i): readonly (readonly [Raw, Path])[] => {
    if (isRaw(item)) return [[item, [...path, i]]];
    report(r, "FIELD_INVALID", [...path, i], "expected a mapping", "write `- name: value`");
    return [];
  });
}

/** From when to when something holds; what is odd about it is reported. */
export function spanOf(r: Reader, raw: Raw, path: Path): Span {
  // Of a time that occurs twice the span takes the instant that makes it longer.
  const from = instantField(r, raw, path, "from");
  const until = instantField(r, raw, path, "until");
  if (from !== null && until !== null && until <= from)
    report(r, "FIELD_INVALID", [...path, "until"], "it ends before it starts", "swap the two");
  return { ...(from === null ? {} : { from }), ...(until === null ? {} : { until }) };
}

/** A time in milliseconds since 1970 UTC; `null` where there is none, or none that can be read. */
export function instantField(
  r: Reader,
  raw: Raw,
  path: Path,
  field: "from" | "until",
): number | null {
  const value = raw[field];
  if (value === undefined) return null;
  const at = [...path, field];
  const found = writtenInstant(value, field === "until" ? "latest" : "earliest");
  if (found === null) {
    report(
      r,
      "FIELD_INVALID",
      at,
      `\`${written(value)}\` is no time`,
      "write `2026-12-24T18:00:00Z` or `2026-12-24 18:00 Europe/Berlin`",
    );
    return null;
  }
  if (found.occurs !== "once")
    report(
      r,
      "TIME_AMBIGUOUS",
      at,
      `clocks show \`${String(value)}\` ${found.occurs}; it is taken as ${shownInstant(found.ms)}`,
      "write the time with `Z`",
    );
  return found.ms;
}
