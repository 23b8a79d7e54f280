// SPDX-License-Identifier: Apache-2.0
import { report } from "@interlock/policy";
import type { At } from "./fields.ts";

export const WHOLE_PPM = 1_000_000;

/** Shares are of one whole: what is missing would be exposed without anybody having planned it. */
export function refuseSum(at: At, field: string, shares: readonly number[]): void {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (sum === WHOLE_PPM) return;
  report(
    at.r,
    "SUM_INVALID",
    field === "" ? at.path : [...at.path, field],
    `the shares add up to ${percentOf(sum)}, not to 100%`,
    "three equal ones are 33.3334%, 33.3333% and 33.3333%",
  );
}

export const percentOf = (ppm: number): string => `${ppm / 10_000}%`;
