// SPDX-License-Identifier: Apache-2.0
import type { Calendar, CalendarFact } from "@interlock/core";
import { zoneOffsetMs } from "./quantity.ts";
import { allowFields, isRaw, type Reader, report, textField, textsField } from "./reader.ts";
import type { Path } from "./source.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const DAY_MS = 86_400_000;
/** How far intervals are laid out: a hold can name its next opening within this time. */
const BEFORE_DAYS = 2;
const AFTER_DAYS = 60;

/** Reads `calendars: {office: {zone, days: [mon, …], hours: "09:00-16:00", except: [2026-12-24]}}`. */
export function readCalendars(r: Reader, value: unknown, path: Path): readonly Calendar[] {
  if (value === undefined || value === null) return [];
  if (!isRaw(value)) {
    report(
      r,
      "FIELD_INVALID",
      path,
      "`calendars` is no mapping",
      "write `calendars: {office: {zone: Europe/Berlin, days: [mon], hours: 09:00-16:00}}`",
    );
    return [];
  }
  return Object.entries(value).flatMap(([name, raw]) => {
    const at = [...path, name];
    if (!isRaw(raw)) {
      report(
        r,
        "FIELD_INVALID",
        at,
        "a calendar is a mapping",
        "give it `zone`, `days` and `hours`",
      );
      return [];
    }
    allowFields(r, raw, at, ["zone", "days", "hours", "except"]);
    const zone = textField(r, raw, at, "zone", "UTC");
    if (zoneOffsetMs(0, zone) === null)
      report(
        r,
        "FIELD_INVALID",
        [...at, "zone"],
        `\`${zone}\` is no time zone`,
        "write a name such as `Europe/Berlin`",
      );
    const hours = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(
      textField(r, raw, at, "hours", "00:00-24:00"),
    );
    if (hours === null)
      report(
        r,
        "FIELD_INVALID",
        [...at, "hours"],
        "`hours` is no span of hours",
        "write `09:00-16:00`",
      );
    const minute = (i: number) => Number(hours?.[i] ?? 0) * 60 + Number(hours?.[i + 1] ?? 0);
    return [
      {
        name,
        zone,
        days: daysOf(r, textsField(r, raw, at, "days"), at),
        fromMinute: minute(1),
        untilMinute: minute(3),
        except: [...textsField(r, raw, at, "except")].sort(),
      },
    ];
  });
}

function daysOf(r: Reader, written: readonly string[], path: Path): readonly number[] {
  if (written.length === 0) return [1, 2, 3, 4, 5, 6, 7];
  const days = written.map((w) => DAYS.findIndex((d) => w.toLowerCase().startsWith(d)) + 1);
  if (days.includes(0))
    report(
      r,
      "FIELD_INVALID",
      [...path, "days"],
      `\`${written.join(", ")}\` are no days`,
      "write `[mon, tue, wed, thu]`",
    );
  return [...new Set(days.filter((d) => d > 0))].sort();
}

/** Lays the policy's calendars out as UTC intervals around `now`. `tzdata` names the zone data in use. */
export function calendarFacts(
  calendars: readonly Calendar[],
  now: number,
  tzdata: string,
): Readonly<Record<string, CalendarFact>> {
  return Object.fromEntries(calendars.map((c) => [c.name, layOut(c, now, tzdata)]));
}

function layOut(calendar: Calendar, now: number, tzdata: string): CalendarFact {
  const start = Math.floor(now / DAY_MS) - BEFORE_DAYS;
  const open: { from: number; until: number }[] = [];
  for (let day = start; day <= start + BEFORE_DAYS + AFTER_DAYS; day++) {
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    const weekday = ((((day + 3) % 7) + 7) % 7) + 1;
    if (!calendar.days.includes(weekday) || calendar.except.includes(date)) continue;
    const from = instantOf(day * DAY_MS + calendar.fromMinute * 60_000, calendar.zone);
    const until = instantOf(day * DAY_MS + calendar.untilMinute * 60_000, calendar.zone);
    if (until > from) open.push({ from, until });
  }
  return {
    zone: calendar.zone,
    tzdata,
    from: (start + 1) * DAY_MS,
    until: (start + BEFORE_DAYS + AFTER_DAYS) * DAY_MS,
    open,
  };
}

/** The instant at which the zone's clocks show the wall time (of two, the first; of none, just after the gap). */
function instantOf(wall: number, zone: string): number {
  const guess = wall - (zoneOffsetMs(wall, zone) ?? 0);
  const again = wall - (zoneOffsetMs(guess, zone) ?? 0);
  return Math.min(guess, again) + (zoneOffsetMs(Math.min(guess, again), zone) ?? 0) === wall
    ? Math.min(guess, again)
    : Math.max(guess, again);
}
