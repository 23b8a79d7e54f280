// SPDX-License-Identifier: Apache-2.0
/** The one place where reasons become sentences, for the terminal, the forge, the console and JSON. */
import type { Reason, ReasonValue } from "./reason.ts";
import type { Requirement } from "./requirement.ts";

/** One sentence for a person who has never read the policy. */
export function explainReason({ code, params }: Reason): string {
  const p = (name: string): string => shown(params[name]);
  switch (code) {
    case "applies":
      return `it still needs ${p("open")}`;
    case "all-met":
      return "everything it needs is there";
    case "notice":
      return "a notice, nothing is needed";
    case "facts-unknown":
      return because(`what it must judge is not known: ${p("what")}`, params["because"]);
    case "expression-unknown":
      return because("its condition cannot be evaluated", params["because"]);
    case "policy-unreadable":
      return because("the policy cannot be read, so the change is held", params["because"]);
    case "only-shown":
      return `shown by \`${p("by")}\`; what lands is judged where it lands, with the approvals given by then`;
    case "no-policy":
      return "there is no policy, so the change is held";
    case "waived":
      return "two people waived it for exactly this change";
    case "rejected":
      return `\`${p("by")}\` rejected the change and has not closed the rejection`;
    case "frozen":
      return params["until"] === undefined
        ? `frozen by \`${p("name")}\`, which has no end`
        : `frozen by \`${p("name")}\` until ${instant(params["until"])}`;
    case "debt-open":
      return because(
        `${p("count")} break-glass still to be reviewed by two people who did not sign it`,
        shown(params["teams"]),
      );
    case "must-be-known":
      return `not known: ${p("what")}`;
    case "denied":
      return `denied by ${p("reasons")}; only break-glass passes it`;
    default:
      return explainEvidence(code, params);
  }
}

function explainEvidence(code: Reason["code"], params: Reason["params"]): string {
  const p = (name: string): string => shown(params[name]);
  switch (code) {
    case "documented":
      return "a change document covers what is needed";
    case "document-missing":
      return `no change document; it needs ${sections(params["sections"])}`;
    case "sections-missing":
      return `the change document lacks ${sections(params["sections"])}`;
    case "checked":
      return `${p("checks")} passed`;
    case "check-failed":
      return `${p("checks")} failed`;
    case "check-missing":
      return `no passed report of ${p("checks")} for this change`;
    case "staged":
      return "a staged rollout is planned";
    case "staging-missing":
      return `no rollout plan with a first wave of at most ${p("cells")} cell(s), ${share(params["trafficPpm"])} of traffic and a bake of ${duration(params["bakeMs"])}`;
    case "window-open":
      return "the window is open";
    case "window-closed":
      return `${p("calendars")} is closed until ${instant(params["until"])}`;
    case "window-never-opens":
      return `${p("calendars")} has no opening in sight`;
    case "calendar-unknown":
      return `the calendar \`${p("calendar")}\` is not known for this time`;
    case "rollback-rehearsed":
      return "the rollback was rehearsed";
    case "rollback-missing":
      return `no rollback rehearsed within ${duration(params["rehearsedWithinMs"])}`;
    case "ticket-open":
      return "an open ticket names the change";
    case "ticket-missing":
      return "no open ticket names the change";
    case "cooled-down":
      return "it has cooled down";
    case "cooling-down":
      return `cooling down until ${instant(params["until"])}`;
    case "first-seen-unknown":
      return "when it was first seen is not known";
    default:
      return explainApprovals(code, params);
  }
}

function explainApprovals(code: Reason["code"], params: Reason["params"]): string {
  const p = (name: string): string => shown(params[name]);
  switch (code) {
    case "approved":
      return `approved by ${p("by")}`;
    case "approvals-missing":
      return `${p("have")} of ${p("need")} approvals by ${from(params["from"])}${withKey(params["via"], params["keys"])}${naming(params["naming"])}${otherKeys(params["synchronised"])}${onceLanded(params["landed"])}`;
    case "approvals-unknown":
      return because("approvals could not be read", params["because"]);
    case "pusher-unobserved":
      return "nobody saw who pushed it, so an approver may be the pusher";
    case "people-unknown":
      return because(
        "nobody can be told to be a second person, since people are not known",
        params["because"],
      );
    case "contributors-unknown":
      return "who contributed to it is not known";
    case "account-unresolved":
      return `${p("accounts")} resolves to no person; add it to a person in \`interlock/people.yaml\``;
    case "machine-out-of-scope":
      return `${p("accounts")} touched paths it is not trusted with; name them under \`mayTouch\` in \`interlock/people.yaml\``;
    case "owner-missing":
      return `${shownSome(params["paths"], params["count"])} has no known owner; add one to CODEOWNERS or the catalog`;
    case "owner-group-missing":
      return `none of ${p("owners")} has approved`;
    case "distinct-teams-missing":
      return `the approvals do not come from ${p("need")} different teams`;
    case "digest-unknown":
      return because(
        "the change has no digest that an approval could be bound to",
        params["because"],
      );
    default:
      return code;
  }
}

