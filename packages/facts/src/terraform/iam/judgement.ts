// SPDX-License-Identifier: Apache-2.0
import type { Statement } from "./statement.ts";

/** What is too wide about a statement. */
export type Width = "action-wildcard" | "resource-wildcard" | "principal-anybody" | "trust-anybody";

/** Everything that a statement gives away, worst first; a statement that denies gives nothing. */
export function widthsOf(statement: Statement): readonly Width[] {
  if (statement.effect === "deny") return [];
  const found: Width[] = [];
  const anybody = statement.principals.some((name) => /^(?:\*|.*:root:\*)$/.test(name));
  const trust = statement.actions.some(
    (action) => /^sts:AssumeRole/i.test(action) || action === "*",
  );
  if (anybody && !statement.conditional) {
    found.push(trust ? "trust-anybody" : "principal-anybody");
  }
  // In a policy that is attached to a resource, `*` means that resource.
  const attached = statement.principals.length > 0;
  const everywhere = statement.resources.some(isEverything);
  if (everywhere && !attached && !statement.conditional) {
    if (statement.actions.some(isWideAction)) found.push("action-wildcard");
    else if (statement.actions.some((action) => !isReading(action)))
      found.push("resource-wildcard");
  }
  return found;
}

/** `*` of everything, and of every bucket, table, key … of a service. */
export function isEverything(resource: string): boolean {
  return resource === "*" || /^arn:[a-z-]*:[a-z0-9-]+:\*?:\*?:(?:\*|[a-z-]+[/:]\*)$/.test(resource);
}

// Services where every action means read, write and delete of what matters.
const QUIET_SERVICES =
  /^(?:cloudwatch|logs|xray|ec2messages|ssmmessages|sts|tag|ce|pricing|health|support|trustedadvisor|access-analyzer|servicequotas|events|sns|ses|application-autoscaling|autoscaling-plans):/i;

/** Every action, or every action of a service that matters. */
export function isWideAction(action: string): boolean {
  if (action === "*" || action === "*:*") return true;
  return /^[a-z0-9-]+:\*$/i.test(action) && !QUIET_SERVICES.test(action);
}

export function isReading(action: string): boolean {
  return /:(?:get|list|describe|batchget|lookup|search|view|read|query|scan|head|select|check|estimate|simulate|generate)/i.test(
    action,
  );
}

/** A resource of this statement that covers more than any that the other named. */
export function widened(before: Statement, after: Statement): boolean {
  const now = after.resources.some((resource) => resource === "*");
  const was = before.resources.some((resource) => resource === "*");
  return now && !was && before.resources.length > 0;
}
