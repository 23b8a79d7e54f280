// SPDX-License-Identifier: Apache-2.0
/** Expands the evidence of a case: approvals, rejections, checks, documents, waivers, freezes, … */
import type {
  Approval,
  Check,
  DocumentFact,
  Evidence,
  Freeze,
  Rejection,
  Staging,
  Ticket,
  Waiver,
} from "@interlock/core";
import {
  APPROVAL,
  CHECK,
  DOCUMENT,
  FREEZE,
  REJECTION,
  STAGING,
  TICKET,
  WAIVER,
} from "../schema/policy-test.ts";
import { DIGEST } from "./build.ts";
import {
  account,
  accounts,
  anyMapping,
  CaseError,
  digest,
  duration,
  instant,
  items,
  mapping,
  oneOf,
  type Raw,
  share,
  text,
  textOr,
  texts,
  whole,
  yes,
} from "./fields.ts";

/** What a statement may refer to: digests that only the decision itself can tell. */
export type Bound = {
  readonly now: number;
  /** Digest of the rules that apply, of the policy in force or of the proposed one. */
  readonly rulesOf: (role: "in-force" | "proposed") => string;
  /** Id that a statement must name to accept what the rule found; `null` if it asks for none. */
  readonly findingOf: (rule: string) => string | null;
};

export function evidenceOf(given: Raw, bound: Bound): Evidence {
  const each = <T>(key: string, read: (raw: unknown, where: string) => T): readonly T[] =>
    items(given[key], key).map((raw, i) => read(raw, `${key}[${i}]`));
  const seen = given["first seen"];
  return {
    approvals: each("approvals", (raw, where) => approvalOf(raw, where, bound)),
    rejections: each("rejections", (raw, where) => rejectionOf(raw, where, bound)),
    checks: checksOf(given["checks"]),
    documents: each("documents", documentOf),
    staging: each("staging", stagingOf),
    tickets: each("tickets", ticketOf),
    waivers: each("waivers", (raw, where) => waiverOf(raw, where, bound)),
    freezes: each("freezes", freezeOf),
    ...(seen === undefined ? {} : { firstSeenAt: instant(seen, "first seen") }),
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const OF = (raw: Raw, where: string) =>
  raw["of"] === undefined ? DIGEST : digest(raw["of"], where);

function approvalOf(value: unknown, where: string, bound: Bound): Approval {
  const raw = mapping(value, where, Object.keys(APPROVAL));
  const via = oneOf(raw["via"], where, ["review", "passkey"], "review");
  const rules = rulesOf(
    raw["under"] ?? (via === "passkey" ? "these rules" : "no rules"),
    where,
    bound,
  );
  return {
    by: account(raw["by"], where),
    digest: OF(raw, where),
    via,
    at: raw["at"] === undefined ? bound.now - MINUTE_MS : instant(raw["at"], where),
    ...(raw["until"] === undefined ? {} : { expiresAt: instant(raw["until"], where) }),
    withdrawn: yes(raw["withdrawn"], where),
    environment: raw["in"] === undefined ? "" : text(raw["in"], where),
    target: textOr(raw["for"], where, "refs/heads/main"),
    ...(rules === null ? {} : { rules }),
    naming: texts(raw["naming"], where).map((name) => findingOf(name, where, bound)),
    ...(raw["key"] === undefined
      ? {}
      : { key: oneOf(raw["key"], where, ["device-bound", "synchronised"], "synchronised") }),
  };
}

function rulesOf(under: unknown, where: string, bound: Bound): string | null {
  switch (text(under, where)) {
    case "no rules":
      return null;
    case "these rules":
      return bound.rulesOf("in-force");
    case "the proposed rules":
      return bound.rulesOf("proposed");
    default:
      return digest(under, where);
  }
}

function findingOf(name: string, where: string, bound: Bound): string {
  if (/^[0-9a-f]{4,64}$/.test(name)) return digest(name, where);
  const finding = bound.findingOf(name);
  if (finding === null)
    throw new CaseError(`${where}: \`${name}\` asks for no statement that names what it found`);
  return finding;
}

function rejectionOf(value: unknown, where: string, bound: Bound): Rejection {
  const raw = mapping(value, where, Object.keys(REJECTION));
  return {
    by: account(raw["by"], where),
    digest: OF(raw, where),
    at: raw["at"] === undefined ? bound.now - MINUTE_MS : instant(raw["at"], where),
    reason: textOr(raw["because"], where, "no reason given"),
    closed: yes(raw["closed"], where),
  };
}

const CHECK_STATES = ["passed", "failed", "skipped", "pending"] as const;

/** `{unit: passed}`, or a list where the digest or the reporting system matters. */
function checksOf(value: unknown): readonly Check[] {
  if (value === undefined || Array.isArray(value))
    return items(value, "checks").map((item, i) => {
      const where = `checks[${i}]`;
      const raw = mapping(item, where, Object.keys(CHECK));
      return {
        name: text(raw["name"], where),
        state: oneOf(raw["is"], where, CHECK_STATES),
        digest: OF(raw, where),
        source: textOr(raw["from"], where, "ci"),
      };
    });
  return Object.entries(anyMapping(value, "checks")).map(([name, state]) => ({
    name,
    state: oneOf(state, `checks.${name}`, CHECK_STATES),
    digest: DIGEST,
    source: "ci",
  }));
}

function documentOf(value: unknown, where: string): DocumentFact {
  const raw = mapping(value, where, Object.keys(DOCUMENT));
  return {
    digest: "d0c0".padEnd(64, "0"),
    change: OF(raw, where),
    sections: texts(raw["sections"], where),
    ...(raw["rehearsed"] === undefined ? {} : { rehearsedAt: instant(raw["rehearsed"], where) }),
    by: account(raw["by"] ?? "ana", where),
  };
}

function stagingOf(value: unknown, where: string): Staging {
  const raw = mapping(value, where, Object.keys(STAGING));
  return {
    digest: OF(raw, where),
    firstWaveCells: whole(raw["cells"], where),
    firstWaveTrafficPpm: share(raw["traffic"], where),
    bakeMs: duration(raw["bake"], where),
  };
}

function ticketOf(value: unknown, where: string): Ticket {
  const raw = mapping(value, where, Object.keys(TICKET));
  return {
    id: textOr(raw["id"], where, "T-1"),
    system: text(raw["in"], where),
    change: OF(raw, where),
    state: oneOf(raw["is"], where, ["open", "closed"], "open"),
  };
}

function waiverOf(value: unknown, where: string, bound: Bound): Waiver {
  const raw = mapping(value, where, Object.keys(WAIVER));
  return {
    rule: text(raw["rule"], where),
    digest: OF(raw, where),
    by: accounts(raw["by"], where),
    reason: textOr(raw["because"], where, "no reason given"),
    expiresAt: raw["until"] === undefined ? bound.now + DAY_MS : instant(raw["until"], where),
    breakGlass: yes(raw["break glass"], where),
  };
}

function freezeOf(value: unknown, where: string): Freeze {
  const raw = mapping(value, where, Object.keys(FREEZE));
  return {
    name: text(raw["name"], where),
    from: instant(raw["from"], where),
    ...(raw["until"] === undefined ? {} : { until: instant(raw["until"], where) }),
    systems: texts(raw["systems"], where),
  };
}
