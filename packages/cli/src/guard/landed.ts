// SPDX-License-Identifier: Apache-2.0
/** What a guard carried out, read back from its journals, so that it can be taken away again. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { jsonOf } from "../files/json.ts";
import { linesOf } from "../hook/lines.ts";
import { fieldIn, listIn } from "./etcd/look.ts";
import { JOURNAL, wroteNothing } from "./journal.ts";
import type { Effect } from "./plan.ts";

export type Landed = {
  /** Of the journal. */
  readonly id: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly title: string;
  readonly by: string | null;
  /** Of the server. */
  readonly change: string | null;
  readonly effects: readonly Effect[];
};

export type Landings = {
  /** What was asked for; `null`: nothing of that name was carried out here. */
  readonly landed: Landed | null;
  /** Who wrote a file of it last, where that was later. */
  readonly since: ReadonlyMap<string, Omit<Landed, "effects">>;
};

/**
 * The newest landing that `name` names: a change of the server, a digest, or an id of the journal. What
 * may have been carried out counts: its images say what to look for. Journals that were moved away are
 * not known.
 */
export async function landingsOf(state: string, name: string): Promise<Landings> {
  const all = new Map<string, Landed & { readonly digest: string | null }>();
  for (const file of journalsIn(state))
    for (const [i, line] of linesOf(join(state, file)).entries()) {
      // Others are waited for meanwhile: a journal may be long.
      if (i % LINES_AT_ONCE === 0) await setImmediate();
      const value = jsonOf(line);
      const [id, how] = [fieldIn(value, "id"), fieldIn(value, "outcome")];
      if (typeof id !== "string") continue;
      if (fieldIn(value, "line") === "forwards") {
        const landed = forwardingIn(value, id);
        if (landed !== null) all.set(id, landed);
      } else if (wroteNothing(how, fieldIn(value, "status"))) all.delete(id);
    }
  const inOrder = [...all.values()];
  const at = inOrder.findLastIndex((one) => [one.change, one.digest, one.id].includes(name));
  const landed = inOrder[at] ?? null;
  const later = landed === null ? [] : inOrder.slice(at + 1);
  const since = later.flatMap(({ effects, ...one }) =>
    effects.map(({ path }) => [path, one] as const),
  );
  return { landed, since: new Map(since) };
}

const LINES_AT_ONCE = 200;

/** Those that grew long have a time in their names, which is their order. */
const journalsIn = (state: string): readonly string[] => [
  ...readdirSync(state)
    .filter((name) => /^guard-journal-.+\.jsonl$/.test(name))
    .sort(),
  JOURNAL,
];

function forwardingIn(value: unknown, id: string) {
  const [at, title] = [fieldIn(value, "at"), fieldIn(value, "title")];
  const effects = listIn(value, "effects").map(effectIn);
  if (typeof at !== "number" || typeof title !== "string") return null;
  if (!effects.every((one) => one !== null)) return null;
  const [by, change] = [textOrNull(value, "by"), textOrNull(value, "change")];
  return { id, at, title, by, change, digest: textOrNull(value, "digest"), effects };
}

function effectIn(value: unknown): Effect | null {
  const [path, key] = [fieldIn(value, "path"), fieldIn(value, "key")];
  if (typeof path !== "string" || typeof key !== "string") return null;
  return { path, key, before: imageIn(value, "before"), after: imageIn(value, "after") };
}

const textOrNull = (value: unknown, name: string): string | null => {
  const field = fieldIn(value, name);
  return typeof field === "string" ? field : null;
};

const imageIn = (value: unknown, name: string): Uint8Array | null => {
  const text = textOrNull(value, name);
  return text === null ? null : Buffer.from(text, "base64");
};
