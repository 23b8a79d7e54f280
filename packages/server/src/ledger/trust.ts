// SPDX-License-Identifier: Apache-2.0
import { formatVerifierKey, type VerifierKey } from "@interlock/tlog";
import type { WitnessAt } from "./witnesses.ts";

/** How many of the server's witnesses a checkpoint needs; `majority`: more than half of them. */
export type WitnessQuorum = "majority" | "all" | "any" | "none" | number;

const GROUP = "witnesses";

/**
 * The trust policy (c2sp.org/tlog-policy) that a server gives out. It repeats what the server was told;
 * whoever does not want to believe it in that writes their own.
 */
export function trustPolicy(
  log: VerifierKey,
  witnesses: readonly WitnessAt[],
  quorum: WitnessQuorum,
): string {
  const names = witnesses.map((_, at) => `w${at + 1}`);
  const needed = neededOf(quorum, names.length);
  return [
    `log ${formatVerifierKey(log)}`,
    ...witnesses.map(({ key }, at) => `witness ${names[at]} ${formatVerifierKey(key)}`),
    ...(needed === 0
      ? ["quorum none"]
      : [`group ${GROUP} ${needed} ${names.join(" ")}`, `quorum ${GROUP}`]),
    "",
  ].join("\n");
}

function neededOf(quorum: WitnessQuorum, witnesses: number): number {
  if (witnesses === 0) return 0;
  switch (quorum) {
    case "none":
      return 0;
    case "any":
      return 1;
    case "all":
      return witnesses;
    case "majority":
      return Math.floor(witnesses / 2) + 1;
    default:
      return quorum;
  }
}
