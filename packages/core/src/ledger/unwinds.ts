// SPDX-License-Identifier: Apache-2.0
import { about, list, object, optional, text } from "../schema.ts";

const name = text({ max: 200 });
const digest = text({ max: 64, form: "digest" });

/**
 * What rollouts wrote is taken away from here on, or comes back: what every later plan of an unwind
 * starts from. The subject of the entry is a digest of the target's name.
 */
export const UNWOUND = object({
  plan: about("SHA-256 of the text that was agreed upon", digest),
  change: about("the change whose writes they are", name),
  system: name,
  target: name,
  way: text({ values: ["undo", "redo"] }),
  rollouts: about("whose writes are taken away or come back, sorted", list(digest, 1_000)),
  rollout: about("the rollout that writes it, where anything is to be written", optional(digest)),
  agreed: about("the entry of the agreement", digest),
  by: about("who began it", name),
});
