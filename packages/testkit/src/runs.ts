// SPDX-License-Identifier: Apache-2.0

/**
 * How often a property is tried: as often as it says, or `CAMPAIGN` times that in a campaign
 * (`npm run campaign:laws`), whose finds become cases.
 */
export const runs = (usually: number): number =>
  usually * Math.max(1, Number(process.env["CAMPAIGN"] ?? 1));
