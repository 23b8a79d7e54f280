// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../../config/types.ts";
import { isAgentIdentity } from "../../kubernetes/access.ts";
import { child, eachMap, textOf, textsOf } from "../../kubernetes/node.ts";
import type { ResourcePair } from "../pair.ts";
import { findingDelta } from "../report.ts";
import type { Resource } from "../resource.ts";
import { isReading, type Width, widened, widthsOf } from "./judgement.ts";
import { type Statement, statementsIn } from "./statement.ts";

const ASPECTS: { readonly [W in Width]: string } = {
  "action-wildcard": "iam-action-wildcard",
  "resource-wildcard": "iam-resource-wildcard",
  "principal-anybody": "iam-principal-widened",
  "trust-anybody": "iam-principal-widened",
};

/** Access policies that come to give more than before, in one file or one resource. */
export function policyDeltas(
  resource: Resource,
  before: Node | undefined,
  after: Node | undefined,
): readonly Delta[] {
  const old = statementsIn(before);
  const now = statementsIn(after);
  const known = new Set(old.map(meaningOf));
  const kept = new Set(now.map(meaningOf));
  const gone = old.filter((statement) => !kept.has(meaningOf(statement)));
  return now.flatMap((statement) => {
    if (known.has(meaningOf(statement))) return [];
    const was = predecessor(statement, gone);
    const found = widthsOf(statement)
      .filter((width) => isWorse(width, was, statement))
      .map((width) => wide(resource, statement, width, was));
    if (was === undefined || !widened(was, statement) || found.length > 0) return found;
    return [resourceWidened(resource, was, statement)];
  });
}

/** Beyond this many, a statement without a predecessor counts as new, which finds more, not less. */
const CANDIDATES_MAX = 500;

/** What the statement was before: the same name or place, and the most actions in common. */
function predecessor(after: Statement, gone: readonly Statement[]): Statement | undefined {
  const likeness = (before: Statement) =>
    (before.place === after.place ? 1 : 0) +
    2 * before.actions.filter((action) => after.actions.includes(action)).length;
  return gone
    .slice(0, CANDIDATES_MAX)
    .filter((before) => before.effect === after.effect && likeness(before) > 0)
    .sort((a, b) => likeness(b) - likeness(a))[0];
}

// With one of these its holder can take every other right.
const DECISIVE = /^(?:\*|\*:\*|(?:iam|sts|kms|organizations):\*)$/i;

/** New in kind, or the same kind with an action that decides everything. */
function isWorse(width: Width, was: Statement | undefined, now: Statement): boolean {
  if (was === undefined || !widthsOf(was).includes(width)) return true;
  return now.actions.some((action) => DECISIVE.test(action) && !was.actions.includes(action));
}

/** Statements that mean the same are one, whatever they are called and wherever they stand. */
function meaningOf({ effect, actions, resources, principals, conditional }: Statement): string {
  return JSON.stringify([
    effect,
    [...actions].sort(),
    [...resources].sort(),
    [...principals].sort(),
    conditional,
  ]);
}

function wide(
  resource: Resource,
  statement: Statement,
  width: Width,
  was: Statement | undefined,
): Delta {
  const says = width.endsWith("anybody") ? statement.principals : statement.actions;
  return findingDelta(resource, {
    aspect: ASPECTS[width],
    op: was === undefined ? "added" : "changed",
    key: width.endsWith("anybody") ? "principal" : "action",
    line: statement.line,
    says: {
      before: was === undefined ? "" : describe(was),
      after: `${says.slice(0, 5).join(", ")} on ${statement.resources.slice(0, 3).join(", ") || "it"}`,
    },
    tags: [
      ...(statement.actions.includes("*") ? ["full"] : []),
      ...(width === "trust-anybody" ? ["trust"] : []),
      // A public web site reads objects and nothing else.
      ...(statement.actions.every(isReading) ? ["read-only"] : []),
      ...(isAgentIdentity(`${resource.name} ${resource.address}`) ? ["agent"] : []),
    ],
  });
}

