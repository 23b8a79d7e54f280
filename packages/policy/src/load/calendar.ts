// SPDX-License-Identifier: Apache-2.0
import type { Calendar, CalendarFact } from "@interlock/core";
import { CALENDAR } from "../schema/policy.ts";
import type { Part } from "./include.ts";
import { zoneOffsetMs } from "./quantity.ts";
import {
  allowFields,
  isRaw,
  type Raw,
  type Reader,
  report,
  textField,
  textsField,
} from "./reader.ts";
import type { Path } from "./source.ts";

const DAYS = [
  ["mon", "monday"],
  ["tue", "tuesday"],
  ["wed", "wednesday"],
  ["thu", "thursday"],
  ["fri", "friday"],
  ["sat", "saturday"],
  ["sun", "sunday"],
] as const;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 24 * 60;

/** Reads `calendars: {office: {zone, days: [mon, …], hours: "09:00-16:00", except: [2026-12-24]}}`. */
export function readCalendars({ r, raw }: Part, seen: Set<string>): readonly Calendar[] {
  const value = raw["calendars"];
  if (value === undefined || value === null) return [];
  if (!isRaw(value)) {
    const help =
      "write `calendars: {office: {zone: Europe/Berlin, days: [mon], hours: 09:00-16:00}}`";
    report(r, "FIELD_INVALID", ["calendars"], "`calendars` is no mapping", help);
    return [];
  }
  return Object.entries(value).flatMap(([name, written]) => {
    const path = ["calendars", name];
    if (seen.has(name))
      report(r, "DUPLICATE", path, `a calendar \`${name}\` exists already`, "give it another name");
    seen.add(name);
    if (isRaw(written)) return [readCalendar(r, name, written, path)];
    report(
      r,
      "FIELD_INVALID",
      path,
      "a calendar is a mapping",
      "give it `zone`, `days` and `hours`",
    );
    return [];
  });
}

function readCalendar(r: Reader, name: string, raw: Raw, path: Path): Calendar {
  allowFields(r, raw, path, Object.keys(CALENDAR));
  const zone = textField(r, raw, path, "zone", "UTC");
  const wrong = (field: string, message: string, help: string): void =>
    report(r, "FIELD_INVALID", [...path, field], message, help);
  if (zoneOffsetMs(0, zone) === null)
    wrong("zone", `\`${zone}\` is no time zone`, "write a name such as `Europe/Berlin`");
  const hours = minutesOf(textField(r, raw, path, "hours", "00:00-24:00"));
  if (hours === null)
    wrong(
      "hours",
      "`hours` is no span of hours",
      "write `09:00-16:00`, or `22:00-06:00` for a night",
    );
  const except = textsField(r, raw, path, "except");
  const odd = except.find((d) => !isDate(d));
  if (odd !== undefined) wrong("except", `\`${odd}\` is no date`, "write `2026-12-24`");
  return {
    name,
    zone,
    days: daysOf(r, textsField(r, raw, path, "days"), path),
    fromMinute: hours?.from ?? 0,
    untilMinute: hours?.until ?? 0,
    except: [...except].sort(),
  };
}

/** A span that ends before it starts ends on the next day. */
function minutesOf(written: string): { readonly from: number; readonly until: number } | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/.exec(written);
  if (match === null) return null;
  const minute = (i: number) => Number(match[i]) * 60 + Number(match[i + 1]);
  const [from, until] = [minute(1), minute(3)];
  if (from === until || until > DAY_MINUTES) return null;
  return { from, until: from < until ? until : until + DAY_MINUTES };
}

function isDate(written: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(written)) return false;
  const ms = Date.parse(`${written}T00:00:00Z`);
  return !Number.isNaN(ms) && dateOf(ms) === written;
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function daysOf(r: Reader, written: readonly string[], path: Path): readonly number[] {
  if (written.length === 0) return [1, 2, 3, 4, 5, 6, 7];
  const days = written.map((w) => DAYS.findIndex((d) => d.some((n) => n === w.toLowerCase())) + 1);
  const odd = written[days.indexOf(0)];
  if (odd !== undefined)
    report(
      r,
      "FIELD_INVALID",
      [...path, "days"],
      `\`${odd}\` is no day`,
      "write `[mon, tue, wed, thu]`",
    );
  return [...new Set(days.filter((d) => d > 0))].sort();
}

