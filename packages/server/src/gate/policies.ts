// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import {
  type CompiledPolicy,
  compilePolicy,
  type DecisionRecord,
  judgedDigest,
  type Policy,
} from "@interlock/core";
import { canonicalJson, type Digest, digestOf, type Json } from "@interlock/digest";
import { unsoundRule } from "@interlock/policy";
import { readPolicyShape } from "@interlock/protocol";
import type { Refusal } from "../http/bind.ts";

type Judging = DecisionRecord["policies"][number];

export type PoliciesRead =
  | { readonly ok: true; readonly policies: DecisionRecord["policies"] }
  | { readonly ok: false; readonly failure: Refusal };

/** A server meets few policies, and each of them thousands of times. */
const REMEMBERED = 64;
/** In UTF-16 code units: what is larger is read each time. */
const LARGEST = 1 << 20;

/** Reads policies from the wire, compiles and digests them, each content once. */
export type PolicyBook = {
  readonly read: (given: readonly GivenPolicy[]) => PoliciesRead;
  readonly compiled: (policy: Policy) => CompiledPolicy;
  /** Policies as a record has them, as canonical JSON, and their `judgedDigest`. */
  readonly written: (policies: DecisionRecord["policies"]) => WrittenPolicies;
};

export type WrittenPolicies = { readonly text: string; readonly judged: Digest };

export type GivenPolicy =
  | { readonly role: Judging["role"]; readonly policy: Readonly<Record<string, unknown>> }
  | { readonly role: Judging["role"]; readonly unreadable: string }
  /** Said by this server of what a person shows: never part of what a caller sends. */
  | { readonly role: Judging["role"]; readonly shown: string };

/**
 * A policy from an enforcement point is checked like one from a file: in shape, and each expression
 * for soundness and cost, so that no token can keep the server busy with one rule.
 */
export function policyBook(): PolicyBook {
  const readings = new Map<string, readonly Judging[]>();
  const written = new WeakMap<DecisionRecord["policies"], WrittenPolicies>();
  const checked = new Map<Digest, Policy>();
  const compiled = new WeakMap<Policy, CompiledPolicy>();
  const one = (given: GivenPolicy): Judging | Refusal => {
    if ("shown" in given) return { role: given.role, shown: given.shown };
    if ("unreadable" in given) return { role: given.role, unreadable: given.unreadable };
    const key = digestOf("interlock/policy-data/v1", given.policy as Json); // parsed from JSON
    const known = checked.get(key);
    if (known !== undefined) return { role: given.role, policy: known };
    const read = readPolicyShape(given.policy);
    if (!read.ok) return invalid(`the policy, \`${read.path}\`: ${read.message}`);
    const unsound = unsoundRule(read.policy);
    if (unsound !== null) return invalid(`the rule \`${unsound.rule}\`: ${unsound.message}`);
    remember(checked, key, read.policy);
    return { role: given.role, policy: read.policy };
  };
  return {
    read: (given) => {
      const text = JSON.stringify(given);
      // Parsed from JSON: equal texts are equal values, and one of another order is read for itself.
      const key = createHash("sha256").update(text).digest("hex");
      const known = readings.get(key);
      if (known !== undefined) return { ok: true, policies: known };
      const policies: Judging[] = [];
      for (const each of given) {
        const found = one(each);
        if ("code" in found) return { ok: false, failure: found };
        policies.push(found);
      }
      if (text.length <= LARGEST) remember(readings, key, policies);
      return { ok: true, policies };
    },
    written: (policies) => {
      const known = written.get(policies) ?? {
        text: canonicalJson(policies as unknown as Json), // plain data
        judged: judgedDigest(policies),
      };
      written.set(policies, known);
      return known;
    },
    compiled: (policy) => {
      const known = compiled.get(policy) ?? compilePolicy(policy);
      compiled.set(policy, known);
      return known;
    },
  };
}

function remember<K, V>(known: Map<K, V>, key: K, value: V): void {
  const [oldest] = known.keys();
  if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
  known.set(key, value);
}

const invalid = (message: string): Refusal => ({
  code: "POLICY_INVALID",
  message,
  help: "run `interlock policy lint` in the repository; nothing was judged",
});
