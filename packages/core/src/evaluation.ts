// SPDX-License-Identifier: Apache-2.0
import { type ApprovalTerms, judgeApprovals } from "./approvals.ts";
import type { RequirementResult, State } from "./decision.ts";
import type { Facts } from "./facts/facts.ts";
import { type Reason, type ReasonCode, reason } from "./reason.ts";
import type { Requirement } from "./requirement.ts";
import { isUnknown, type Unknown } from "./schema.ts";

type Of<K extends Requirement["kind"]> = Extract<Requirement, { kind: K }>;
type Partly = Omit<RequirementResult, "requirement" | "who" | "final"> & {
  readonly who?: readonly string[];
  readonly final?: boolean;
};

/** Judges one requirement against the evidence. Total: every kind and every absence has a result. */
export function evaluateRequirement(
  requirement: Requirement,
  facts: Facts,
  terms: ApprovalTerms,
): RequirementResult {
  if (requirement.kind === "approvals") return judgeApprovals(requirement, facts, terms);
  const partly = judge(requirement, facts);
  return { requirement, who: [], final: false, ...partly };
}

function judge(requirement: Exclude<Requirement, Of<"approvals">>, facts: Facts): Partly {
  switch (requirement.kind) {
    case "document":
      return judgeDocument(requirement, facts);
    case "check":
      return judgeCheck(requirement, facts);
    case "staged":
      return judgeStaged(requirement, facts);
    case "window":
      return judgeWindow(requirement, facts);
    case "rollback":
      return judgeRollback(requirement, facts);
    case "ticket":
      return judgeTicket(requirement, facts);
    case "cooldown":
      return judgeCooldown(requirement, facts);
    case "deny":
      return {
        state: "unmet",
        reason: reason("denied", { reasons: requirement.reasons }),
        final: true,
      };
    case "known":
      return {
        state: "unknown",
        reason: reason("must-be-known", { what: requirement.facts }),
        who: ["whoever can make the input readable"],
      };
  }
}

const met = (code: ReasonCode, params: Reason["params"] = {}): Partly => ({
  state: "met",
  reason: reason(code, params),
});

function lacking(
  state: State,
  code: ReasonCode,
  params: Reason["params"],
  who: readonly string[],
): Partly {
  return { state, reason: reason(code, params), who };
}

const unread = (fact: Unknown, what: string, who: string): Partly =>
  lacking("unknown", "facts-unknown", { what: [what], because: fact.$unknown.because }, [who]);

/** Evidence is bound to the digest; without one nothing can be matched. by (bound) */
function digestOr(facts: Facts): string | Partly {
  const { digest } = facts.change;
  return isUnknown(digest)
    ? lacking("unknown", "digest-unknown", { because: digest.$unknown.because }, [
        "whoever can supply the missing objects",
      ])
    : digest;
}

function judgeDocument(requirement: Of<"document">, facts: Facts): Partly {
  const digest = digestOr(facts);
  if (typeof digest !== "string") return digest;
  const { documents } = facts.evidence;
  if (isUnknown(documents)) return unread(documents, "documents", "the author");
  const own = documents.filter((d) => d.change === digest);
  if (own.some((d) => requirement.sections.every((s) => d.sections.includes(s))))
    return met("documented");
  if (own.length === 0)
    return lacking("unmet", "document-missing", { sections: requirement.sections }, ["the author"]);
  const best = own
    .map((d) => requirement.sections.filter((s) => !d.sections.includes(s)))
    .sort((a, b) => a.length - b.length || (a.join() < b.join() ? -1 : 1))[0];
  return lacking("unmet", "sections-missing", { sections: best ?? [] }, ["the author"]);
}

function judgeCheck(requirement: Of<"check">, facts: Facts): Partly {
  const digest = digestOr(facts);
  if (typeof digest !== "string") return digest;
  const { checks } = facts.evidence;
  if (isUnknown(checks)) return unread(checks, "checks", "the system that runs the checks");
  const failed: string[] = [];
  const missing: string[] = [];
  for (const wanted of requirement.names) {
    const at = wanted.lastIndexOf("@");
    // A scoped name such as `@acme/lint` begins with one and names no source.
    const [name, source] = at <= 0 ? [wanted, null] : [wanted.slice(0, at), wanted.slice(at + 1)];
    const reports = checks.filter(
      (c) => c.name === name && c.digest === digest && (source === null || c.source === source),
    );
    // A failure is opposing evidence: a later or another pass beside it does not close it.
    if (reports.some((c) => c.state === "failed")) failed.push(wanted);
    else if (!reports.some((c) => c.state === "passed")) missing.push(wanted);
  }
  if (failed.length > 0)
    return lacking("unmet", "check-failed", { checks: failed }, ["the author"]);
  if (missing.length > 0)
    return lacking(
      "unmet",
      "check-missing",
      { checks: missing },
      missing.map((m) => `check ${m}`),
    );
  return met("checked", { checks: requirement.names });
}

