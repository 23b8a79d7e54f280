// SPDX-License-Identifier: Apache-2.0
/** Bodies of entries about what nothing explains, and about what landed. */
import type { Bodies } from "@interlock/core";
import type { Digest } from "@interlock/digest";

const HEX = "0123456789abcdef".repeat(4) as Digest; // 64 of its digits

export const UNRECORDED_GOOD: Pick<
  Bodies,
  "unrecorded" | "unrecorded-key" | "unrecorded-closed" | "watch-began" | "landed"
> = {
  unrecorded: {
    ...{ repository: "git:1", ref: "refs/heads/main", because: "not-allowed", token: "t1" },
    ...{ old: "1".repeat(40), new: "2".repeat(40) },
  },
  "unrecorded-key": {
    ...{ target: "etcd", cell: "north", key: "promise/a", before: HEX, because: "not-written" },
    after: "",
  },
  "unrecorded-closed": {
    ...{ entry: HEX, target: "etcd", cell: "north", key: "promise/a", how: "came-back" },
  },
  landed: { repository: "git:1", target: "refs/heads/main", head: "2".repeat(40) },
  "watch-began": { target: "etcd", cell: "north", keys: 2, holds: HEX },
};
