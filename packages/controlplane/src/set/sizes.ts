// SPDX-License-Identifier: Apache-2.0
import type { SetLimits } from "../description.ts";
import type { SetFinding } from "./finding.ts";

/** A smaller value changes by a large share with every word. */
const VALUE_BYTES_LEAST = 256;
/** A set of fewer keys changes by a large share with every key. */
const KEYS_LEAST = 5;
const WHOLE_PPM = 1_000_000;

/** Bytes of each key's content. */
export type Sizes = ReadonlyMap<string, number>;

export function sizeFindings(
  limits: SetLimits,
  before: Sizes,
  after: Sizes,
): readonly SetFinding[] {
  const found: SetFinding[] = [];
  if (after.size > limits.keys)
    found.push({
      ...{ code: "TOO_MANY_KEYS", key: null, at: "" },
      message: `${after.size} keys are more than the ${limits.keys} that the set allows`,
      help: "remove keys, or have two people raise the limit",
    });
  for (const [key, bytes] of after) {
    if (bytes > limits.valueBytes)
      found.push({
        ...{ code: "VALUE_TOO_LARGE", key, at: "" },
        message: `\`${key}\` has ${bytes} bytes, more than the ${limits.valueBytes} that the set allows`,
        help: "shorten it, or have two people raise the limit",
      });
    const old = before.get(key);
    if (old !== undefined && old >= VALUE_BYTES_LEAST)
      found.push(...moved(limits, { key, what: "bytes", old, now: bytes }));
  }
  if (before.size >= KEYS_LEAST)
    found.push(...moved(limits, { key: null, what: "keys", old: before.size, now: after.size }));
  const [old, now] = [sum(before), sum(after)];
  if (old >= VALUE_BYTES_LEAST && before.size > 1)
    found.push(...moved(limits, { key: null, what: "bytes", old, now }));
  return found;
}

const sum = (sizes: Sizes): number => [...sizes.values()].reduce((a, b) => a + b, 0);

type Moved = {
  readonly key: string | null;
  readonly what: "bytes" | "keys";
  readonly old: number;
  readonly now: number;
};

function moved(
  { growthPpm, shrinkPpm }: SetLimits,
  { key, what, old, now }: Moved,
): readonly SetFinding[] {
  const ppm = ((now - old) / old) * WHOLE_PPM;
  const of = key === null ? "the set" : `\`${key}\``;
  const help =
    "look at what came or went; where it is meant, split the change or have two people change the limit";
  const message = `${of} goes from ${old} to ${now} ${what}`;
  if (ppm > growthPpm) return [{ code: "GROWN", key, at: "", message, help }];
  if (-ppm > shrinkPpm) return [{ code: "SHRUNK", key, at: "", message, help }];
  return [];
}
