// SPDX-License-Identifier: Apache-2.0

/** A long id with its middle left out; both ends stay, since people compare ends. */
export function shortened(id: string, ends = 6): string {
  return id.length <= ends * 2 + 1 ? id : `${id.slice(0, ends)}…${id.slice(-ends)}`;
}

const UNITS = [
  { name: "day", ms: 86_400_000 },
  { name: "hour", ms: 3_600_000 },
  { name: "minute", ms: 60_000 },
  { name: "second", ms: 1_000 },
] as const;

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** `in 3 hours`, `2 minutes ago`; rounded down, so that nothing seems older or further than it is. */
export function relative(at: number, now: number): string {
  const away = at - now;
  const unit = UNITS.find(({ ms }) => Math.abs(away) >= ms);
  if (unit === undefined) return "now";
  return RELATIVE.format(Math.trunc(away / unit.ms), unit.name);
}

/** The exact time, as logs and the ledger write it. */
export const utc = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

const LIST = new Intl.ListFormat("en-GB", { type: "conjunction" });

/** `Ana, Bo and Cy`. */
export const listed = (names: readonly string[]): string => LIST.format(names);