function resourceWidened(resource: Resource, was: Statement, statement: Statement): Delta {
  return findingDelta(resource, {
    aspect: "iam-resource-widened",
    op: "changed",
    key: "resource",
    line: statement.line,
    says: { before: was.resources.slice(0, 3).join(", "), after: "*" },
    tags: [
      statement.effect,
      ...(statement.effect === "allow" &&
      statement.actions.length > 0 &&
      statement.actions.every(isReading)
        ? ["read-only"]
        : []),
      ...(statement.conditional ? ["guarded"] : []),
    ],
  });
}

function describe(statement: Statement): string {
  return `${statement.actions.slice(0, 5).join(", ")} on ${statement.resources.slice(0, 3).join(", ")}`;
}

const GCP_ROLE =
  /^google_(?:project|folder|organization|storage_bucket|kms_\w+|pubsub_\w+|bigquery_\w+|service_account)_iam_/;
const STRONG = /^roles\/(?:owner|editor|iam\.securityAdmin|resourcemanager\.\w*[aA]dmin)$/;
const PUBLIC = /^(?:allUsers|allAuthenticatedUsers)$/;
const AZURE_STRONG = /^(?:Owner|Contributor|User Access Administrator)$/;
const AWS_ADMIN = /:policy\/(?:AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;

/** Roles that a resource hands out: Google bindings, Azure assignments, managed AWS policies. */
export function grantDeltas(pair: ResourcePair): readonly Delta[] {
  if (pair.after === null) return [];
  const old = new Set(grantsOf(pair.before).map(({ id }) => id));
  const resource = pair.after;
  return grantsOf(resource)
    .filter(({ id }) => !old.has(id))
    .map(({ id, line, tags }) =>
      findingDelta(resource, {
        aspect: tags.includes("agent") ? "agent-identity-role" : "iam-principal-widened",
        op: pair.before === null ? "added" : "changed",
        key: "role",
        line,
        says: { before: "", after: id },
        tags,
      }),
    );
}

// Roles that let their holder look and nothing else.
const READING = /viewer|reader|[._]get|list/i;

type Grant = { readonly id: string; readonly line: number; readonly tags: readonly string[] };

function grantsOf(resource: Resource | null): readonly Grant[] {
  if (resource === null) return [];
  const read = (key: string) => child(resource.node, key);
  const text = (key: string) => textOf(read(key));
  const agent = isAgentIdentity(`${text("member")} ${text("user")}`) && !READING.test(text("role"));
  const grant = (id: string, line: number, tags: readonly string[]): Grant => ({
    id,
    line,
    tags: [...tags, ...(agent ? ["agent"] : [])],
  });
  if (GCP_ROLE.test(resource.type)) {
    const members = [...textsOf(read("member")), ...textsOf(read("members"))];
    const tags = [
      ...(STRONG.test(text("role")) ? ["full"] : []),
      ...(members.some((member) => PUBLIC.test(member)) ? ["public"] : []),
      ...(members.every((member) => member.startsWith("group:")) ? ["group"] : []),
    ];
    if (!tags.includes("full") && !tags.includes("public") && !agent) return [];
    const line = read("role")?.line ?? resource.line;
    return members.map((member) => grant(`${text("role")} to ${member}`, line, tags));
  }
  if (resource.type === "azurerm_role_assignment") {
    const role = text("role_definition_name");
    const wide =
      AZURE_STRONG.test(role) &&
      /^(?:\/subscriptions\/[^/]+|\$\{data\.azurerm_subscription\..*)$/.test(text("scope"));
    return wide ? [grant(`${role} on ${text("scope")}`, resource.line, ["full"])] : [];
  }
  return managedPolicies(resource).map(({ arn, line }) => grant(arn, line, ["full"]));
}

function managedPolicies(
  resource: Resource,
): readonly { readonly arn: string; readonly line: number }[] {
  if (!/iam|IAM/.test(resource.type)) return [];
  const found: { arn: string; line: number }[] = [];
  eachMap(resource.node, (map) => {
    if (map.kind !== "map") return;
    for (const { value, keyLine } of map.entries) {
      for (const arn of textsOf(value)) if (AWS_ADMIN.test(arn)) found.push({ arn, line: keyLine });
    }
  });
  return found;
}
