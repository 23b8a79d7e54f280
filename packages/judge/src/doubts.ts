// SPDX-License-Identifier: Apache-2.0
import type { Doubt } from "./baseline.ts";

const WORDS: Readonly<Record<Doubt, string>> = {
  "little-history": "fewer than 60 slots with events",
  "share-drifts": "the cells' shares drift more than their noise explains",
  "split-mismatch": "the traffic is not split as declared",
  "replay-broke-it": "the replay halted more often than promised",
  "replay-too-short": "fewer than 30 runs of the replay",
  "not-replayed": "the past was not replayed",
  asymptotic: "it holds in the limit of many samples only",
};

/** A doubt as people read it; what a later version may name stands as it is. */
export const doubtText = (doubt: string): string =>
  Object.hasOwn(WORDS, doubt) ? WORDS[doubt as Doubt] : doubt; // the key was just looked for
