// SPDX-License-Identifier: Apache-2.0
import type { Bodies } from "@interlock/core";

const HEX = "ab".repeat(32);

const ACT: Bodies["rollout-wave"] = {
  ...{ rollout: HEX, id: "e3", change: "c-1", wave: 1, cells: ["eu-1"], version: "v2", plan: HEX },
  ...{ by: "ana", because: "errors rise" },
};
const NOTED = { rollout: HEX, what: "resume", by: "ana", because: "ROLLOUT_NOT_NOW" };

/** A body of every kind of entry that rollouts have. */
export const ROLLOUTS = {
  "rollout-proposed": {
    ...{ rollout: HEX, change: "c-1", digest: HEX, decision: HEX, system: "cart", target: "etcd" },
    ...{ version: "v2", plan: HEX, deliveries: HEX, cells: ["eu-1"], lossMicroOrders: 5 },
    ...{ persons: ["ana", "bo"], by: "ana" },
  },
  ...{ "rollout-wave": ACT, "rollout-paused": ACT, "rollout-resumed": ACT, "rollout-halted": ACT },
  ...{ "rollout-back": ACT, "rollout-proven": ACT, "rollout-ended": ACT },
  ...{ "rollout-refused": NOTED, "rollout-noted": NOTED },
  "rollout-bad": { rollout: HEX, change: "c-1", version: HEX, by: "ana", because: "empty carts" },
  "rollout-adopted": {
    ...{ rollout: HEX, change: "c-1", version: HEX },
    ...{ text: HEX, agreed: HEX, by: ["ana", "bo"] },
  },
  unwound: {
    ...{ plan: HEX, change: "c-1", system: "cart", target: "etcd", way: "undo" },
    ...{ rollouts: [HEX], agreed: HEX, by: "ana" },
  },
} satisfies Partial<Bodies>;
