// SPDX-License-Identifier: Apache-2.0
/** A number that stays while the unit in its key does not: `ttl_seconds: 300` becomes `ttl_ms: 300`. */
import type { ConfigDelta, ConfigDiff, Place } from "../config/types.ts";

/** Sizes of the units that keys end in, each within its own family. */
const UNITS: Readonly<Record<string, readonly [family: "time" | "size", size: number]>> = {
  us: ["time", 0.001],
  micros: ["time", 0.001],
  ms: ["time", 1],
  msec: ["time", 1],
  millis: ["time", 1],
  milliseconds: ["time", 1],
  s: ["time", 1_000],
  sec: ["time", 1_000],
  secs: ["time", 1_000],
  seconds: ["time", 1_000],
  min: ["time", 60_000],
  mins: ["time", 60_000],
  minutes: ["time", 60_000],
  h: ["time", 3_600_000],
  hours: ["time", 3_600_000],
  days: ["time", 86_400_000],
  bytes: ["size", 1],
  kb: ["size", 1e3],
  kib: ["size", 1_024],
  mb: ["size", 1e6],
  mib: ["size", 1_024 ** 2],
  gb: ["size", 1e9],
  gib: ["size", 1_024 ** 3],
};
const ENDING =
  /^(.{2,100}?)(?:[_.-](us|micros|ms|msec|millis|milliseconds|s|sec|secs|seconds|min|mins|minutes|h|hours|days|bytes|kb|kib|mb|mib|gb|gib)|(Micros|Ms|Msec|Millis|Milliseconds|Sec|Secs|Seconds|Mins|Minutes|Hours|Days|Bytes|Kb|Kib|Mb|Mib|Gb|Gib|KB|MB|GB))$/;
/** A change of unit that keeps what is meant comes closer than that; one that does not is a thousandfold. */
const FACTOR = 10;
const NUMBER = /^\d{1,15}(?:\.\d{1,6})?$/;

type Measured = { readonly stem: string; readonly family: string; readonly value: number };

function measured(key: string, text: string): Measured | null {
  const m = ENDING.exec(key);
  const unit = UNITS[(m?.[2] ?? m?.[3] ?? "").toLowerCase()];
  if (m === null || unit === undefined || !NUMBER.test(text)) return null;
  const stem = (m[1] ?? "").toLowerCase();
  return { stem, family: unit[0], value: Number(text) * unit[1] };
}

/** Numbers that leave each container, by key. */
type Gone = ReadonlyMap<Place, readonly Measured[]>;

export function goneNumbers(diff: ConfigDiff): Gone {
  const gone = new Map<Place, Measured[]>();
  for (const { op, place, key, before } of diff.deltas) {
    const was = op === "removed" && place.above !== null ? measured(key, before.text) : null;
    if (was === null || place.above === null) continue;
    gone.set(place.above, [...(gone.get(place.above) ?? []), was]);
  }
  return gone;
}

/** The same quantity under another unit went from the same place, and is another one by far. */
export function isOtherUnit(d: ConfigDelta, gone: Gone): boolean {
  if (d.op !== "added" || d.place.above === null) return false;
  const is = measured(d.key, d.after.text);
  if (is === null || is.value <= 0) return false;
  return (gone.get(d.place.above) ?? []).some(
    (was) =>
      was.stem === is.stem &&
      was.family === is.family &&
      was.value > 0 &&
      Math.max(was.value / is.value, is.value / was.value) >= FACTOR,
  );
}
