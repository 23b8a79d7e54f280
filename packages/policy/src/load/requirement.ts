// SPDX-License-Identifier: Apache-2.0
import type { From, Keys, Requirement, Via } from "@interlock/core";
import {
  APPROVALS,
  DOCUMENT,
  FIRST_WAVE,
  REQUIREMENT,
  ROLLBACK,
  STAGED,
  TICKET,
} from "../schema/policy.ts";
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
  written,
} from "./reader.ts";
import type { Path } from "./source.ts";

const KINDS = Object.keys(REQUIREMENT);

/** Reads the list under `require`, each item one requirement. */
export function readRequirements(r: Reader, value: unknown, path: Path): readonly Requirement[] {
  if (value === undefined || value === null) return [];
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const example = "a requirement is a mapping such as `approvals: {count: 2}`";
  return items.flatMap((item, i) => {
    const at = Array.isArray(value) ? [...path, i] : path;
    if (!isRaw(item) || Object.keys(item).length === 0) {
      report(r, "FIELD_INVALID", at, example, `known: ${KINDS.join(", ")}`);
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
      return { kind: "check", names: someTexts(r, given, path) };
    case "staged":
      return staged(r, given, path);
    case "window":
      return { kind: "window", calendars: someTexts(r, given, path) };
    case "rollback":
      return rollback(r, given, path);
    case "ticket":
      return ticket(r, given, path);
    case "cooldown":
      return { kind: "cooldown", ms: duration(r, given, path) };
    case "deny":
      return { kind: "deny", reasons: someTexts(r, given, path) };
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

/** A requirement without a name in it would be met by everything. */
function someTexts(r: Reader, given: unknown, path: Path): readonly string[] {
  const texts = textsOf(r, given, path);
  const isEmpty =
    given === undefined || given === null || (Array.isArray(given) && given.length === 0);
  if (isEmpty || texts.some((t) => t.trim() === ""))
    report(
      r,
      "FIELD_INVALID",
      path,
      `\`${String(path[path.length - 1])}\` names nothing`,
      "name at least one, or take the requirement out",
    );
  return texts;
}

function rollback(r: Reader, given: unknown, path: Path): Requirement {
  if (isRaw(given)) allowFields(r, given, path, Object.keys(ROLLBACK));
  const within = isRaw(given) ? given["rehearsedWithin"] : given;
  return { kind: "rollback", rehearsedWithinMs: duration(r, within, path) };
}

function ticket(r: Reader, given: unknown, path: Path): Requirement {
  if (isRaw(given)) allowFields(r, given, path, Object.keys(TICKET));
  const systems = isRaw(given)
    ? textsField(r, given, path, "systems")
    : given === true
      ? []
      : textsOf(r, given, path);
  return { kind: "ticket", systems };
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
  allowFields(r, given, path, Object.keys(APPROVALS));
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
  const keys = oneOf<"any" | Keys>(r, given, path, "keys", {
    values: ["any", "device-bound"],
    fallback: "any",
  });
  const isBound = keys === "device-bound";
  const via = oneOf<Via>(r, given, path, "via", {
    values: ["review", "passkey"],
    fallback: isBound ? "passkey" : "review",
  });
  if (isBound && via === "review")
    report(
      r,
      "FIELD_INVALID",
      [...path, "via"],
      "a review is signed with no key, and `keys` asks for one",
      "write `via: passkey`, or leave it out",
    );
  return {
    kind: "approvals",
    // Zero approvals would be a rule that looks like one and is none.
    count: countField(r, given, path, "count", 1, 1),
    from: fromOf(r, given, path),
    distinct: distinct.includes("teams") ? ["teams"] : [],
    via,
    naming: [],
    ...(isBound ? { keys } : {}),
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
    `\`from\` is \`${written(value)}\``,
    "write `owners`, `anyone` or `team:NAME`",
  );
  return "owners";
}

function sectionsOf(r: Reader, given: Raw, path: Path): readonly string[] {
  allowFields(r, given, path, Object.keys(DOCUMENT));
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
  allowFields(r, given, path, Object.keys(STAGED));
  const wave = isRaw(given["firstWave"]) ? given["firstWave"] : {};
  if (given["firstWave"] !== undefined && !isRaw(given["firstWave"]))
    report(
      r,
      "FIELD_INVALID",
      [...path, "firstWave"],
      "`firstWave` is no mapping",
      "write `firstWave: {cells: 1, traffic: 1%}`",
    );
  allowFields(r, wave, [...path, "firstWave"], Object.keys(FIRST_WAVE));
  const traffic = wave["traffic"] === undefined ? 1_000_000 : sharePpm(wave["traffic"]);
  if (traffic === null)
    report(
      r,
      "FIELD_INVALID",
      [...path, "firstWave", "traffic"],
      `\`${written(wave["traffic"])}\` is no share`,
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
    `\`${written(value)}\` is no duration`,
    "write a number and a unit: `30m`, `24h`, `90d`",
  );
  return 0;
}
