// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { ChangedFile } from "../source.ts";
import { crontabLine, runsPerDay } from "./schedule.ts";

/** Files in the form of crontab(5), by their usual places and names. */
export const isCrontab = (path: string): boolean =>
  /(^|\/)(cron\.d\/[^/]{1,200}|crontabs?(\/[^/]{1,200})?|[^/]{0,200}\.(cron|crontab))$/i.test(path);

/** What makes a new schedule of the same work worth a look; the counts are runs a day, rounded up. */
export function scheduleChange(
  before: string,
  after: string,
): Pick<Delta, "beforeCount" | "afterCount" | "tags"> | null {
  const [was, is] = [runsPerDay(before), runsPerDay(after)];
  const skips = is !== null && skipsMonths(after) && !skipsMonths(before);
  if (was === null || is === null || (was === is && !skips)) return null;
  return {
    beforeCount: Math.ceil(was),
    afterCount: Math.ceil(is),
    tags: [
      ...(is >= was * OFTEN ? ["more-often"] : []),
      ...(is === 0 && was > 0 ? ["never"] : []),
      ...(skips ? ["skips-months"] : []),
    ],
  };
}

/** A day that some months do not have, in whichever month. */
const skipsMonths = (schedule: string): boolean =>
  /^\s*(?:\S+\s+)?\S+\s+\S+\s+(?:29|30|31)\s+[*?]\s+[*?]\s*$/.test(schedule);

/** Ten times as often is another kind of job. */
const OFTEN = 10;

/** The lines of a crontab whose work stays and whose schedule does not, and those that go. */
export function crontabDeltas(file: ChangedFile): readonly Delta[] {
  const before = entriesOf(file.before);
  const after = entriesOf(file.after);
  const at = { path: file.path, environment: file.environment, format: "crontab" };
  const changed = [...after].flatMap(([runs, entry]) => {
    const old = before.get(runs);
    if (old === undefined || old.schedule === entry.schedule) return [];
    const found = scheduleChange(old.schedule, entry.schedule);
    if (found === null) return [];
    return [
      delta({
        ...{ ...at, ...found, line: entry.line, subject: runs.slice(0, 300), aspect: "schedule" },
        ...{ op: "changed", before: old.schedule, after: entry.schedule, key: "schedule" },
      }),
    ];
  });
  const removed = [...before].flatMap(([runs, entry]) =>
    after.has(runs) || file.after === null
      ? []
      : [
          delta({
            ...{ ...at, line: 1, subject: runs.slice(0, 300), aspect: "schedule", op: "removed" },
            ...{ before: entry.schedule, key: "schedule" },
          }),
        ],
  );
  return [...changed, ...removed];
}

type Entry = { readonly schedule: string; readonly line: number };

function entriesOf(text: string | null): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [i, line] of (text ?? "").split("\n").entries()) {
    const read = crontabLine(line);
    if (read !== null) entries.set(read.runs, { schedule: read.schedule, line: i + 1 });
  }
  return entries;
}