function withKey(via: ReasonValue | undefined, keys: ReasonValue | undefined): string {
  if (keys === "device-bound") return " with a passkey that cannot leave its device";
  return via === "passkey" ? " with a passkey" : "";
}

const otherKeys = (who: ReasonValue | undefined): string =>
  Array.isArray(who) && who.length > 0
    ? `; ${who.join(", ")} signed with a key that can be synchronised, which does not count here`
    : "";

/** Approvals are for landing once: `interlock approve` again is what it takes. */
const onceLanded = (entry: ReasonValue | undefined): string =>
  entry === undefined
    ? ""
    : `; earlier ones were for landing it once, and it landed as entry ${shown(entry)} says: ask for approvals again`;

/** What a requirement asks, without saying whether it is met. */
export function explainRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case "approvals":
      return `${requirement.count} approval(s) by ${from(requirement.from)}${withKey(requirement.via, requirement.keys)}${requirement.distinct.length > 0 ? " from different teams" : ""}${naming(requirement.naming)}`;
    case "document":
      return `a change document with ${sections(requirement.sections)}`;
    case "check":
      return `passed: ${requirement.names.join(", ")}`;
    case "staged":
      return `a staged rollout: first wave at most ${requirement.cells} cell(s) and ${share(requirement.trafficPpm)}, bake ${duration(requirement.bakeMs)}`;
    case "window":
      return `open: ${requirement.calendars.join(", ")}`;
    case "rollback":
      return `a rollback rehearsed within ${duration(requirement.rehearsedWithinMs)}`;
    case "ticket":
      return requirement.systems.length > 0
        ? `an open ticket in ${requirement.systems.join(", ")}`
        : "an open ticket";
    case "cooldown":
      return `${duration(requirement.ms)} since it was first seen`;
    case "deny":
      return "break-glass by two people";
    case "known":
      return `known: ${requirement.facts.join("; ")}`;
  }
}

function shown(value: ReasonValue | undefined): string {
  if (value === undefined) return "";
  return typeof value === "object" ? value.join(", ") : String(value);
}

function shownSome(paths: ReasonValue | undefined, total: ReasonValue | undefined): string {
  const list = typeof paths === "object" ? paths : [];
  const more = typeof total === "number" && total > 1 ? ` and ${total - 1} more` : "";
  return `\`${list[0] ?? ""}\`${more}`;
}

function because(sentence: string, why: ReasonValue | undefined): string {
  return why === undefined || why === "" ? sentence : `${sentence} (${shown(why)})`;
}

const from = (value: ReasonValue | undefined): string => {
  const text = shown(value);
  return text.startsWith("team:") ? `team \`${text.slice(5)}\`` : text;
};

const naming = (value: ReasonValue | undefined): string =>
  typeof value === "object" && value.length > 0 ? " whose statement names the finding" : "";

const sections = (value: ReasonValue | undefined): string =>
  typeof value === "object" && value.length > 0
    ? `the section(s) ${value.join(", ")}`
    : "any section";

/** A count as people read it: `21,261`. */
export const countText = (count: number): string =>
  String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ",");

/** Parts per million as a percentage without floating-point dust. */
export function share(ppm: ReasonValue | undefined): string {
  const value = typeof ppm === "number" ? ppm : 0;
  const whole = Math.trunc(value / 10_000);
  const rest = String(Math.abs(value) % 10_000)
    .padStart(4, "0")
    .replace(/0+$/, "");
  return `${whole}${rest === "" ? "" : `.${rest}`} %`;
}

/** Milliseconds in the largest unit that divides them. */
export function duration(ms: ReasonValue | undefined): string {
  const value = typeof ms === "number" ? ms : 0;
  for (const [unit, size] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
  ] as const)
    if (value >= size && value % size === 0) return `${value / size} ${unit}`;
  return `${value} ms`;
}

/** UTC, ISO 8601 to the minute, by arithmetic: core has no clock and no calendar of the machine. */
export function instant(ms: ReasonValue | undefined): string {
  const value = typeof ms === "number" ? ms : 0;
  const days = Math.floor(value / 86_400_000);
  const minutes = Math.floor((value - days * 86_400_000) / 60_000);
  const { year, month, day } = civil(days);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)} ${two(Math.floor(minutes / 60))}:${two(minutes % 60)} UTC`;
}

/** Days since 1970 to a date, after Hinnant, “chrono-Compatible Low-Level Date Algorithms”. */
function civil(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1_460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365,
  );
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return {
    year: yoe + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: doy - Math.floor((153 * mp + 2) / 5) + 1,
  };
}
