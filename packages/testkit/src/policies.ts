// SPDX-License-Identifier: Apache-2.0
import {
  approvals,
  compilePolicy,
  DEFAULT_OTHERWISE,
  type Decision,
  decide,
  type Facts,
  type Policy,
  type Rule,
} from "@interlock/core";

export const rule = (id: string, more: Partial<Rule> = {}): Rule => ({
  id,
  title: `rule ${id}`,
  says: "",
  help: "",
  require: [],
  covers: false,
  origin: "test",
  ...more,
});

export const policyOf = (rules: readonly Rule[], more: Partial<Policy> = {}): Policy => ({
  id: "test",
  version: 1,
  mode: "enforce",
  rules,
  otherwise: DEFAULT_OTHERWISE,
  overrides: [],
  freezes: [],
  calendars: [],
  missingOwner: "hold",
  ...more,
});

/** A policy that two owners must approve every change. */
export const TWO_OWNERS = policyOf([
  rule("two-owners", { covers: true, require: [approvals(2, "owners")] }),
]);

export const decideBy = (policy: Policy, facts: Facts): Decision =>
  decide([{ role: "in-force", kind: "policy", policy: compilePolicy(policy) }], facts);
