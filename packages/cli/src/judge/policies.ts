// SPDX-License-Identifier: Apache-2.0
/** Which policies judge a change: the one in force, the proposed one, or the built-in ones. */
import {
  approvals,
  type JudgingPolicy,
  judgedDigest,
  type Policy,
  type Rule,
} from "@interlock/core";
import { builtInPacks } from "@interlock/policy";
import { compiled } from "./compiled.ts";
import { gateKept } from "./gate-kept.ts";
import { loadSource, type PolicyFile, type PolicySource } from "./policy-source.ts";

export const POLICY_PATH = "interlock/policy.yaml";
const PACK = "reliability-core";

const builtInRules = (): readonly Rule[] => builtInPacks().get(PACK) ?? [];

/** With no policy anywhere, the default pack looks on: nothing is blocked, everything is said. */
export function defaultPolicy(): Policy {
  return { ...BARE, id: PACK, rules: builtInRules(), otherwise: [approvals(1, "owners")] };
}

const BARE: Policy = {
  id: "",
  version: 1,
  mode: "observe",
  rules: [],
  otherwise: [],
  overrides: [],
  freezes: [],
  calendars: [],
  missingOwner: "hold",
};

export type Policies = {
  readonly policies: readonly JudgingPolicy[];
  /** Where they came from, for people. */
  readonly origin: string;
};

export type Judges = {
  readonly inForce: PolicyFile;
  readonly proposed: PolicyFile;
  /** Digest of a first policy that somebody has read and trusts. */
  readonly trusted: string | undefined;
  /** Why the state before the change cannot be read, where that is known. */
  readonly fault: string | undefined;
};

/**
 * A change to the policy is judged by the policy in force and by the proposed one. by (own-policy)
 * What may be there and cannot be read holds. by (fail-closed)
 */
export function policiesOf({ inForce, proposed, trusted, fault }: Judges): Policies {
  const unread = inForce.kind === "unreadable" ? inForce : proposed;
  if (unread.kind === "unreadable") {
    const because = fault ?? unread.because;
    return { policies: [{ role: "in-force", kind: "unreadable", because }], origin: POLICY_PATH };
  }
  if (inForce.kind !== "text")
    return proposed.kind === "text" ? first(proposed, trusted) : builtIn();
  const judge = judging("in-force", inForce);
  if (proposed.kind !== "text") {
    const because = `the change deletes \`${POLICY_PATH}\``;
    return both(judge, { role: "proposed", kind: "unreadable", because });
  }
  return inForce.key === proposed.key
    ? { policies: [judge], origin: POLICY_PATH }
    : both(judge, judging("proposed", proposed));
}

const both = (judge: JudgingPolicy, second: JudgingPolicy): Policies => ({
  policies: [judge, second],
  origin: `${POLICY_PATH}, in force and proposed`,
});

function builtIn(): Policies {
  const policy = remembered("built-in", () => ({
    role: "in-force",
    kind: "policy",
    policy: compiled(defaultPolicy()),
  }));
  return {
    policies: [policy],
    origin: `the built-in pack ${PACK}, since there is no \`${POLICY_PATH}\``,
  };
}

/**
 * Before the first policy there was none that could accept it. Somebody must read it and say so, or
 * whoever brings it would choose the rules for everybody (design section 5, question 7).
 */
function first(source: PolicySource, trusted: string | undefined): Policies {
  const judge = judging("proposed", source);
  const origin = `${POLICY_PATH}, which is the first`;
  if (judge.kind === "policy" && wordForWord(judge.policy.policy) === trusted)
    return { policies: [judge], origin };
  const rule: Rule = {
    id: "first-policy",
    title: "The first policy is read and trusted before it judges",
    says: `the change brings the first \`${POLICY_PATH}\``,
    help:
      judge.kind === "policy"
        ? `read \`${POLICY_PATH}\`; if it is what you want, run again with \`--trust-first-policy ${wordForWord(judge.policy.policy)}\``
        : `mend \`${POLICY_PATH}\` first: ${judge.because}`,
    require: [approvals(2, "anyone")],
    covers: false,
    origin: "bootstrap",
  };
  const bootstrap = compiled({ ...BARE, id: "bootstrap", mode: "enforce", rules: [rule] });
  return { policies: [{ role: "in-force", kind: "policy", policy: bootstrap }, judge], origin };
}

/** Of all that it says: the digest that approvals name leaves out modes, and softer ones are another policy. */
const wordForWord = (policy: Policy): string => judgedDigest([{ role: "proposed", policy }]);

/** One that was read here, or could not be. */
type Read = Exclude<JudgingPolicy, { readonly kind: "shown" }>;

function judging(role: JudgingPolicy["role"], source: PolicySource): Read {
  return remembered(`${role}\n${source.key}`, () => {
    const loaded = loadSource(POLICY_PATH, source);
    if (loaded.ok) return { role, kind: "policy", policy: gateKept(loaded.policy) };
    const problem = loaded.problems[0];
    const because =
      problem === undefined
        ? "it does not load"
        : `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
    return { role, kind: "unreadable", because };
  });
}

const COMPILED = new Map<string, Read>();
/** A history changes its policy rarely; this only keeps a pathological one from filling memory. */
const COMPILED_MAX = 200;

function remembered(key: string, make: () => Read): Read {
  const known = COMPILED.get(key) ?? make();
  if (COMPILED.size > COMPILED_MAX) COMPILED.clear();
  COMPILED.set(key, known);
  return known;
}
