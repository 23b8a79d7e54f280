// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, lineOf, shape, textOf, textsOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf } from "./report.ts";

const ROLE_KINDS = new Set(["Role", "ClusterRole"]);
const BINDING_KINDS = new Set(["RoleBinding", "ClusterRoleBinding"]);
const AGENT =
  /(?:^|[^a-z])(?:ai|agent|copilot|claude|codex|cursor|devin|llm|mcp|assistant)(?:[^a-z]|$)/i;
// Tools whose service is called "agent" without being one that decides anything by itself.
const NOT_AN_AGENT =
  /(?:datadog|newrelic|grafana|prometheus|node|cluster|monitoring|logging|telegraf|fluent|elastic|vault|cilium|jaeger|otel|opentelemetry|ssm|cloudwatch|azure-?pipelines|buildkite|jenkins|gitlab|teamcity|kas|gpu|dns|connect|splunk|zabbix|wazuh|consul)[-_]?.{0,20}agent|agent[-_]?(?:pool|injector|config)|user-?agent|gcp-sa-|service-?agent/i;

/** An identity that a program with its own judgement uses. */
export function isAgentIdentity(name: string): boolean {
  return AGENT.test(name.slice(0, 300)) && !NOT_AN_AGENT.test(name.slice(0, 300));
}

/** Roles that come to allow everything, and bindings that hand such a role out. */
export function accessDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [];
  if (ROLE_KINDS.has(pair.after.kind)) return roleDeltas(pair, pair.after);
  return BINDING_KINDS.has(pair.after.kind) ? bindingDeltas(pair, pair.after) : [];
}

const rulesOf = (object: KubeObject | null): readonly Node[] =>
  itemsOf(child(object?.root, "rules"));

function roleDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  const known = new Set(rulesOf(pair.before).map((rule) => shape(rule)));
  const worst = Math.max(0, ...rulesOf(pair.before).map(width));
  return rulesOf(object).flatMap((rule) => {
    if (known.has(shape(rule)) || width(rule) === 0 || width(rule) <= worst) return [];
    return [
      deltaOf(pair, {
        aspect: "rbac-wildcard",
        key: "rules",
        op: "added",
        after: rule,
        line: rule.line,
        tags: [
          ...(width(rule) === 2 ? ["full"] : []),
          object.kind === "ClusterRole" ? "cluster-wide" : "namespaced",
        ],
      }),
    ];
  });
}

// A verb that lets its holder take any other right.
const ESCALATION = /^(?:escalate|bind|impersonate)$/;

/** 2: everything, or the right to take everything; 1: every verb on secrets or every resource. */
function width(rule: Node): number {
  const verbs = textsOf(child(rule, "verbs"));
  const resources = textsOf(child(rule, "resources"));
  const groups = textsOf(child(rule, "apiGroups"));
  const everyVerb = verbs.includes("*");
  if (everyVerb && resources.includes("*") && groups.includes("*")) return 2;
  if (everyVerb && resources.includes("*") && groups.includes("")) return 2;
  if (resources.includes("*") && verbs.some((verb) => ESCALATION.test(verb))) return 2;
  return everyVerb && resources.some((r) => r === "*" || r === "secrets") ? 1 : 0;
}

const ANYBODY = /^system:(?:anonymous|authenticated|unauthenticated)$/;
const STRONG_ROLES = new Set(["cluster-admin", "admin"]);

function bindingDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  const role = textOf(at(object.root, "roleRef", "name"));
  const sameRole = textOf(at(pair.before?.root, "roleRef", "name")) === role;
  const known = new Set(
    sameRole ? itemsOf(child(pair.before?.root, "subjects")).map(subjectOf) : [],
  );
  return itemsOf(child(object.root, "subjects")).flatMap((subject) => {
    const who = subjectOf(subject);
    if (known.has(who)) return [];
    const name = textOf(child(subject, "name"));
    const tags = [
      ...(role === "cluster-admin" && object.kind === "ClusterRoleBinding" ? ["full"] : []),
      ...(STRONG_ROLES.has(role) ? ["strong"] : []),
      ...(ANYBODY.test(name) ? ["anybody"] : []),
      // A group is made of people, whatever it works on.
      ...(textOf(child(subject, "kind")) !== "Group" && isAgentIdentity(name) ? ["agent"] : []),
    ];
    if (tags.length === 0) return [];
    return [
      deltaOf(pair, {
        aspect: tags.includes("agent") ? "agent-identity-role" : "rbac-binding",
        key: "subjects",
        op: "added",
        after: subject,
        line: lineOf(subject, "name"),
        says: { before: "", after: `${role} to ${who}` },
        tags,
      }),
    ];
  });
}

function subjectOf(subject: Node): string {
  return ["kind", "namespace", "name"]
    .map((key) => textOf(child(subject, key)))
    .filter((part) => part !== "")
    .join("/");
}
