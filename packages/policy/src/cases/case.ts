// SPDX-License-Identifier: Apache-2.0
/** Reads cases of the decision: what is given, how it is decided, and what the gate says about it. */
import type { Outcome } from "@interlock/core";
import { parseDocument } from "yaml";
import { CASE, EXPECTED, THEN } from "../schema/policy-test.ts";
import {
  anyMapping,
  CaseError,
  instant,
  items,
  mapping,
  oneOf,
  type Raw,
  text,
  texts,
} from "./fields.ts";

const OUTCOMES = ["allow", "hold", "deny"] as const;
const STATES = ["met", "unmet", "unknown"] as const;
const VARIATIONS: readonly (readonly [string, Outcome])[] = [
  ["also allows when", "allow"],
  ["also holds when", "hold"],
  ["also denies when", "deny"],
];

/** One sentence that the gate must say and where it must say it. */
export type Expected = {
  readonly rule: string;
  readonly policy?: string;
  readonly requirement?: string;
  readonly state?: string;
  /** How the rule itself comes out. */
  readonly outcome?: string;
  readonly says?: string;
  /** A part of the sentence, where the whole does not matter. */
  readonly contains?: string;
  readonly finds?: readonly string[];
};

export type Situation = {
  readonly name: string;
  readonly policy: unknown;
  readonly proposed: unknown;
  readonly given: Raw;
  readonly outcome: Outcome;
  /** Left out it is the same as `outcome`; a policy under test may change its modes unasked. */
  readonly effective: Outcome | undefined;
  readonly until: number | null | undefined;
  readonly because: readonly Expected[];
  /** Rules that must not stand in the way. */
  readonly not: readonly string[];
  /** The open rules must be exactly those that `because` names. */
  readonly complete: boolean;
};

export type DecisionCase = {
  readonly case: string;
  readonly why: string;
  /** Numbers of `bypasses.md`. */
  readonly bypass: readonly number[];
  /** The case itself, then its variations. */
  readonly situations: readonly Situation[];
};

/** Reads a case file; a key that is not known or an expectation that is missing is an error. */
export function readDecisionCase(source: string): DecisionCase {
  const document = parseDocument(source);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new CaseError(problem.message);
  const read = decisionCase(document.toJS());
  if (read.situations[0]?.policy === undefined)
    throw new CaseError("policy: there is none; write `missing`");
  return read;
}

/** The same for a case that is parsed already; without `policy`, whoever runs it has one. */
export function decisionCase(value: unknown): DecisionCase {
  const raw = mapping(value, "a case", Object.keys(CASE));
  const main = mainSituation(raw);
  const variations = VARIATIONS.flatMap(([key, outcome]) =>
    items(raw[key], key).map((item, i) =>
      variation(main, item, { name: `${key} ${i + 1}`, outcome }),
    ),
  );
  return {
    case: text(raw["case"], "case"),
    why: text(raw["why"], "why"),
    bypass: items(raw["bypass"], "bypass").map(Number),
    situations: [main, ...variations],
  };
}

function mainSituation(raw: Raw): Situation {
  const then = mapping(raw["then"], "then", Object.keys(THEN));
  const outcome = oneOf(then["outcome"], "then.outcome", OUTCOMES);
  const because = items(then["because"], "then.because").map(expectedOf);
  if (because.length === 0) throw new CaseError("then.because: nothing is expected to be said");
  return {
    name: "the case",
    policy: raw["policy"],
    proposed: raw["proposed"],
    given: anyMapping(raw["given"], "given"),
    outcome,
    effective: effectiveOf(then["effective"], "then.effective"),
    until: then["until"] === undefined ? null : instant(then["until"], "then.until"),
    because,
    not: texts(then["not"], "then.not"),
    complete: true,
  };
}

const effectiveOf = (value: unknown, where: string): Outcome | undefined =>
  value === undefined ? undefined : oneOf(value, where, OUTCOMES);

function expectedOf(value: unknown, i: number): Expected {
  const where = `then.because[${i}]`;
  const raw = mapping(value, where, Object.keys(EXPECTED));
  if (raw["says"] === undefined && raw["contains"] === undefined && raw["finds"] === undefined)
    throw new CaseError(`${where}: neither \`says\` nor \`contains\` nor \`finds\``);
  return {
    rule: text(raw["rule"], where),
    ...(raw["policy"] === undefined
      ? {}
      : { policy: oneOf(raw["policy"], where, ["in-force", "proposed"]) }),
    ...(raw["requirement"] === undefined ? {} : { requirement: text(raw["requirement"], where) }),
    ...(raw["state"] === undefined ? {} : { state: oneOf(raw["state"], where, STATES) }),
    ...(raw["outcome"] === undefined ? {} : { outcome: oneOf(raw["outcome"], where, OUTCOMES) }),
    ...(raw["contains"] === undefined ? {} : { contains: text(raw["contains"], where) }),
    ...(raw["says"] === undefined ? {} : { says: text(raw["says"], where) }),
    ...(raw["finds"] === undefined ? {} : { finds: texts(raw["finds"], where) }),
  };
}

/** What a variation writes replaces the same part of `given`; of `change`, single fields. */
function variation(
  main: Situation,
  value: unknown,
  expected: { readonly name: string; readonly outcome: Outcome },
): Situation {
  const { policy, proposed, says, effective, ...given } = anyMapping(value, expected.name);
  if (Object.keys(given).length === 0 && policy === undefined && proposed === undefined)
    throw new CaseError(`${expected.name}: changes nothing`);
  const change =
    given["change"] === undefined
      ? {}
      : {
          change: {
            ...anyMapping(main.given["change"] ?? {}, "change"),
            ...anyMapping(given["change"], "change"),
          },
        };
  return {
    name: expected.name,
    policy: policy ?? main.policy,
    proposed: proposed ?? main.proposed,
    given: { ...main.given, ...given, ...change },
    outcome: expected.outcome,
    effective: effectiveOf(effective, expected.name),
    until: undefined,
    because: texts(says, expected.name).map((sentence) => ({ rule: "", says: sentence })),
    not: [],
    complete: false,
  };
}
