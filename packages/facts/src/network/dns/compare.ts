// SPDX-License-Identifier: Apache-2.0
import { aliasConflicts, mailFindings } from "./answers.ts";
import type { RecordSet } from "./record.ts";

export type DnsAspect =
  | "record-emptied"
  | "record-removed"
  | "zone-removed"
  | "ttl-raised"
  | "apex-changed"
  | "name-completed"
  | "alias-conflict"
  | "mail-senders-lost"
  | "mail-from-anybody";

export type DnsFinding = {
  readonly aspect: DnsAspect;
  readonly key: string;
  readonly subject: string;
  readonly path: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly tags: readonly string[];
  readonly counts: { readonly before: number; readonly after: number };
  readonly seconds?: { readonly before: number; readonly after: number };
};

/** Both sides of one file that holds records. */
export type ZoneSides = {
  readonly path: string;
  readonly before: readonly RecordSet[];
  readonly after: readonly RecordSet[];
  readonly deleted: boolean;
};

const APEX_TYPES = new Set(["NS", "DS", "DNSKEY", "CNAME", "ALIAS", "ANAME"]);
/** Seconds above which an answer outlives an incident. */
const LONG_TTL = 3_600;
/** Record sets of a file above which their loss together is that of a zone. */
const ZONE_RECORDS = 3;

const keyOf = (one: RecordSet): string => `${one.name} ${one.type}`;

/** What the change does to names, over all its files: a record that moved to another file is no loss. */
export function dnsFindings(files: readonly ZoneSides[]): readonly DnsFinding[] {
  const served = new Map<string, number>();
  for (const one of files.flatMap((file) => file.after))
    served.set(one.name, (served.get(one.name) ?? 0) + one.values.length);
  return files.flatMap((file) => {
    const after = new Map(file.after.map((one) => [keyOf(one), one]));
    const gone = file.before.filter(
      (one) => one.values.length > 0 && !after.has(keyOf(one)) && (served.get(one.name) ?? 0) === 0,
    );
    const zone = (file.deleted || file.after.length === 0) && gone.length >= ZONE_RECORDS;
    return [
      ...(zone ? [zoneRemoved(file, gone)] : gone.map((one) => removed(file, one))),
      ...file.before.flatMap((one) => {
        const now = after.get(keyOf(one));
        return now === undefined ? [] : changedSet(file.path, one, now);
      }),
      ...file.after.flatMap((one) => newlyCompleted(file, one)),
      ...mailless(file, files).map((one) => removed(file, one)),
      ...aliasConflicts(file),
      ...mailFindings(file),
      ...file.before
        .filter((one) => isApexAnswer(one) && !after.has(keyOf(one)) && !gone.includes(one))
        .map((one) => apexLost(file, one)),
    ];
  });
}

/** Names that keep other answers and no longer say where their mail goes. */
function mailless(file: ZoneSides, files: readonly ZoneSides[]): readonly RecordSet[] {
  const served = new Set(files.flatMap(({ after }) => after.map(keyOf)));
  const names = new Set(file.after.map(({ name }) => name));
  return file.before.filter(
    (one) =>
      one.type === "MX" && one.values.length > 0 && names.has(one.name) && !served.has(keyOf(one)),
  );
}

function newlyCompleted(file: ZoneSides, is: RecordSet): readonly DnsFinding[] {
  const old = file.before.find((one) => keyOf(one) === keyOf(is));
  const fresh = (is.completed ?? []).filter((name) => old?.completed?.includes(name) !== true);
  return fresh.map((name) => ({
    ...finding(file.path, "name-completed", { was: old ?? is, is, line: is.line, tags: [] }),
    before: old?.values.join(", ") ?? "",
    after: name,
  }));
}

function zoneRemoved(file: ZoneSides, gone: readonly RecordSet[]): DnsFinding {
  return {
    aspect: "zone-removed",
    key: "zone",
    subject: file.path,
    path: file.path,
    line: 1,
    before: gone
      .slice(0, 5)
      .map((one) => one.name)
      .join(", "),
    after: "",
    tags: ["all"],
    counts: { before: file.before.length, after: 0 },
  };
}

function removed(file: ZoneSides, one: RecordSet): DnsFinding {
  const line =
    file.after.find((other) => other.line >= one.line)?.line ??
    file.after.at(-1)?.line ??
    Math.max(1, one.line);
  return finding(file.path, "record-removed", {
    was: one,
    is: null,
    line,
    tags: isAddress(one) ? ["address"] : [],
  });
}

function apexLost(file: ZoneSides, one: RecordSet): DnsFinding {
  const line =
    file.after.find((other) => other.line >= one.line)?.line ?? file.after.at(-1)?.line ?? 1;
  return finding(file.path, "apex-changed", { was: one, is: null, line, tags: ["removed"] });
}

function changedSet(path: string, was: RecordSet, is: RecordSet): readonly DnsFinding[] {
  const found: DnsFinding[] = [];
  const at = (aspect: DnsAspect, tags: readonly string[]): DnsFinding =>
    finding(path, aspect, { was, is, line: is.line, tags });
  if (was.values.length > 0 && is.values.length === 0)
    found.push(at("record-emptied", isAddress(was) ? ["address"] : []));
  else if (isRedelegated(was, is)) found.push(at("apex-changed", ["delegation"]));
  else if (isApexAnswer(is) && [...was.values].sort().join() !== [...is.values].sort().join())
    found.push(at("apex-changed", []));
  if (was.ttl !== null && is.ttl !== null && is.ttl > was.ttl && is.ttl > LONG_TTL)
    found.push({
      ...at("ttl-raised", []),
      before: String(was.ttl),
      after: String(is.ttl),
      seconds: { before: was.ttl, after: is.ttl },
    });
  return found;
}

/** A part of the zone is handed to name servers none of which answered for it before. */
const isRedelegated = (was: RecordSet, is: RecordSet): boolean =>
  !is.apex &&
  is.type === "NS" &&
  was.values.length > 1 &&
  !is.values.some((v) => was.values.includes(v));

const isApexAnswer = (one: RecordSet): boolean => one.apex && APEX_TYPES.has(one.type);
/** Somebody connects to what it answers; names with an underscore serve proofs and discovery. */
const isAddress = (one: RecordSet): boolean =>
  !/(?:^|\.)_/.test(one.name) && /^(?:A|AAAA|CNAME|ALIAS|ANAME|NS|MX|SRV|HTTPS)$/.test(one.type);

function finding(
  path: string,
  aspect: DnsAspect,
  set: {
    readonly was: RecordSet;
    readonly is: RecordSet | null;
    readonly line: number;
    readonly tags: readonly string[];
  },
): DnsFinding {
  const { was, is, line, tags } = set;
  return {
    aspect,
    key: was.type,
    subject: was.name,
    path,
    line,
    before: was.values.join(", "),
    after: is?.values.join(", ") ?? "",
    tags: [...tags, ...(was.apex ? ["apex"] : [])],
    counts: { before: was.values.length, after: is?.values.length ?? 0 },
  };
}
