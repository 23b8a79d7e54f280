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

/**
 * An instant as ISO 8601 with an offset or `Z`, or local with a zone: `2026-12-24 18:00 Europe/Berlin`.
 * Milliseconds since 1970 UTC; `null` when it is none. A local time that occurs twice is taken as
 * `later` asks, so that a freeze can be read as the longer one.
 */
export function instantMs(written: unknown, later: boolean): number | null {
  if (typeof written !== "string") return null;
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?\s*(Z|[+-]\d{2}:\d{2}|[A-Za-z_]+\/[A-Za-z_/+-]+|UTC)?$/.exec(
      written.trim(),
    );
  if (match === null) return null;
  const [, y, mo, d, h, mi, s, zone] = match;
  const asUtc = Date.UTC(
    Number(y),
    Number(mo) - 1,
    Number(d),
    Number(h ?? 0),
    Number(mi ?? 0),
    Number(s ?? 0),
  );
  if (new Date(asUtc).getUTCDate() !== Number(d) || Number(h ?? 0) > 23 || Number(mi ?? 0) > 59)
    return null;
  if (zone === undefined || zone === "Z" || zone === "UTC") return asUtc;
  const fixed = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  if (fixed !== null)
    return (
      asUtc - (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000
    );
  return localInstants(asUtc, zone)?.at(later ? -1 : 0) ?? null;
}

/** Instants at which a zone's clocks show the given wall time, earliest first; `null` for no zone. */
function localInstants(wall: number, zone: string): readonly number[] | null {
  const candidates = new Set<number>();
  for (const around of [wall - 86_400_000, wall, wall + 86_400_000]) {
    const offset = zoneOffsetMs(around, zone);
    if (offset === null) return null;
    candidates.add(wall - offset);
  }
  const exact = [...candidates].filter((c) => c + (zoneOffsetMs(c, zone) ?? Number.NaN) === wall);
  // A wall time that daylight saving skips has no instant: the one just after the gap stands for it.
  return (exact.length > 0 ? exact : [Math.max(...candidates)]).sort((a, b) => a - b);
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
