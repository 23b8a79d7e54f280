// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import type { Language } from "./language.ts";
import {
  type Detector,
  functionAround,
  lengthOf,
  type Side,
  type Sighting,
  sightingOf,
} from "./sighting.ts";

const LOOPS: Readonly<Record<Language, readonly string[]>> = {
  javascript: ["for_in_statement", "for_statement"],
  python: ["for_statement"],
  go: ["for_statement"],
  java: ["enhanced_for_statement", "for_statement"],
};

/** Effects on the outside that must not happen twice. */
const EFFECT =
  /\b(send|deliver|email|mail|notify|charge|refund|transfer|payout|pay|publish|ship|invoice|bill|post)\w*\s*\(|\.(send|deliver|charge|refund|transfer|publish|capture|pay)\w*\s*\(/i;
/** Writing down that the work is done. */
const DONE =
  /\b(mark\w*(done|processed|sent|complete\w*|finished|paid|delivered)|set\w*(done|processed|sent|complete\w*|last_?run|checkpoint|cursor|offset|watermark)|(save|update|write|store|commit)\w*(checkpoint|cursor|offset|watermark|progress|last_?run)|commit_?offsets?|ack_?all|acknowledge_?all)\w*\s*\(|\b(status|state)\s*[:=]\s*['"](done|sent|processed|complete[d]?|paid)['"]/i;
const KEYED =
  /idempot|dedup|already_?(sent|processed|done|paid)|on conflict|processed_?ids|seen\b/i;

/** Longer loops are whole programs. */
const LOOP_MAX = 10_000;

function markedAtEnd(side: Side): readonly Sighting[] {
  const root = side.root();
  if (root === null || side.language === null) return [];
  return root
    .findAll({ rule: { any: LOOPS[side.language].map((kind) => ({ kind })) } })
    .filter((loop) => {
      if (lengthOf(loop) > LOOP_MAX) return false;
      const text = loop.text();
      return EFFECT.test(text) && !DONE.test(text) && !KEYED.test(text) && marksAfter(loop);
    })
    .map((loop) => {
      const name = functionAround(loop);
      return sightingOf(loop, name === null ? {} : { subject: name });
    });
}

/** Whether a later statement of the same block marks the work done. */
function marksAfter(loop: SgNode): boolean {
  for (let next = loop.next(), n = 0; next !== null && n < 20; next = next.next(), n += 1)
    if (DONE.test(next.text().slice(0, 2_000))) return true;
  return false;
}

/** R14: a batch that is marked done only after its last item, so that a crash repeats them all. */
export const BATCH_DETECTORS: readonly Detector[] = [
  {
    id: "batch-marked-at-end",
    aspect: "batch-marks-done-at-end",
    languages: ["javascript", "python", "go", "java"],
    hint: DONE,
    find: markedAtEnd,
  },
];
