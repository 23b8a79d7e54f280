// SPDX-License-Identifier: Apache-2.0
import { type Facts, RISK_MODEL, type RiskFeatures, score } from "@interlock/core";
import type { RiskView } from "../output/judgement.ts";

/** The score of a measured change; it orders queues and reports and decides nothing. */
export function riskOf(features: RiskFeatures): RiskView {
  const { ppm, percentile, terms } = score(features, RISK_MODEL);
  return { ppm, percentile, terms };
}

/** The score by what the facts hold of the past; `null` where nobody measured it. */
export const riskIn = ({ history }: Pick<Facts, "history">): RiskView | null =>
  history === undefined ? null : riskOf(history);
