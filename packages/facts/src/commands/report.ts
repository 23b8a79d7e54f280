// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect } from "@interlock/core";
import type { ChangedFile } from "../source.ts";
import type { Finding } from "./findings.ts";

/** A finding with its place and what stood there before. */
export type Placed = Finding & {
  readonly line: number;
  readonly subject: string;
  readonly before: string;
  readonly after: string;
  readonly environment: Delta["environment"];
  readonly countBefore: number | null;
  readonly countAfter: number | null;
};

const MICRO = 1_000_000;

/** The delta of one finding in one file. */
export function commandDelta(
  file: ChangedFile,
  placed: Placed,
  fileTags: readonly string[],
): Delta {
  const environment = placed.environment === "unknown" ? file.environment : placed.environment;
  const before = placed.countBefore ?? 0;
  const after = placed.countAfter ?? 0;
  return delta({
    path: file.path,
    line: placed.line,
    subject: placed.subject.slice(0, 300),
    aspect: placed.aspect,
    op: placed.before === "" ? "executed" : "changed",
    key: placed.key.slice(0, 200),
    format: file.language === "" ? "text" : file.language,
    before: placed.before,
    after: placed.after,
    beforeKind: placed.before === "" ? "absent" : "string",
    afterKind: placed.after === "" ? "absent" : "string",
    numeric: placed.countBefore !== null && placed.countAfter !== null,
    beforeMicro: before * MICRO,
    afterMicro: after * MICRO,
    ratioPpm:
      before === 0 ? 0 : Math.min(Number.MAX_SAFE_INTEGER, Math.round((after * MICRO) / before)),
    beforeCount: before,
    afterCount: after,
    environment,
    tags: [...placed.tags, ...fileTags, ...(environment === "production" ? ["production"] : [])],
  });
}

const PLURAL: Readonly<Record<string, string>> = {
  capacity: "hosts",
  network: "prefixes",
  files: "files",
  infrastructure: "resources",
  history: "commits",
  branch: "branches",
  index: "indexes",
  things: "items",
};
const REMOVING = new Set([
  "destructive",
  "capacity-removed",
  "wildcard-delete",
  "credential-removed",
]);

/** What the findings of a file take away, each command once and the widest first. */
export function commandEffects(deltas: readonly Delta[]): readonly Effect[] {
  const seen = new Set<string>();
  const effects: Effect[] = [];
  const widest = [...deltas].sort(
    (a, b) => Number(b.aspect === "wildcard-delete") - Number(a.aspect === "wildcard-delete"),
  );
  for (const one of widest) {
    const stops = one.aspect === "service-stopped";
    if (
      (!REMOVING.has(one.aspect) && !stops) ||
      one.tags.includes("docs") ||
      one.tags.includes("test")
    )
      continue;
    const place = `${one.path}:${one.line}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const all = one.aspect === "wildcard-delete" || one.tags.includes("all");
    effects.push({
      verb: stops ? "stops" : "removes",
      what: PLURAL[one.key] ?? (one.key.endsWith("s") ? one.key : `${one.key}s`).slice(0, 60),
      count: one.afterCount,
      of: 0,
      sharePpm: all && one.afterCount === 0 ? MICRO : 0,
      certainty: "inferred",
      subject: one.subject,
      path: one.path,
      line: one.line,
    });
  }
  return effects;
}
