// SPDX-License-Identifier: Apache-2.0
import { digestOf } from "@interlock/digest";

/** A delay below `below` that is spread by what it is for: the same again after a crash, and elsewhere. */
export function jitterMs(below: number, ...of: readonly (string | number)[]): number {
  if (below <= 0) return 0;
  const digest = digestOf("interlock/rollout-jitter/v1", of);
  return Number(BigInt(`0x${digest.slice(0, 16)}`) % BigInt(below));
}

/** How long after its n-th failure something is tried again: doubling, capped, spread by half. */
export function backoffMs(failures: number, ...of: readonly (string | number)[]): number {
  const full = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 10));
  return full / 2 + jitterMs(full / 2, ...of, failures);
}

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MOST_MS = 60_000;