/** How far intervals are laid out: a hold can name its next opening within this time. */
const BEFORE_DAYS = 2;
const AFTER_DAYS = 60;

/** Lays the policy's calendars out as UTC intervals around `now`. `tzdata` names the zone data in use. */
export function calendarFacts(
  calendars: readonly Calendar[],
  now: number,
  tzdata: string,
): Readonly<Record<string, CalendarFact>> {
  return Object.fromEntries(calendars.map((c) => [c.name, layOut(c, now, tzdata)]));
}

function layOut(calendar: Calendar, now: number, tzdata: string): CalendarFact {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  const from = today - BEFORE_DAYS * DAY_MS;
  const until = today + AFTER_DAYS * DAY_MS;
  const spells = spellsOf(calendar.zone, from, until);
  return {
    zone: calendar.zone,
    tzdata,
    from,
    until,
    open: spells.flatMap((s) => openIn(calendar, s)).reduce(joinAdjacent, []),
  };
}

type Interval = { readonly from: number; readonly until: number };
/** A time in which the zone's clocks are ahead of UTC by one offset. */
type Spell = Interval & { readonly offset: number };

/** Zones change their offset days apart at least, so that two samples a day miss none. */
const SAMPLE_MS = DAY_MS / 2;

function spellsOf(zone: string, from: number, until: number): readonly Spell[] {
  const offsetAt = (at: number) => zoneOffsetMs(at, zone) ?? 0;
  const spells: Spell[] = [];
  let start = from;
  for (let at = from; at < until; ) {
    const next = Math.min(until, at + SAMPLE_MS);
    if (offsetAt(next) !== offsetAt(start) || next === until) {
      const change =
        next === until && offsetAt(next) === offsetAt(start) ? until : changeIn(offsetAt, at, next);
      spells.push({ from: start, until: change, offset: offsetAt(start) });
      start = change;
      at = change;
    } else at = next;
  }
  return spells;
}

/** The first instant with the later offset, by halving; zones change on whole seconds. */
function changeIn(offsetAt: (at: number) => number, before: number, after: number): number {
  const old = offsetAt(before);
  let [low, high] = [before, after];
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (offsetAt(middle) === old) low = middle;
    else high = middle;
  }
  return high;
}

/** Within one spell a local day is a plain interval: what clocks show twice is open twice. */
function openIn(calendar: Calendar, spell: Spell): readonly Interval[] {
  // A night that is open when the spell begins started on the day before.
  const first = Math.floor((spell.from + spell.offset) / DAY_MS) - 1;
  const last = Math.floor((spell.until + spell.offset) / DAY_MS);
  const open: Interval[] = [];
  for (let day = first; day <= last; day++) {
    // 1 January 1970 was a Thursday.
    const weekday = ((((day + 3) % 7) + 7) % 7) + 1;
    const midnight = day * DAY_MS;
    if (!calendar.days.includes(weekday) || calendar.except.includes(dateOf(midnight))) continue;
    const from = midnight + calendar.fromMinute * MINUTE_MS - spell.offset;
    const until = midnight + calendar.untilMinute * MINUTE_MS - spell.offset;
    const inside = { from: Math.max(from, spell.from), until: Math.min(until, spell.until) };
    if (inside.from < inside.until) open.push(inside);
  }
  return open;
}

function joinAdjacent(joined: readonly Interval[], next: Interval): readonly Interval[] {
  const last = joined[joined.length - 1];
  if (last === undefined || last.until !== next.from) return [...joined, next];
  return [...joined.slice(0, -1), { from: last.from, until: next.until }];
}
