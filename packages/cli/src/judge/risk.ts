// SPDX-License-Identifier: Apache-2.0
import type { Measured } from "@interlock/facts";
import type { RiskView } from "../output/judgement.ts";

/** The score of a measured change; it orders queues and reports and decides nothing. */
export function riskOf(_measured: Measured): RiskView | null {
  return null;
}
