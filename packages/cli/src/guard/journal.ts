// SPDX-License-Identifier: Apache-2.0
/**
 * What a guard let through: `guard-journal.jsonl`, two lines a change. The first is durable before a
 * byte is forwarded, with all that is needed to undo it; the second says what came of it. If we die
 * between them, the outcome is unknown, and the next start says so. A file that grew long stays under
 * another name, and the next one begins with what has to be known of it.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { jsonOf } from "../files/json.ts";
import { appendLine, linesOf } from "../hook/lines.ts";
import { fieldIn } from "./etcd/look.ts";
import type { Effect } from "./plan.ts";

export const JOURNAL = "guard-journal.jsonl";

export type Forwarding = {
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly title: string;
  readonly by: string | null;
  /** Of the server; `null` where it was away, or nothing would change. */
  readonly change: string | null;
  readonly digest: string | null;
  readonly because: string;
  readonly readAt: string;
  readonly effects: readonly Effect[];
};

export type Outcome = "answered" | "raced" | "unsent" | "lost";

export type Journal = {
  /** How often this guard has carried the same change out, or may have. */
  readonly times: (effects: readonly Effect[]) => number;
  /** Durable when it returns. */
  readonly forwards: (what: Forwarding) => void;
  readonly ended: (
    id: string,
    how: {
      readonly outcome: Outcome;
      readonly status: number | null;
      readonly says: string | null;
    },
  ) => void;
};

/** Far below what is read whole at a start. */
const FILE_BYTES = 64 * 1024 * 1024;

type Story = {
  /** What was begun and has no end yet, by id. */
  readonly open: Map<string, { readonly title: string; readonly effects: string }>;
  /** How often each change was carried out; one of which nobody knows counts. */
  readonly times: Map<string, number>;
};

/** The effects of a change in a few bytes. */
const digestOfEffects = (effects: readonly object[]): string =>
  createHash("sha256").update(JSON.stringify(effects)).digest("base64");

const written = ({ path, key, before, after }: Effect) => ({
  ...{ path, key, before: encoded(before), after: encoded(after) },
});

/** A change that a journal begins with counts as one carried out in another file. */
function carry(story: Story, line: unknown): void {
  const [times, open] = [fieldIn(line, "times"), fieldIn(line, "open")];
  for (const [effects, count] of pairsOf(times))
    if (typeof count === "number") story.times.set(effects, count);
  for (const [id, what] of pairsOf(open)) {
    const [title, effects] = [fieldIn(what, "title"), fieldIn(what, "effects")];
    if (typeof title === "string" && typeof effects === "string")
      story.open.set(id, { title, effects });
  }
}

const pairsOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

const carried = ({ open, times }: Story): string =>
  JSON.stringify({
    ...{ version: 1, line: "carried" },
    ...{ times: Object.fromEntries(times), open: Object.fromEntries(open) },
  });

function begin({ open, times }: Story, id: string, what: { title: string; effects: string }): void {
  open.set(id, what);
  times.set(what.effects, (times.get(what.effects) ?? 0) + 1);
}

/** By the second line of a change. What an engine answers with 5xx may have been done. */
export function wroteNothing(outcome: unknown, status: unknown): boolean {
  if (outcome === "raced" || outcome === "unsent") return true;
  return outcome === "answered" && typeof status === "number" && status >= 300 && status < 500;
}

function end({ open, times }: Story, id: string, outcome: unknown, status: unknown): void {
  const begun = open.get(id);
  if (begun === undefined) return;
  open.delete(id);
  if (wroteNothing(outcome, status)) times.set(begun.effects, (times.get(begun.effects) ?? 1) - 1);
}

/** Lines that cannot be read are those that a crash cut off. */
function storyOf(state: string): Story {
  const story: Story = { open: new Map(), times: new Map() };
  for (const line of linesOf(join(state, JOURNAL))) {
    const value = jsonOf(line);
    if (fieldIn(value, "line") === "carried") {
      carry(story, value);
      continue;
    }
    const id = fieldIn(value, "id");
    const title = fieldIn(value, "title");
    const effects = fieldIn(value, "effects");
    if (typeof id !== "string") continue;
    if (typeof title === "string" && Array.isArray(effects))
      begin(story, id, { title, effects: digestOfEffects(effects) });
    else end(story, id, fieldIn(value, "outcome"), fieldIn(value, "status"));
  }
  return story;
}

export function openJournal(state: string, fileBytes = FILE_BYTES): Journal {
  const path = join(state, JOURNAL);
  const story = storyOf(state);
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let most = fileBytes;
  const append = (value: object): void => {
    bytes = appendLine(path, JSON.stringify(value));
  };
  return {
    times: (effects) => story.times.get(digestOfEffects(effects.map(written))) ?? 0,
    forwards: ({ effects: all, ...rest }) => {
      if (bytes > most) most = fileBytes + beginAnew(path, carried(story));
      const effects = all.map(written);
      append({ version: 1, line: "forwards", ...rest, effects });
      begin(story, rest.id, { title: rest.title, effects: digestOfEffects(effects) });
    },
    ended: (id, how) => {
      append({ version: 1, line: "ended", id, at: Date.now(), ...how });
      end(story, id, how.outcome, how.status);
    },
  };
}

/**
 * The file stays under a name with the time in it, and another begins with `first`. Whenever we die,
 * one of the two is under the journal's own name, and says all that is known.
 */
function beginAnew(path: string, first: string): number {
  const next = `${path}.next`;
  rmSync(next, { force: true });
  const bytes = appendLine(next, first);
  linkSync(path, unusedName(path, Date.now()));
  renameSync(next, path);
  syncFolder(dirname(path));
  return bytes;
}

/** Two within a millisecond keep their order. */
function unusedName(path: string, at: number): string {
  const moment = new Date(at).toISOString().replaceAll(":", "-");
  const name = path.replace(/\.jsonl$/, `-${moment}.jsonl`);
  return existsSync(name) ? unusedName(path, at + 1) : name;
}

const encoded = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString("base64");

/** The name of a new file is durable only with its folder (fsync(2)). */
function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}

/** Titles of what was forwarded by a guard that was ended before it knew what came of it. */
export const unfinished = (state: string): readonly string[] =>
  [...storyOf(state).open.values()].map(({ title }) => title);
