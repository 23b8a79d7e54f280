// SPDX-License-Identifier: Apache-2.0
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `30m`, `24h`, `90d` or `1h30m` in milliseconds; `null` when it is none. */
export function durationMs(written: unknown): number | null {
  if (typeof written !== "string" || !/^(\d{1,9}(ms|s|m|h|d|w))+$/.test(written)) return null;
  let total = 0;
  for (const [, n, unit] of written.matchAll(/(\d+)(ms|s|m|h|d|w)/g))
    total += Number(n) * (UNIT_MS[unit ?? ""] ?? 0);
  return Number.isSafeInteger(total) ? total : null;
}

/** `1%` or `0.5%` in parts per million; `null` when it is none. */
export function sharePpm(written: unknown): number | null {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?\s*%$/.exec(typeof written === "string" ? written : "");
  if (match === null) return null;
  const ppm = Number(match[1]) * 10_000 + Number((match[2] ?? "").padEnd(4, "0"));
  return ppm <= 1_000_000 ? ppm : null;
}

/** An instant that somebody wrote, and how often the clocks of its zone show it. */
export type WrittenInstant = {
  readonly ms: number;
  readonly occurs: "once" | "twice" | "never";
};

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?\s*(Z|[+-]\d{2}:\d{2}|[A-Za-z_]+\/[A-Za-z_/+-]+|UTC)?$/;

/**
 * An instant as ISO 8601 with an offset or `Z`, or local with a zone: `2026-12-24 18:00 Europe/Berlin`.
 * Milliseconds since 1970 UTC; `null` when it is none. Of a local time that clocks show twice or
 * skip, the caller says which instant is meant, so that a freeze can be read as the longer one.
 */
export function writtenInstant(
  written: unknown,
  meant: "earliest" | "latest",
): WrittenInstant | null {
  const [, y, mo, d, h, mi, s, zone] =
    INSTANT.exec(typeof written === "string" ? written.trim() : "") ?? [];
  if (y === undefined) return null;
  const [month, day, hour, minute, second] = [mo, d, h, mi, s].map((n) => Number(n ?? 0));
  const asUtc = Date.UTC(Number(y), (month ?? 0) - 1, day, hour, minute, second);
  const back = new Date(asUtc).toISOString().slice(0, 19);
  if (back !== `${y}-${mo}-${d}T${h ?? "00"}:${mi ?? "00"}:${s ?? "00"}`) return null;
  if (zone === undefined || zone === "Z" || zone === "UTC") return { ms: asUtc, occurs: "once" };
  const fixed = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  if (fixed === null) return localInstant(asUtc, zone, meant);
  const [, sign, hours, minutes] = fixed;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  if (offset > 14 * 3_600_000 || Number(minutes) > 59) return null;
  return { ms: asUtc - (sign === "-" ? -offset : offset), occurs: "once" };
}

export const shownInstant = (ms: number): string => new Date(ms).toISOString();

/** A wall time that clocks skip has no instant: those before and after the gap stand for it. */
function localInstant(
  wall: number,
  zone: string,
  meant: "earliest" | "latest",
): WrittenInstant | null {
  const candidates = new Set<number>();
  for (const around of [wall - 86_400_000, wall, wall + 86_400_000]) {
    const offset = zoneOffsetMs(around, zone);
    if (offset === null) return null;
    candidates.add(wall - offset);
  }
  const exact = [...candidates].filter((c) => c + (zoneOffsetMs(c, zone) ?? Number.NaN) === wall);
  const found = exact.length > 0 ? exact : [...candidates];
  const ms = meant === "earliest" ? Math.min(...found) : Math.max(...found);
  return { ms, occurs: exact.length === 0 ? "never" : exact.length > 1 ? "twice" : "once" };
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant; `null` for an unknown zone. */
export function zoneOffsetMs(at: number, zone: string): number | null {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat("en-GB", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
    } catch {
      // Intl throws RangeError for a zone it does not know.
      return null;
    }
    FORMATS.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map((p) => [p.type, Number(p.value)]));
  const wall = Date.UTC(
    parts["year"] ?? 0,
    (parts["month"] ?? 1) - 1,
    parts["day"] ?? 1,
    parts["hour"] ?? 0,
    parts["minute"] ?? 0,
    parts["second"] ?? 0,
  );
  return wall - Math.floor(at / 1_000) * 1_000;
}