function judgeStaged(requirement: Of<"staged">, facts: Facts): Partly {
  const digest = digestOr(facts);
  if (typeof digest !== "string") return digest;
  const { staging } = facts.evidence;
  if (isUnknown(staging)) return unread(staging, "staging", "the rollout engine");
  const enough = staging.some(
    (s) =>
      s.digest === digest &&
      s.firstWaveCells <= requirement.cells &&
      s.firstWaveTrafficPpm <= requirement.trafficPpm &&
      s.bakeMs >= requirement.bakeMs,
  );
  if (enough) return met("staged");
  const { cells, trafficPpm, bakeMs } = requirement;
  return lacking("unmet", "staging-missing", { cells, trafficPpm, bakeMs }, [
    "the author, with a staged rollout plan",
  ]);
}

function judgeWindow(requirement: Of<"window">, facts: Facts): Partly {
  let until = facts.now;
  const closed: string[] = [];
  for (const name of requirement.calendars) {
    const calendar = facts.calendars[name];
    if (calendar === undefined || facts.now < calendar.from || facts.now >= calendar.until)
      return lacking("unknown", "calendar-unknown", { calendar: name }, [
        "whoever maintains the policy",
      ]);
    if (!calendar.open.some((i) => i.from <= facts.now && facts.now < i.until)) closed.push(name);
  }
  if (closed.length === 0) return met("window-open");
  const next = nextCommonOpening(requirement.calendars, facts);
  if (next === null)
    return {
      ...lacking("unmet", "window-never-opens", { calendars: closed }, [
        "whoever maintains the policy",
      ]),
      final: true,
    };
  until = next;
  return { ...lacking("unmet", "window-closed", { calendars: closed, until }, ["time"]), until };
}

/** The first instant after `now` at which every calendar is open, within all horizons. */
function nextCommonOpening(names: readonly string[], facts: Facts): number | null {
  const calendars = names.map((name) => facts.calendars[name]).filter((c) => c !== undefined);
  const starts = calendars
    .flatMap((c) => c.open.map((i) => i.from))
    .filter((from) => from > facts.now)
    .sort((a, b) => a - b);
  const allOpen = (at: number) =>
    calendars.every((c) => c.open.some((i) => i.from <= at && at < i.until));
  return starts.find(allOpen) ?? null;
}

function judgeRollback(requirement: Of<"rollback">, facts: Facts): Partly {
  const digest = digestOr(facts);
  if (typeof digest !== "string") return digest;
  const { documents } = facts.evidence;
  if (isUnknown(documents)) return unread(documents, "documents", "the author");
  const rehearsed = documents.some(
    (d) =>
      d.change === digest &&
      d.sections.includes("rollback") &&
      d.rehearsedAt !== undefined &&
      d.rehearsedAt <= facts.now &&
      facts.now - d.rehearsedAt <= requirement.rehearsedWithinMs,
  );
  if (rehearsed) return met("rollback-rehearsed");
  return lacking(
    "unmet",
    "rollback-missing",
    { rehearsedWithinMs: requirement.rehearsedWithinMs },
    ["the author"],
  );
}

function judgeTicket(requirement: Of<"ticket">, facts: Facts): Partly {
  const digest = digestOr(facts);
  if (typeof digest !== "string") return digest;
  const { tickets } = facts.evidence;
  if (isUnknown(tickets)) return unread(tickets, "tickets", "the ticket system");
  const open = tickets.filter((t) => t.state === "open" && t.change === digest);
  const missing = requirement.systems.filter((s) => !open.some((t) => t.system === s));
  if (open.length > 0 && missing.length === 0) return met("ticket-open");
  return lacking("unmet", "ticket-missing", { systems: missing }, ["the author"]);
}

function judgeCooldown(requirement: Of<"cooldown">, facts: Facts): Partly {
  const { firstSeenAt } = facts.evidence;
  if (firstSeenAt === undefined)
    return lacking("unknown", "first-seen-unknown", { ms: requirement.ms }, [
      "a server that has seen the change",
    ]);
  const until = firstSeenAt + requirement.ms;
  if (until <= facts.now && firstSeenAt <= facts.now) return met("cooled-down");
  return { ...lacking("unmet", "cooling-down", { until, ms: requirement.ms }, ["time"]), until };
}
