// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { failed } from "../failure.ts";
import { waited } from "../polling.ts";
import type { Answered, Seen } from "../target.ts";
import { inside, listIn, parseJson, textIn } from "../web/json.ts";
import { type Api, apiDamaged, apiRefused, bodyOf, collectionOf, get } from "./api.ts";
import type { Form } from "./form.ts";
import { versionOf } from "./object.ts";

const LIST_BYTES = 1 << 26;
const PAUSE_LEAST_MS = 50;
const PAUSE_MOST_MS = 5_000;

/** By cell: the versions of its keys. */
type State = Map<string, ReadonlyMap<string, string>>;

type Position = { readonly at: string; readonly state: State };

/**
 * Begins with a gap: what a key held at an older resourceVersion cannot be asked for, so a key that was
 * deleted since could not be told. From there on a stream that breaks off is taken up where it ended.
 */
export async function* watchObjects(
  api: Api,
  signal: AbortSignal,
): AsyncGenerator<Seen, void, undefined> {
  const cells = new Map(
    [...api.settings.cells].map(([cell, { namespace, name }]) => [`${namespace}/${name}`, cell]),
  );
  let position: Position | null = null;
  let wait = PAUSE_LEAST_MS;
  while (!signal.aborted) {
    if (position === null) {
      const listed = await list(api, cells);
      if (listed.ok) {
        position = listed.value;
        yield { kind: "gap", at: position.at };
      }
    }
    if (position !== null && !signal.aborted) {
      const { state }: Position = position;
      let at: string | null = position.at;
      for await (const event of stream(api, position.at, signal)) {
        wait = PAUSE_LEAST_MS;
        const step = stepOf(event, { cells, state, at }, api.settings.form);
        yield* step.seen;
        at = step.at;
        if (at === null || signal.aborted) break;
      }
      position = at === null ? null : { at, state };
    }
    await waited(wait, signal);
    wait = Math.min(2 * wait, PAUSE_MOST_MS);
  }
}

/** All cells in one namespace are watched there; else a role for the whole cluster is needed. */
function scopeOf(api: Api): string {
  const cells = [...api.settings.cells.values()];
  const [only = null, ...more] = new Set(cells.map(({ namespace }) => namespace));
  return collectionOf(api, more.length === 0 ? only : null);
}

type Cells = ReadonlyMap<string, string>;

async function list(api: Api, cells: Cells): Promise<Answered<Position>> {
  const got = await get(api, scopeOf(api), LIST_BYTES);
  if (!got.ok) return got;
  if (got.value.status !== 200) return failed(apiRefused(got.value));
  const body = bodyOf(got.value);
  const at = textIn(body, "metadata", "resourceVersion");
  if (at === undefined) return failed(apiDamaged("a list without a resourceVersion"));
  const state: State = new Map();
  for (const item of listIn(body, "items")) {
    const cell = cellOf(item, cells);
    if (cell !== undefined) state.set(cell, versionsIn(item, api.settings.form));
  }
  return { ok: true, value: { at, state } };
}

const cellOf = (object: Json | undefined, cells: Cells): string | undefined =>
  cells.get(
    `${textIn(object, "metadata", "namespace") ?? ""}/${textIn(object, "metadata", "name") ?? ""}`,
  );

const versionsIn = (object: Json | undefined, { valuesIn }: Form): ReadonlyMap<string, string> =>
  new Map([...valuesIn(object)].map(([key, value]) => [key, versionOf(value)]));

async function* stream(api: Api, at: string, signal: AbortSignal): AsyncGenerator<Json> {
  const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(at)}`;
  const headers = { accept: "application/json", ...api.settings.headers };
  const question = { method: "GET", path: `${scopeOf(api)}?${query}`, headers };
  const opened = await api.client.stream({ ...question, answerBytes: 1 << 24 }, signal);
  // 410 may come as a status or, once the stream is open, as an event; both are one.
  if (opened.kind === "answer" && opened.status === 410) yield GONE;
  if (opened.kind !== "open") return;
  try {
    for await (const line of opened.lines) {
      const event = parseJson(line);
      if (event === undefined) return;
      yield event;
    }
  } catch {
    // The stream broke off. What was reached is known, so the next one goes on from there.
  }
}

const GONE: Json = { type: "ERROR", object: { code: 410 } };

type Here = { readonly cells: Cells; readonly state: State; readonly at: string };
/** `at` is `null` where the past is gone and everything has to be listed anew. */
type Step = { readonly seen: readonly Seen[]; readonly at: string | null };

function stepOf(event: Json, { cells, state, at }: Here, form: Form): Step {
  const object = inside(event, "object");
  if (textIn(event, "type") === "ERROR") return { seen: [], at: null };
  const reached = textIn(object, "metadata", "resourceVersion");
  if (reached === undefined) return { seen: [], at: null };
  const cell = cellOf(object, cells);
  if (cell === undefined || textIn(event, "type") === "BOOKMARK") return { seen: [], at: reached };
  const before = state.get(cell) ?? new Map<string, string>();
  const isDeleted = textIn(event, "type") === "DELETED";
  const now = isDeleted ? new Map<string, string>() : versionsIn(object, form);
  state.set(cell, now);
  const keys = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => before.get(key) !== now.get(key),
  );
  // Whoever stops in the middle has not seen the rest: only the last one moves the place on.
  const seen = keys.map((key, index): Seen => {
    return { kind: "changed", cell, key, at: index === keys.length - 1 ? reached : at };
  });
  return { seen, at: reached };
}
