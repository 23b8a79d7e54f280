// SPDX-License-Identifier: Apache-2.0
import type { From, Requirement, Via } from "@interlock/core";
import { didYouMean } from "../suggest.ts";
import { durationMs, sharePpm } from "./quantity.ts";
import {
  allowFields,
  countField,
  isRaw,
  oneOf,
  type Raw,
  type Reader,
  report,
  textsField,
  textsOf,
} from "./reader.ts";
import type { Path } from "./source.ts";

const KINDS = [
  "approvals",
  "document",
  "check",
  "staged",
  "window",
  "rollback",
  "ticket",
  "cooldown",
  "deny",
] as const;

/** Reads the list under `require`, each item one requirement. */
export function readRequirements(r: Reader, value: unknown, path: Path): readonly Requirement[] {
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  return items.flatMap((item, i) => {
    const at = Array.isArray(value) ? [...path, i] : path;
    if (!isRaw(item)) {
      report(
        r,
        "FIELD_INVALID",
        at,
        "a requirement is a mapping such as `approvals: {count: 2}`",
        `known: ${KINDS.join(", ")}`,
      );
      return [];
    }
    return Object.entries(item).flatMap(
      ([kind, given]) => one(r, kind, given, [...at, kind]) ?? [],
    );
  });
}

function one(r: Reader, kind: string, given: unknown, path: Path): Requirement | null {
  switch (kind) {
    case "approvals":
      return approvals(r, given, path);
    case "document":
      return {
        kind: "document",
        sections: isRaw(given) ? sectionsOf(r, given, path) : textsOf(r, given, path),
      };
    case "check":
      return { kind: "check", names: textsOf(r, given, path) };
    case "staged":
      return staged(r, given, path);
    case "window":
      return { kind: "window", calendars: textsOf(r, given, path) };
    case "rollback":
      return {
        kind: "rollback",
        rehearsedWithinMs: duration(r, isRaw(given) ? given["rehearsedWithin"] : given, path),
      };
    case "ticket":
      return {
        kind: "ticket",
        systems:
          given === true
            ? []
            : isRaw(given)
              ? textsField(r, given, path, "systems")
              : textsOf(r, given, path),
      };
    case "cooldown":
      return { kind: "cooldown", ms: duration(r, given, path) };
    case "deny":
      return { kind: "deny", reasons: textsOf(r, given, path) };
    default:
      r.problems.push(
        r.source.problemAtKey(
          "FIELD_UNKNOWN",
          path,
          `no requirement is called \`${kind}\``,
          didYouMean(kind, KINDS),
        ),
      );
      return null;
  }
}

function approvals(r: Reader, given: unknown, path: Path): Requirement | null {
  if (typeof given === "number") return approvals(r, { count: given }, path);
  if (!isRaw(given)) {
    report(
      r,
      "FIELD_INVALID",
      path,
      "`approvals` is no mapping",
      "write `approvals: {count: 2, from: owners}`",
    );
    return null;
  }
  allowFields(r, given, path, ["count", "from", "distinct", "via"]);
  const distinct = textsField(r, given, path, "distinct");
  for (const d of distinct)
    if (d !== "teams")
      report(
        r,
        "FIELD_INVALID",
        [...path, "distinct"],
        `\`distinct\` is \`${d}\``,
        "write `distinct: teams`",
      );
  return {
    kind: "approvals",
    // Zero approvals would be a rule that looks like one and is none.
    count: countField(r, given, path, "count", 1, 1),
    from: fromOf(r, given, path),
    distinct: distinct.includes("teams") ? ["teams"] : [],
    via: oneOf<Via>(r, given, path, "via", { values: ["review", "passkey"], fallback: "review" }),
    naming: [],
  };
}

function fromOf(r: Reader, given: Raw, path: Path): From {
  const value = given["from"] ?? "owners";
  if (value === "owners" || value === "anyone") return value;
  if (typeof value === "string" && /^team:\S+$/.test(value)) return value as From; // the pattern is the type
  report(
    r,
    "FIELD_INVALID",
    [...path, "from"],
    `\`from\` is \`${String(value)}\``,
    "write `owners`, `anyone` or `team:NAME`",
  );
  return "owners";
}

function sectionsOf(r: Reader, given: Raw, path: Path): readonly string[] {
  allowFields(r, given, path, ["sections"]);
  return textsField(r, given, path, "sections");
}

function staged(r: Reader, given: unknown, path: Path): Requirement | null {
  if (!isRaw(given)) {
    report(
      r,
      "FIELD_INVALID",
      path,
      "`staged` is no mapping",
      "write `staged: {firstWave: {cells: 1, traffic: 1%}, bake: 30m}`",
    );
    return null;
  }
  allowFields(r, given, path, ["firstWave", "bake"]);
  const wave = isRaw(given["firstWave"]) ? given["firstWave"] : {};
  allowFields(r, wave, [...path, "firstWave"], ["cells", "traffic"]);
  const traffic = wave["traffic"] === undefined ? 1_000_000 : sharePpm(wave["traffic"]);
  if (traffic === null)
    report(
      r,
      "FIELD_INVALID",
      [...path, "firstWave", "traffic"],
      `\`${String(wave["traffic"])}\` is no share`,
      "write a percentage such as `1%`",
    );
  return {
    kind: "staged",
    cells: countField(r, wave, [...path, "firstWave"], "cells", 1, 1),
    trafficPpm: traffic ?? 0,
    bakeMs: given["bake"] === undefined ? 0 : duration(r, given["bake"], [...path, "bake"]),
  };
}

function duration(r: Reader, value: unknown, path: Path): number {
  const ms = durationMs(value);
  if (ms !== null) return ms;
  report(
    r,
    "FIELD_INVALID",
    path,
    `\`${String(value)}\` is no duration`,
    "write a number and a unit: `30m`, `24h`, `90d`",
  );
  return 0;
}
