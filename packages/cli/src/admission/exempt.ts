// SPDX-License-Identifier: Apache-2.0
/** Who may write without an allowed change: each exemption names who, what and why. */
import type { Review } from "./review.ts";
import type { Exemption } from "./settings.ts";

/** Names are compared as they are: no patterns, no case. */
export function exemptionFor(
  { user, groups, operation, resource, namespace }: Review,
  exemptions: readonly Exemption[],
): Exemption | null {
  const found = exemptions.find(
    (one) =>
      (one.user === undefined || one.user === user) &&
      (one.group === undefined || groups.includes(one.group)) &&
      one.operations.some((its) => its === operation) &&
      one.resources.some((its) => its === resource) &&
      (one.namespaces === undefined || one.namespaces.includes(namespace)),
  );
  return found ?? null;
}
