// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Pair } from "./novelty.ts";
import { lineAt, type Side } from "./sighting.ts";
import { withoutComments } from "./words.ts";

/** How much goes with a thing when it goes: the parent takes all its children along. */
const LEVELS: readonly (readonly [number, RegExp])[] = [
  [
    6,
    /account|subscription|organi[sz]ation|tenant|project(?!ion)|hosted_?zone|dns_?zone|region|vpc|management_?group|resource_?group/i,
  ],
  [5, /server(?!less)|cluster|namespace|fleet|data_?center|node_?pool|environment(?!_?var)/i],
  [
    4,
    /database|db_?instance|rds|schema(?!ma)|file_?system|vault|kms_?key|state_?file|\bsql\b|\bdb\b/i,
  ],
  [
    3,
    /volume|bucket|queue|topic|table|disk|collection|index(?!of)|stack|container_?registry|share\b/i,
  ],
  [
    1,
    /snapshot|backup|item|row|record|message|file|object|entry|key|image|session|token|tag|user|label|node|element|cache/i,
  ],
];

const CALL =
  /(?<![\w$])((?:begin|start)?_?(?:delete|destroy|drop|purge|terminate|wipe|Delete|Destroy|Drop|Purge|Terminate|Wipe)[\w$]{0,80})\s?\(/g;
/** What stands before the verb, up to where the expression begins. */
const RECEIVER = /(?:[A-Za-z_$][\w$]{0,60}(?:\(\))?\s?(?:\.|->|::)\s?){1,6}$/;
/** Ordinary ends of small things, in every language. */
const HARMLESS =
  /^(delete|destroy|drop|terminate)(d|r|s|Item|Key|File|Cookie|Element|Child|Node|Event|Listener|_tag|_cookie|_item|_file)$|dropdown|droppable|dropna|drop_duplicates|DropDown|dropWhile|deleteLater/;
const EVERYTHING =
  /[\w.$]{0,80}(\bdeleteMany\(\s*(\{\s*\})?\s*\)|\.deleteMany\(\s*\{\s*(where\s*:\s*\{\s*\}\s*)?\}\s*\)|\bremove\(\s*\{\s*\}\s*\)|\.objects\.(all\(\)\.)?delete\(\)|\.objects\.all\(\)\.delete\(\)|\bdelete_many\(\s*\{\s*\}\s*\)|\.(flushall|flushdb|flushAll|FlushAll|flushDb|FlushDB)\(|\.truncate\(\s*\{\s*cascade|\bdrop_all\(|\bdropDatabase\(|\bdropSchema\()/;

/** A statement in a text that ends without a condition, and to which nothing is joined. */
const WHOLE_TABLE =
  /(["'`])\s*(?:delete\s+from\s+[\w.]{1,80}|update\s+[\w.]{1,80}\s+set\s(?:(?!\bwhere\b|\blimit\b|["'`$]|\{\w|%s\s*$)[^\n]){1,400})\s*;?\s*\1\s*[,)]/i;

const VERBS = /update\s|delet|destroy|drop|purge|terminat|wipe|flush|remove\(|truncate/i;

const wholeTable = (line: string): string | null =>
  WHOLE_TABLE.exec(line)?.[0]
    .replace(/\s+/g, " ")
    .replace(/^["'`]\s*|["'`]\s*[,)]$/g, "") ?? null;

type Delete = {
  readonly call: string;
  readonly level: number;
  readonly all: boolean;
  readonly line: number;
};

function levelOf(words: string): number {
  // A copy of something large is small: `snapshotDb`, `databaseBackup`.
  if (
    /snapshot|backup/i.test(
      words
        .split(/\.|->|::/)
        .filter(Boolean)
        .at(-1) ?? "",
    )
  )
    return 1;
  return LEVELS.find(([, pattern]) => pattern.test(words))?.[0] ?? 2;
}

/** Only between the differences: what stands outside is equal on both sides. */
function deletes(side: Side | null, region: string, firstLine: number): readonly Delete[] {
  if (side === null) return [];
  const text = withoutComments(region, side.path);
  const found: Delete[] = [];
  for (const m of text.matchAll(CALL)) {
    const verb = m[1] ?? "";
    const receiver = RECEIVER.exec(text.slice(Math.max(0, m.index - 200), m.index))?.[0] ?? "";
    if (HARMLESS.test(verb)) continue;
    const owner = receiver.replace(/\b(this|self|await|ctx)\b/g, "");
    const level = levelOf(
      /(delete|destroy|drop|purge|terminate|wipe)(Async|Sync|If\w+)?$/i.test(verb)
        ? `${owner}`
        : verb.replace(/([a-z])([A-Z])/g, "$1_$2"),
    );
    found.push({
      call: `${receiver}${verb}`.replace(/\s+/g, ""),
      level,
      all: false,
      line: firstLine + lineAt(text, m.index) - 1,
    });
  }
  for (const [i, line] of text.split("\n").entries()) {
    const call = EVERYTHING.exec(line)?.[0].replace(/\s+/g, "") ?? wholeTable(line);
    if (call !== null) found.push({ call, level: 4, all: true, line: firstLine + i });
  }
  return found.slice(0, 1_000);
}

/**
 * Delete calls that the change adds or that now hit something larger: a mechanical edit that turns
 * the deletion of a child into that of its parent is one changed word in a large diff.
 */
export function deleteDeltas(all: readonly Pair[]): readonly Delta[] {
  const pairs = all.filter(
    ({ regions }) => VERBS.test(regions.after) || VERBS.test(regions.before),
  );
  const pool = new Map<string, number>();
  const sides = pairs.map((pair) => ({
    pair,
    before: deletes(pair.before, pair.regions.before, pair.regions.line),
    after: deletes(pair.after, pair.regions.after, pair.regions.line),
  }));
  for (const { call } of sides.flatMap((one) => one.before))
    pool.set(call, (pool.get(call) ?? 0) + 1);
  return sides.flatMap(({ pair, before, after }) => {
    const fresh = after.filter(({ call }) => take(pool, call));
    if (fresh.length === 0 || pair.after === null) return [];
    const kept = new Map<string, number>();
    for (const { call } of after) kept.set(call, (kept.get(call) ?? 0) + 1);
    const gone = before.filter(({ call }) => !give(kept, call));
    return fresh.map((one) => toDelta(pair.after?.path ?? "", one, closest(gone, one)));
  });
}

function take(pool: Map<string, number>, call: string): boolean {
  const known = pool.get(call) ?? 0;
  if (known > 0) pool.set(call, known - 1);
  return known === 0;
}

const give = (kept: Map<string, number>, call: string): boolean => !take(kept, call);

function closest(gone: readonly Delete[], one: Delete): Delete | null {
  const near = [...gone].sort(
    (a, b) => Math.abs(a.line - one.line) - Math.abs(b.line - one.line),
  )[0];
  return near !== undefined && Math.abs(near.line - one.line) <= 20 ? near : null;
}

function toDelta(path: string, one: Delete, was: Delete | null): Delta {
  return delta({
    path,
    line: one.line,
    subject: one.call,
    aspect: "delete-call",
    op: was === null ? "added" : "changed",
    before: was?.call ?? "",
    beforeKind: was === null ? "absent" : "string",
    after: one.call,
    afterKind: "string",
    tags: [
      ...(was !== null && one.level > was.level ? ["level-rises"] : []),
      ...(one.level >= 4 ? ["parent"] : []),
      ...(one.all ? ["all"] : []),
    ],
  });
}
