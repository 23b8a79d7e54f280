// SPDX-License-Identifier: Apache-2.0
/** What the rollout of an unwind has for the id of its change: no change that a gate judged has a colon. */
export const changeOfPlan = (plan: string): string => `unwind:${plan}`;

/** The plan behind the change of a rollout, or `null`: the rollout brings a change. */
export const planOfChange = (change: string): string | null =>
  change.startsWith("unwind:") ? change.slice("unwind:".length) : null;
