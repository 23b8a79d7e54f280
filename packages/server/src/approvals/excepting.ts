// SPDX-License-Identifier: Apache-2.0
/** Whether an override, or a review of a debt, may be asked for. What is in the ledger decides later. */
import { type DecisionRecord, OVERRIDE_MAX_MS, type Statement } from "@interlock/core";
import type { StoredChange } from "@interlock/store";
import { type Exceptions, isReviewed, type Owed, openIncident } from "../exceptions/story.ts";
import type { Refusal } from "../http/bind.ts";
import type { AskRequest } from "./ask.ts";

const HOUR_MS = 3_600_000;
const HOURS = { statement: 168, waiver: 24, breakGlass: OVERRIDE_MAX_MS.breakGlass / HOUR_MS };

/** For how long a statement is good: as asked, else what its kind has by default. */
export function hoursOf({ validForHours, waives }: AskRequest): number {
  if (validForHours !== undefined) return validForHours;
  if (waives === undefined) return HOURS.statement;
  return waives.breakGlass ? HOURS.breakGlass : HOURS.waiver;
}

/** The member of the statement; what is not there is left out. */
export function waivesOf({ waives }: AskRequest): Statement["waives"] {
  if (waives === undefined) return undefined;
  const { rule, breakGlass, incident } = waives;
  return { rule, breakGlass, ...(incident === undefined ? {} : { incident }) };
}

type Around = {
  readonly change: StoredChange;
  readonly record: DecisionRecord | null;
  readonly exceptions: Exceptions;
};

/** Why a person may not sign an exception, or `null`; of other statements that they name none. */
export function whyNoException(request: AskRequest, around: Around): Refusal | null {
  const { decision, waives, settles, reason } = request;
  if ((decision === "override") !== (waives !== undefined))
    return invalid("an override names what it waives, and nothing else does", "send `waives`");
  if ((decision === "settle") !== (settles !== undefined))
    return invalid("a review names its debt, and nothing else does", "send `settles`");
  if (decision !== "override" && decision !== "settle") return null;
  if (reason === undefined)
    return invalid("a reason is missing, which everybody will read", "say why");
  return settles === undefined ? whyNoOverride(request, around) : whyNoReview(request, around);
}

function whyNoOverride(request: AskRequest, { record, exceptions }: Around): Refusal | null {
  const { waives } = request;
  if (waives === undefined) throw new Error("invariant broken: an override names its rule");
  const { rule, breakGlass, incident } = waives;
  if (breakGlass !== (incident !== undefined))
    return invalid(
      "break-glass names its incident, and a waiver has none",
      "see `interlock incident list`",
    );
  const most = OVERRIDE_MAX_MS[breakGlass ? "breakGlass" : "waiver"] / HOUR_MS;
  if (hoursOf(request) > most)
    return invalid(
      `${breakGlass ? "break-glass" : "a waiver"} lasts ${most} hours at most`,
      "ask for less, and again when it is over",
    );
  const refused = record === null ? null : whyNotWaivable(record, rule, breakGlass);
  if (refused !== null) return refused;
  return incident === undefined || openIncident(exceptions, incident) !== null
    ? null
    : {
        code: "OUT_OF_ORDER",
        message: `there is no open incident \`${incident.slice(0, 64)}\``,
        help: "open one with `interlock incident open`, or see `interlock incident list`",
      };
}

function whyNotWaivable(
  { decision }: DecisionRecord,
  rule: string,
  breakGlass: boolean,
): Refusal | null {
  const stand = decision.rules.filter(
    (one) => one.outcome !== "allow" || one.reason.code === "waived",
  );
  const named = stand.filter((one) => one.rule === rule);
  if (named.length === 0 || isNever(rule))
    return {
      code: "OUT_OF_ORDER",
      message: `no rule \`${rule.slice(0, 200)}\` stands in the way that an override passes`,
      help: `these do: ${
        [...new Set(stand.map((one) => one.rule))]
          .filter((one) => !isNever(one))
          .slice(0, 10)
          .join(", ") || "none"
      }`,
    };
  const denies = named.some((one) => one.outcome === "deny" || isBuiltIn(one.rule));
  return denies && !breakGlass
    ? {
        code: "OUT_OF_ORDER",
        message: `only break-glass passes \`${rule.slice(0, 200)}\``,
        help: "open an incident and ask for break-glass, if it is one",
      }
    : null;
}

/** A rejection ends with its own withdrawal, and an unreadable policy by being mended. */
const isNever = (rule: string): boolean => rule === "policy" || rule.startsWith("rejection/");
const isBuiltIn = (rule: string): boolean =>
  rule === "otherwise" || rule === "debt" || rule.startsWith("freeze/");

function whyNoReview(
  { settles, person }: AskRequest,
  { change, exceptions }: Around,
): Refusal | null {
  const debt: Owed | undefined = exceptions.debts.get(settles ?? "");
  if (debt === undefined || (debt.body !== null && debt.body.change !== change.id))
    return {
      code: "NOT_FOUND",
      message: "this change left no such debt",
      help: "see `interlock debt list`",
    };
  if (debt.body?.by.includes(person) === true)
    return {
      code: "NOT_ALLOWED",
      message: "you broke the glass yourself, so your review would not count",
      help: "ask two people who did not",
    };
  return isReviewed(debt) || debt.reviews.some((one) => one.person === person)
    ? {
        code: "OUT_OF_ORDER",
        message: "nothing more is needed from you: it was reviewed",
        help: "see `interlock debt list`",
      }
    : null;
}

const invalid = (message: string, help: string): Refusal => ({
  code: "INPUT_INVALID",
  message,
  help,
});
