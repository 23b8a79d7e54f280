// SPDX-License-Identifier: Apache-2.0
/** R31: jobs and rules that delete by age or disuse, with nothing that says what they must keep. */
import { type Delta, delta } from "@interlock/core";
import type { Entry, Node } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { quantityOf } from "./quantity.ts";
import { wordsOf } from "./words.ts";

/** What it does, of which one word must stand near the age. */
const VERBS = new Set(
  "cleanup clean cleaner prune pruner pruning purge purger reap reaper sweep sweeper janitor gc garbage delete deletion deleter remove removal destroy expire expiration expiry lifecycle housekeeping collector".split(
    " ",
  ),
);
/** What it does that to: without one of them it is a cache, a session or a log. */
const THINGS = new Set(
  "image images snapshot snapshots volume volumes disk disks instance instances vm vms branch branches bucket buckets object objects user users account accounts resource resources namespace namespaces database databases backup backups environment environments repository repositories artifact artifacts package packages release releases tenant tenants site sites host hosts record records registry machine machines server servers stack stacks project projects".split(
    " ",
  ),
);
const AGES =
  /\b(days|hours|weeks|months|age|older|older than|unused|stale|idle|inactive|untagged|last used|not accessed|not used|after|expires?|since|count more than|newer than)\b/;
/** What names what stays, or tries first. */
const KEEPS =
  /\b(keep|kept|exclu(de|des|ded|sions?)|except|exceptions?|ignored?|protect(ed)?|allow ?list|white ?list|allowlisted|retain(ed)?|dry ?run|preserve[ds]?|skip|prefix|prefixes|filters?|tags?|label ?selector|match(es)?|only)\b/;

const DEPTH_MAX = 40;

type Cleanup = {
  readonly pointer: string;
  readonly line: number;
  readonly key: string;
  readonly text: string;
};

type At = {
  readonly pointer: string;
  /** Words of the keys on the way and of the scalars beside it. */
  readonly words: readonly string[];
  readonly keeps: boolean;
  readonly depth: number;
};

/** Clean-ups that the new state has and the old one had not, or had with something to keep. */
export function cleanupDeltas(file: ChangedFile): readonly Delta[] {
  if (!touchesCleanup(file)) return [];
  const { before, after } = file.trees();
  if (after?.ok !== true || after.approximate) return [];
  const was = new Set(
    before?.ok === true ? before.documents.flatMap(cleanupsIn).map((c) => c.pointer) : [],
  );
  return after.documents
    .flatMap(cleanupsIn)
    .filter((c) => !was.has(c.pointer))
    .map((c) =>
      delta({
        path: file.path,
        line: c.line,
        subject: c.pointer.slice(0, 300),
        aspect: "cleanup-job",
        op: "added",
        key: c.key.slice(0, 200),
        after: `${c.key}: ${c.text}`,
        afterKind: "string",
        environment: file.environment,
      }),
    );
}

/** Most changes are of no age and no keep-list; then the tree is not walked. */
function touchesCleanup(file: ChangedFile): boolean {
  return (
    CLEANS.test(file.after ?? "") &&
    file.diff().deltas.some(({ key, op }) => {
      if (op === "reordered") return false;
      const words = wordsOf(key).join(" ");
      return AGES.test(words) || KEEPS.test(words);
    })
  );
}

const CLEANS =
  /clean|prun|purg|reap|sweep|janitor|gc|garbage|delet|remov|destroy|expir|lifecycle|housekeep/i;

function cleanupsIn(root: Node): readonly Cleanup[] {
  const found: Cleanup[] = [];
  const visit = (node: Node, at: At): void => {
    if (at.depth > DEPTH_MAX || node.kind === "scalar") return;
    if (node.kind === "list") {
      for (const [i, item] of node.items.entries())
        visit(item, { ...at, pointer: `${at.pointer}/${i}`, depth: at.depth + 1 });
      return;
    }
    const here = within(node.entries, at);
    for (const entry of node.entries) {
      const pointer = `${at.pointer}/${entry.key}`;
      if (isAge(entry) && !here.keeps && names(here.words, VERBS) && names(here.words, THINGS))
        found.push({ pointer, line: entry.keyLine, key: entry.key, text: textOf(entry.value) });
      visit(entry.value, {
        pointer,
        words: [...here.words, ...wordsOf(entry.key)],
        keeps: here.keeps,
        depth: at.depth + 1,
      });
    }
  };
  visit(root, { pointer: "", words: [], keeps: false, depth: 0 });
  return found;
}

/** What the keys and short values of one mapping add to what is known. */
function within(entries: readonly Entry[], at: At): At {
  const keys = entries.map((e) => wordsOf(e.key).join(" "));
  const values = entries.flatMap((e) =>
    e.value.kind === "scalar" && e.value.type === "string" && e.value.text.length <= 40
      ? wordsOf(e.value.text)
      : [],
  );
  return {
    ...at,
    // Words of far-away parents say little; those of the last few levels say what it is about.
    words: [...at.words.slice(-8), ...keys.flatMap((k) => k.split(" ")), ...values],
    keeps: at.keeps || keys.some((k, i) => KEEPS.test(k) && !isBlank(entries[i]?.value)),
  };
}

const isBlank = (node: Node | undefined): boolean =>
  node === undefined ||
  (node.kind === "scalar" && (node.text === "" || /^(false|null|none)$/i.test(node.text))) ||
  (node.kind === "list" && node.items.length === 0) ||
  (node.kind === "map" && node.entries.length === 0);

const names = (words: readonly string[], set: ReadonlySet<string>): boolean =>
  words.some((w) => set.has(w));

function isAge({ key, value }: Entry): boolean {
  if (value.kind !== "scalar" || !AGES.test(wordsOf(key).join(" "))) return false;
  const quantity = quantityOf(value.text);
  return (
    quantity !== null && (quantity.unit === "" || quantity.unit === "ms") && quantity.micro > 0
  );
}

const textOf = (node: Node): string => (node.kind === "scalar" ? node.text : "");
