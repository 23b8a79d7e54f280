// SPDX-License-Identifier: Apache-2.0
/** The policies of a case: a file, rules in place, or one of the ways in which a policy is not there. */
import {
  type CompiledPolicy,
  compilePolicy,
  type JudgingPolicy,
  type Policy,
  type PolicyRole,
} from "@interlock/core";
import { stringify } from "yaml";
import { loadPolicy } from "../load/policy.ts";
import { problemText } from "../problem.ts";
import { anyMapping, CaseError, mapping, text } from "./fields.ts";

/** The text of a policy file that a case names. */
export type ReadPolicy = (name: string) => string;

export type CasePolicy = {
  readonly judging: readonly JudgingPolicy[];
  /** The loaded policies; one that cannot be read is not among them. */
  readonly loaded: readonly { readonly role: PolicyRole; readonly policy: Policy }[];
};

/** The policy that is tested judges wherever a test names none. */
export const tested = (role: PolicyRole, policy: CompiledPolicy): CasePolicy => ({
  judging: [{ role, kind: "policy", policy }],
  loaded: [{ role, policy: policy.policy }],
});

/**
 * `missing`, `{unreadable: why}`, `{broken: YAML that must not load}`, `name.yaml`, or a policy in
 * place, which is enforced unless it says otherwise.
 */
export function casePolicy(source: unknown, role: PolicyRole, read: ReadPolicy): CasePolicy {
  if (source === "missing") return { judging: [], loaded: [] };
  if (typeof source === "string") return loaded(role, source, read(source));
  const raw = anyMapping(source, "policy");
  if ("unreadable" in raw)
    return unreadable(role, text(mapping(raw, "policy", ["unreadable"])["unreadable"], "policy"));
  if ("broken" in raw)
    return broken(role, text(mapping(raw, "policy", ["broken"])["broken"], "policy"));
  return loaded(role, "case", stringify({ policy: "case", mode: "enforce", ...raw }));
}

function loaded(role: PolicyRole, file: string, source: string): CasePolicy {
  const result = loadPolicy(file, source);
  if (!result.ok)
    throw new CaseError(`policy: ${result.problems.map((p) => problemText(p)).join("; ")}`);
  return tested(role, compilePolicy(result.policy));
}

function broken(role: PolicyRole, source: string): CasePolicy {
  const result = loadPolicy("policy.yaml", source);
  if (result.ok) throw new CaseError("policy: `broken` loads, so it shows nothing");
  return unreadable(role, result.problems[0]?.message ?? "");
}

const unreadable = (role: PolicyRole, because: string): CasePolicy => ({
  judging: [{ role, kind: "unreadable", because }],
  loaded: [],
});
