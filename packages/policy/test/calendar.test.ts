// SPDX-License-Identifier: Apache-2.0
/** Calendars against what `Intl` says that the clocks show. */
import { calendarFacts, loadPolicy } from "@interlock/policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const ZONES = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Asia/Kolkata",
  "Australia/Lord_Howe", // half an hour of daylight saving
  "Africa/Cairo", // changes at midnight
  "Pacific/Apia",
  "America/St_Johns",
  "Africa/Casablanca",
];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MS = 86_400_000;

const two = (n: number) => String(n).padStart(2, "0");
const clock = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

/** What the clocks of the zone show: minute of the day, date. */
function shown(zone: string, at: number) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    })
      .formatToParts(at)
      .map((p) => [p.type, p.value]),
  );
  return {
    minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
    date: `${parts["year"]}-${parts["month"]}-${parts["day"]}`,
  };
}

/** Any start and end by the clock; an end before the start is on the next day. */
const spans = fc
  .tuple(fc.nat(1439), fc.integer({ min: 1, max: 1439 }))
  .map(([from, length]) => ({ from, until: from + length }));
// The weeks in which zones of both hemispheres change, and any other.
const starts = fc.oneof(
  fc
    .constantFrom(
      "2026-03-29",
      "2026-10-25",
      "2027-03-14",
      "2026-11-01",
      "2026-04-05",
      "2026-04-24",
      "2026-10-30",
    )
    .map((d) => Date.parse(d)),
  fc.integer({ min: Date.parse("2020-01-01"), max: Date.parse("2032-01-01") }),
);

describe("a calendar", () => {
  it("is open exactly when the clocks of its zone say so", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.subarray(DAYS, { minLength: 1 }),
        spans,
        starts,
        fc.array(fc.double({ min: -1, max: 59, noNaN: true }), { minLength: 5, maxLength: 30 }),
        (zone, days, span, now, offsets) => {
          const except = shown(zone, now + DAY_MS).date;
          const until = span.until > 1440 ? span.until - 1440 : span.until;
          const hours = `${clock(span.from)}-${clock(until)}`;
          const loaded = loadPolicy(
            "policy.yaml",
            `policy: shop\nmode: enforce\ncalendars: { c: { zone: ${zone}, days: [${days.join(", ")}], hours: "${hours}", except: [${except}] } }\n`,
          );
          if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
          const fact = calendarFacts(loaded.policy.calendars, now, "test")["c"];
          if (fact === undefined) throw new Error("the calendar is gone");
          const edges = fact.open.flatMap((i) => [i.from - 1, i.from, i.until - 1, i.until]);
          // Nights that are open when the horizon begins, and when clocks change.
          const hourly = [fact.from, now].flatMap((start) =>
            Array.from({ length: 26 }, (_, i) => start + (i - 1) * 3_600_000),
          );
          const randoms = offsets.map((o) => now + Math.round(o * DAY_MS));
          for (const at of [...edges.slice(0, 40), ...hourly, ...randoms]) {
            if (at < fact.from || at >= fact.until) continue;
            const wall = shown(zone, at);
            const yesterday = new Date(Date.parse(wall.date) - DAY_MS).toISOString().slice(0, 10);
            const opens = (date: string, minute: number) =>
              days.includes(DAYS[(new Date(date).getUTCDay() + 6) % 7] ?? "") &&
              span.from <= minute &&
              minute < span.until &&
              date !== except;
            const should = opens(wall.date, wall.minute) || opens(yesterday, wall.minute + 1440);
            const is = fact.open.some((i) => i.from <= at && at < i.until);
            expect([zone, hours, new Date(at).toISOString(), is]).toEqual([
              zone,
              hours,
              new Date(at).toISOString(),
              should,
            ]);
          }
        },
      ),
      { numRuns: 120 },
    );
  });

  it("is laid out in order, without overlaps, within its horizon", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), spans, starts, (zone, span, now) => {
        const calendar = {
          name: "c",
          zone,
          days: [1, 2, 3, 4, 5, 6, 7],
          fromMinute: span.from,
          untilMinute: span.until,
          except: [],
        };
        const fact = calendarFacts([calendar], now, "test")["c"];
        let last = fact?.from ?? 0;
        for (const { from, until } of fact?.open ?? []) {
          expect(from).toBeGreaterThanOrEqual(last);
          expect(until).toBeGreaterThan(from);
          last = until + 1;
        }
        expect(last - 1).toBeLessThanOrEqual(fact?.until ?? 0);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a written local time", () => {
  it("is an instant at which the clocks of the zone show it, or is told as one that they do not", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES.filter((z) => z !== "UTC")),
        starts,
        fc.nat(1439),
        (zone, day, minute) => {
          const date = new Date(day).toISOString().slice(0, 10);
          const loaded = loadPolicy(
            "policy.yaml",
            `policy: shop\nmode: enforce\nfreezes: [{ name: f, from: ${date} ${clock(minute)} ${zone} }]\n`,
          );
          if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
          const wall = shown(zone, loaded.policy.freezes[0]?.from ?? 0);
          const [warning] = loaded.warnings;
          const skipped = warning?.message.includes("never") === true;
          expect([zone, date, minute, skipped ? "skipped" : `${wall.date} ${wall.minute}`]).toEqual(
            [zone, date, minute, skipped ? "skipped" : `${date} ${minute}`],
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
