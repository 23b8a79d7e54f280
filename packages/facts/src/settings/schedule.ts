// SPDX-License-Identifier: Apache-2.0
/** How often a schedule runs. POSIX crontab(5) with the extensions of Vixie cron and Quartz. */

type Range = { readonly min: number; readonly max: number };
const FIELDS: readonly Range[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12 },
  { min: 0, max: 7 },
];
const NAMED: Readonly<Record<string, number>> = {
  "@yearly": 1 / 365,
  "@annually": 1 / 365,
  "@monthly": 12 / 365,
  "@weekly": 1 / 7,
  "@daily": 1,
  "@midnight": 1,
  "@hourly": 24,
};
const NAMES = /^(sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i;
const FIELD_MAX = 200;

/** Runs a day on average; 0 for a day that never comes; `null` for what is no schedule. */
export function runsPerDay(text: string): number | null {
  const schedule = text.trim().toLowerCase();
  const named = NAMED[schedule];
  if (named !== undefined) return named;
  const fields = schedule.split(/\s+/);
  // Quartz and systemd-like forms put seconds first.
  const five = fields.length === 6 ? fields.slice(1) : fields;
  if (five.length !== 5 || (fields.length === 6 && !/^[\d*/?,-]+$/.test(fields[0] ?? "")))
    return null;
  const counts = five.map((field, i) => countOf(field, FIELDS[i] ?? { min: 0, max: 0 }));
  const [minutes, hours, days, months, weekdays] = counts;
  if (minutes == null || hours == null || days == null || months == null || weekdays == null)
    return null;
  const dayShare = shareOfDays(five, days, weekdays);
  return minutes * hours * dayShare * (months / 12);
}

/** Where both the day of the month and the weekday are given, either one is enough. */
function shareOfDays(five: readonly string[], days: number, weekdays: number): number {
  const isAny = (field: string | undefined) => field === "*" || field === "?";
  const ofMonth = isAny(five[2]) ? 1 : Math.min(1, (days * 12) / 365);
  const ofWeek = isAny(five[4]) ? 1 : Math.min(1, weekdays / 7);
  if (isAny(five[2])) return ofWeek;
  return isAny(five[4]) ? ofMonth : Math.min(1, ofMonth + ofWeek);
}

/** How many of its values a field names; `null` when it is no field. */
function countOf(field: string, { min, max }: Range): number | null {
  if (field.length > FIELD_MAX) return null;
  if (field === "?") return max - min + 1;
  const chosen = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(\*|[a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?(?:\/(\d{1,3}))?$/.exec(part);
    if (match === null) return null;
    const [, first = "", last, every] = match;
    if (NAMES.test(first)) {
      // Names count as one value each; a range of names as its length is at most the whole field.
      for (let i = 0; i < (last === undefined ? 1 : 5); i++) chosen.add(-1 - chosen.size);
      continue;
    }
    const from = first === "*" ? min : Number(first);
    const to =
      first === "*" || (every !== undefined && last === undefined) ? max : Number(last ?? first);
    if (from < min || to > max || from > to) return null;
    for (let at = from; at <= to; at += Math.max(1, Number(every ?? 1))) chosen.add(at);
  }
  return chosen.size;
}

/** A crontab line apart: the schedule, and what it runs; `null` for any other line. */
export function crontabLine(
  line: string,
): { readonly schedule: string; readonly runs: string } | null {
  const match =
    /^\s{0,20}(@[a-z]{4,10}|(?:[\d*/,a-zA-Z?-]{1,60}[ \t]{1,20}){4}[\d*/,a-zA-Z?-]{1,60})[ \t]{1,20}(\S.{0,2000})$/.exec(
      line.slice(0, 3_000),
    );
  const [, schedule = "", runs = ""] = match ?? [];
  return match === null || runsPerDay(schedule) === null ? null : { schedule, runs: runs.trim() };
}
