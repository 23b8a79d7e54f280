// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect } from "@interlock/core";
import type { ChangedFile } from "../source.ts";

/** A finding of any part of this source, with its place. */
export type Seen = {
  readonly aspect: string;
  readonly key: string;
  readonly subject: string;
  readonly path: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly tags: readonly string[];
  readonly environment: Delta["environment"];
  readonly counts?: { readonly before: number; readonly after: number };
  readonly numbers?: { readonly before: number; readonly after: number };
  readonly seconds?: { readonly before: number; readonly after: number };
  readonly days?: { readonly before: number; readonly after: number };
};

const MICRO = 1_000_000;
const TEST = /(?:^|\/)(?:tests?|specs?|fixtures?|testdata|examples?|samples?|demos?|e2e)(?:\/|$)/i;

/** The delta of one finding. Numbers: seconds as `ms`, prefix lengths and limits plain, days since 1970. */
export function networkDelta(seen: Seen, file: ChangedFile | undefined): Delta {
  const inMs =
    seen.seconds === undefined
      ? undefined
      : { before: seen.seconds.before * 1_000, after: seen.seconds.after * 1_000 };
  const numbers = inMs ?? seen.numbers ?? seen.days;
  const before = numbers?.before ?? 0;
  const after = numbers?.after ?? 0;
  const counts = seen.counts ?? { before: 0, after: 0 };
  return delta({
    path: seen.path,
    line: seen.line,
    subject: seen.subject.slice(0, 300),
    aspect: seen.aspect,
    op:
      seen.before === ""
        ? "added"
        : seen.after === ""
          ? seen.aspect === "record-emptied"
            ? "emptied"
            : "removed"
          : "changed",
    key: seen.key.slice(0, 200),
    words: seen.subject
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== "")
      .slice(0, 30),
    format: file?.language === "" || file === undefined ? "text" : file.language,
    before: seen.before,
    after: seen.after,
    beforeKind: seen.before === "" ? "absent" : "string",
    afterKind: seen.after === "" ? "absent" : "string",
    numeric: numbers !== undefined,
    beforeMicro: before * MICRO,
    afterMicro: after * MICRO,
    ratioPpm:
      before === 0 ? 0 : Math.min(Number.MAX_SAFE_INTEGER, Math.round((after * MICRO) / before)),
    unit: inMs === undefined ? "" : "ms",
    beforeCount: counts.before,
    afterCount: counts.after,
    addedCount: Math.max(0, counts.after - counts.before),
    removedCount: Math.max(0, counts.before - counts.after),
    environment: seen.environment,
    tags: [...seen.tags, ...(file?.kind === "test" || TEST.test(seen.path) ? ["test"] : [])],
  });
}

const EFFECTS: Readonly<Record<string, readonly [Effect["verb"], string]>> = {
  "record-emptied": ["removes", "records"],
  "record-removed": ["removes", "records"],
  "zone-removed": ["removes", "records"],
  "announced-removed": ["removes", "prefixes"],
  "locations-changed": ["changes", "prefixes"],
  "filter-removed": ["exposes", "filters"],
  "filter-opened": ["exposes", "filters"],
  "match-all": ["stops", "routes"],
  "replies-dropped": ["stops", "connections"],
};

/** Records and prefixes that go, and filters that open. */
export function networkEffects(deltas: readonly Delta[]): readonly Effect[] {
  return deltas.flatMap((one): readonly Effect[] => {
    const [verb, what] = EFFECTS[one.aspect] ?? [];
    if (verb === undefined || what === undefined || one.tags.includes("test")) return [];
    const count = one.aspect === "locations-changed" ? one.beforeCount : one.removedCount;
    const of = one.aspect === "locations-changed" ? 0 : one.beforeCount;
    return [
      {
        verb: one.aspect === "match-all" && one.tags.includes("allow") ? "exposes" : verb,
        what,
        count,
        of,
        sharePpm: of === 0 ? 0 : Math.min(MICRO, Math.round((count * MICRO) / of)),
        certainty: "certain",
        subject: one.subject,
        path: one.path,
        line: one.line,
      },
    ];
  });
}
