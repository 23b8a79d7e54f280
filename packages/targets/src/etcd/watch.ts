// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import type { Json } from "@interlock/digest";
import type { Seen } from "../target.ts";
import { inside, listIn, parseJson, textIn } from "../web/json.ts";
import { type Gateway, isTokenEnded } from "./gateway.ts";
import { placeOf, spanOf } from "./layout.ts";
import type { EtcdSettings } from "./settings.ts";
import { base64, bytesOf, revisionOf } from "./wire.ts";

const PAUSE_LEAST_MS = 50;
const PAUSE_MOST_MS = 5_000;

/** What one stream of etcd said: what was seen, and that it ended. */
type Said =
  | { readonly kind: "seen"; readonly seen: Seen }
  /** Everything up to this revision was told. */
  | { readonly kind: "reached"; readonly revision: string };

/**
 * Never throws and never ends before it is aborted. `at` is a revision all of whose changes have been
 * told, so that going on behind it loses none of a batch.
 */
export async function* watchCells(
  gateway: Gateway,
  settings: EtcdSettings,
  since: string | null,
  signal: AbortSignal,
): AsyncGenerator<Seen, void, undefined> {
  let reached = since !== null && /^\d{1,18}$/.test(since) ? since : null;
  let wait = PAUSE_LEAST_MS;
  while (!signal.aborted) {
    for await (const said of stream(gateway, settings, reached, signal)) {
      wait = PAUSE_LEAST_MS;
      if (said.kind === "reached") {
        reached = said.revision;
        continue;
      }
      reached = said.seen.at;
      yield said.seen;
      if (signal.aborted) return;
    }
    await pause(wait, undefined, { signal }).catch(() => undefined);
    wait = Math.min(2 * wait, PAUSE_MOST_MS);
  }
}

async function* stream(
  gateway: Gateway,
  settings: EtcdSettings,
  reached: string | null,
  signal: AbortSignal,
): AsyncGenerator<Said, void, undefined> {
  const { start, end } = spanOf(settings.layout);
  const from = reached === null ? {} : { start_revision: next(reached) };
  const question = {
    create_request: {
      key: base64(start),
      range_end: base64(end),
      fragment: true,
      progress_notify: true,
      ...from,
    },
  };
  const opened = await gateway.stream("/v3/watch", question, signal);
  if (opened.kind === "answer") gateway.forgetToken();
  if (opened.kind !== "open") return;
  const tell = tellerOf(settings, reached);
  try {
    for await (const line of opened.lines) {
      const told = tell(inside(parseJson(line), "result"));
      if (told.forgetToken) gateway.forgetToken();
      yield* told.said;
      if (told.ended) return;
    }
  } catch {
    // The stream broke off. What was reached is known, so the next one goes on from there.
  }
}

type Told = {
  readonly said: readonly Said[];
  readonly ended: boolean;
  readonly forgetToken: boolean;
};

const told = (said: readonly Said[], ended = false): Told => ({ said, ended, forgetToken: false });

/** Makes of each message of a stream what it says; keeps the changes of one that comes in fragments. */
function tellerOf(
  settings: EtcdSettings,
  reached: string | null,
): (result: Json | undefined) => Told {
  let begun = reached;
  let waiting: readonly Change[] = [];
  const gap = (at: string): Said => ({ kind: "seen", seen: { kind: "gap", at } });
  return (result) => {
    if (result === undefined || result === null) return told([], true);
    const revision = revisionOf(result);
    if (inside(result, "canceled") === true) {
      const why = textIn(result, "cancel_reason") ?? "";
      if (isTokenEnded(why)) return { said: [], ended: true, forgetToken: true };
      const compacted = textIn(result, "compact_revision");
      return told(compacted === undefined ? [] : [gap(compacted)], true);
    }
    if (inside(result, "created") === true) {
      // A revision that was not reached yet: etcd was set back, and its past is another one.
      const isSetBack = begun !== null && BigInt(begun) > BigInt(revision);
      const isFirst = begun === null;
      begun = revision;
      return told(isSetBack || isFirst ? [gap(revision)] : [], isSetBack);
    }
    const changes = [...waiting, ...changesOf(result)];
    waiting = inside(result, "fragment") === true ? changes : [];
    if (waiting.length > 0) return told([]);
    if (changes.length === 0) return told([{ kind: "reached", revision }]);
    return told(changes.flatMap((change, index) => seenOf(settings, change, changes[index + 1])));
  };
}

type Change = { readonly path: Uint8Array; readonly revision: string };

function changesOf(result: Json): readonly Change[] {
  return listIn(result, "events").flatMap((event) => {
    const path = textIn(event, "kv", "key");
    const revision = textIn(event, "kv", "mod_revision");
    if (path === undefined || revision === undefined) return [];
    return [{ path: bytesOf(path), revision }];
  });
}

function seenOf(
  settings: EtcdSettings,
  { path, revision }: Change,
  following: Change | undefined,
): readonly Said[] {
  const isLast = following?.revision !== revision;
  const at = isLast ? revision : String(BigInt(revision) - 1n);
  const place = placeOf(settings.layout, path);
  if (place !== null) return [{ kind: "seen", seen: { kind: "changed", ...place, at } }];
  return [{ kind: "reached", revision: at }];
}

const next = (revision: string): string => String(BigInt(revision) + 1n);
