// SPDX-License-Identifier: Apache-2.0
export * from "./campaign.ts";
export { FAULTS, type Fault, type FaultyLine, faultyLine } from "./faulty-line.ts";
export * from "./ordeals.ts";
export { type ServerProcess, startServerProcess } from "./server-process.ts";
export type { Seat, Site } from "./site.ts";
export { type CampaignWitness, campaignWitness } from "./witness.ts";
