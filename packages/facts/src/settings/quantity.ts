// SPDX-License-Identifier: Apache-2.0
export type Quantity = {
  readonly unit: "" | "ms" | "bytes" | "ppm" | "millicpu";
  readonly micro: number;
};

const TIME: Readonly<Record<string, number>> = {
  ms: 1,
  millis: 1,
  milliseconds: 1,
  s: 1_000,
  sec: 1_000,
  secs: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};
const SIZE: Readonly<Record<string, number>> = {
  b: 1,
  k: 1e3,
  kb: 1e3,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  ki: 1024,
  kib: 1024,
  mi: 1024 ** 2,
  mib: 1024 ** 2,
  gi: 1024 ** 3,
  gib: 1024 ** 3,
  ti: 1024 ** 4,
  tib: 1024 ** 4,
};

/** Digits, a unit and white space between them. */
const TEXT_MAX = 100;

/**
 * A number with its unit, in millionths of the base unit (milliseconds, bytes, parts per million);
 * `null` for what is no number or does not fit a safe integer.
 */
export function quantityOf(text: string): Quantity | null {
  // Most values are words: what is long or starts with a letter is no number.
  if (text.length > TEXT_MAX || text.charCodeAt(0) > 57) return null;
  const trimmed = text.trim();
  const match = /^([-+]?\d{1,15}(?:\.\d{1,9})?)\s*([a-zA-Z%]{0,12})$/.exec(trimmed);
  if (match === null) return compoundDuration(trimmed);
  const value = Number(match[1]);
  const unit = (match[2] ?? "").toLowerCase();
  if (unit === "") return quantity("", value);
  if (unit === "%") return quantity("ppm", value * 10_000);
  const time = TIME[unit];
  if (time !== undefined) return quantity("ms", value * time);
  const size = SIZE[unit];
  return size === undefined ? null : quantity("bytes", value * size);
}

function compoundDuration(text: string): Quantity | null {
  if (!/^(?:\d{1,6}(?:ms|s|m|h|d)){2,5}$/.test(text)) return null;
  let ms = 0;
  for (const [, n, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g))
    ms += Number(n) * (TIME[unit ?? ""] ?? 0);
  return quantity("ms", ms);
}

function quantity(unit: Quantity["unit"], value: number): Quantity | null {
  const micro = Math.round(value * 1_000_000);
  return Number.isSafeInteger(micro) ? { unit, micro } : null;
}

/** after / before in parts per million, rounded down; 0 when undefined or beyond all reason. */
export function ratioPpm(before: number, after: number): number {
  if (before <= 0 || after < 0) return 0;
  const ratio = Number((BigInt(after) * 1_000_000n) / BigInt(before));
  return Number.isSafeInteger(ratio) ? ratio : Number.MAX_SAFE_INTEGER;
}
