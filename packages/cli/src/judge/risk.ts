// SPDX-License-Identifier: Apache-2.0
import { RISK_MODEL, score } from "@interlock/core";
import type { Measured } from "@interlock/facts";
import type { RiskView } from "../output/judgement.ts";

/** The score of a measured change; it orders queues and reports and decides nothing. */
export function riskOf(measured: Measured): RiskView {
  const { ppm, percentile, terms } = score(measured.values, RISK_MODEL);
  return { ppm, percentile, terms };
}
