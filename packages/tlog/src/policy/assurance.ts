// SPDX-License-Identifier: Apache-2.0
import { invariant } from "../failure.ts";
import { sameBytes } from "../merkle/hash.ts";
import type { Policy } from "./parse.ts";

/**
 * What a policy is worth against a log that shows different histories to different readers.
 *
 * - `unwitnessed`: nobody but the log has to sign.
 * - `split-possible`: two quorums need not share a witness that is not the log's own, so both views
 *   can be accepted though every witness is honest.
 * - `witnessed`: any two quorums share at least `liars` independent witnesses, all of which would have
 *   to sign against their own record.
 */
export type Assurance = {
  readonly kind: "unwitnessed" | "split-possible" | "witnessed";
  readonly liars: number;
  /** For people: what may be claimed, and no more (P5). */
  readonly says: string;
};

const NOT_EXCLUDED =
  "tamper-evident to anyone holding an older checkpoint; a split view is not excluded";

/**
 * What may be claimed under a policy. `operators` names the witnesses that the log's own operator
 * runs: they add nothing against that operator, and neither does a witness with the key of a log.
 */
export function assuranceOf(policy: Policy, operators: ReadonlySet<string> = new Set()): Assurance {
  if (policy.quorum === null) return { kind: "unwitnessed", liars: 0, says: NOT_EXCLUDED };
  const logKeys = policy.logs.map(({ key }) => key.publicKey);
  const own = policy.witnesses
    .filter(({ key }) => logKeys.some((logKey) => sameBytes(logKey, key.publicKey)))
    .map(({ name }) => name);
  const liars = overlap(policy, policy.quorum, new Set([...operators, ...own]));
  if (liars === 0) return { kind: "split-possible", liars, says: NOT_EXCLUDED };
  const who = liars === 1 ? "1 independent witness signs" : `${liars} independent witnesses sign`;
  const says = `no two histories can both be accepted unless ${who} against their own record`;
  return { kind: "witnessed", liars, says };
}

/**
 * The fewest independent witnesses that two sets which both satisfy `name` have in common. Two sets
 * of `k` out of `n` members share `2k - n` members at least; and since a name is a member only once,
 * what one member needs is independent of the others.
 */
function overlap(policy: Policy, name: string, operators: ReadonlySet<string>): number {
  const group = policy.groups.find((g) => g.name === name);
  if (group === undefined) return operators.has(name) ? 0 : 1;
  const shared = 2 * group.threshold - group.members.length;
  if (shared <= 0) return 0;
  return group.members
    .map((member) => overlap(policy, member, operators))
    .sort((a, b) => a - b)
    .slice(0, shared)
    .reduce((sum, each) => sum + each, 0);
}

/** Whether these witnesses satisfy the policy's quorum. */
export function isQuorum(policy: Policy, witnesses: ReadonlySet<string>): boolean {
  return policy.quorum === null || witnessed(policy, policy.quorum, witnesses);
}

function witnessed(policy: Policy, name: string, witnesses: ReadonlySet<string>): boolean {
  const group = policy.groups.find((g) => g.name === name);
  if (group === undefined) {
    invariant(
      policy.witnesses.some((w) => w.name === name),
      "a policy refers to what it defines",
    );
    return witnesses.has(name);
  }
  const count = group.members.filter((member) => witnessed(policy, member, witnesses)).length;
  return count >= group.threshold;
}

/** What a quorum still lacks: at least `count` more of these witnesses, by their names in the policy. */
export type Lacking = { readonly count: number; readonly witnesses: readonly string[] };

const NOTHING_LACKS: Lacking = { count: 0, witnesses: [] };

/** How much is missing of the policy's quorum; `count` is 0 exactly where `isQuorum`. */
export function lackingOf(policy: Policy, witnesses: ReadonlySet<string>): Lacking {
  return policy.quorum === null ? NOTHING_LACKS : lacking(policy, policy.quorum, witnesses);
}

function lacking(policy: Policy, name: string, witnesses: ReadonlySet<string>): Lacking {
  const group = policy.groups.find((g) => g.name === name);
  if (group === undefined)
    return witnesses.has(name) ? NOTHING_LACKS : { count: 1, witnesses: [name] };
  const open = group.members
    .map((member) => lacking(policy, member, witnesses))
    .filter(({ count }) => count > 0);
  const needed = group.threshold - (group.members.length - open.length);
  if (needed <= 0) return NOTHING_LACKS;
  const fewest = open.map(({ count }) => count).sort((a, b) => a - b);
  return {
    count: fewest.slice(0, needed).reduce((sum, each) => sum + each, 0),
    witnesses: open.flatMap((one) => one.witnesses),
  };
}
