// SPDX-License-Identifier: Apache-2.0
/** Item by item, each over its version; the first that does not go through ends the batch. */
import { type Json, sha256Hex, utf8 } from "@interlock/digest";
import { refused, shown } from "../failure.ts";
import { overLimit } from "../limits.ts";
import type { Batch, BatchItem, TargetFailure, WriteOutcome } from "../target.ts";
import type { Ask, Question } from "../web/client.ts";
import { parseJson } from "../web/json.ts";
import { type Api, apiAway, apiRefused, ENTITY_TAG, readKey } from "./exchange.ts";
import type { HttpSettings } from "./settings.ts";
import { fill, fillBody, hasHole, isPathTrick } from "./template.ts";

/** Of an answer to a write, of which nothing but the status is used. */
const ANSWER_BYTES = 1 << 23;

export async function writeItems(api: Api, place: string, batch: Batch): Promise<WriteOutcome> {
  const failure = overLimit(batch) ?? overDescription(api.settings, batch.items);
  if (failure !== null) return { kind: "refused", failure };
  return api.client.write((ask) => writeAll({ api, ask, place }, batch));
}

type Line = { readonly api: Api; readonly ask: Ask; readonly place: string };

async function writeAll(line: Line, batch: Batch): Promise<WriteOutcome> {
  const done: string[] = [];
  for (const item of batch.items) {
    const outcome = await writeItem(line, item, batch.idempotencyKey);
    if (outcome.kind === "conflict") return { kind: "conflict", keys: [item.key], done };
    if (outcome.kind !== "written")
      return done.length === 0 ? outcome : { kind: "unknown", failure: midway(outcome.failure) };
    done.push(item.key);
  }
  return { kind: "written" };
}

/** Items before it are written: that it had no effect is true of this one alone. */
const midway = ({ code, message, help }: TargetFailure): TargetFailure => ({
  code,
  message: `only a part of the batch was written: ${message}`,
  help: `read the keys back; ${help}`,
});

/** What would not be held as it is sent, of all items before the first is sent. */
function overDescription(
  settings: HttpSettings,
  items: readonly BatchItem[],
): TargetFailure | null {
  for (const { key, value, over } of items) {
    if (isKeyTrick(settings, key)) return keyFault(key);
    if (value === null && over !== null && settings.remove === null)
      return refused(
        "this API has no way to delete a key over its version",
        "describe `delete`, or keep the key with a value that means nothing",
      );
    if (value !== null && settings.body?.as === "text" && !isText(value))
      return refused(`the value of \`${shown(key)}\` is not UTF-8`, "describe the body as base64");
  }
  return null;
}

export const keyFault = (key: string): TargetFailure =>
  refused(
    `\`${shown(key)}\` cannot stand in a path of this API`,
    "use a key without `.` or `..` between slashes; `{+key}` in a path keeps slashes",
  );

/** A slash inside of `{key}` travels encoded, which servers and proxies read in more than one way. */
export function isKeyTrick({ read, write, remove }: HttpSettings, key: string): boolean {
  const paths = [read, write.path, ...(remove === null ? [] : [remove.path])];
  const isWhole = paths.some((path) => hasHole(path, "key"));
  return isPathTrick(key) || /[\p{Cc}\\]/u.test(key) || (isWhole && key.includes("/"));
}

const isText = (value: Uint8Array): boolean => {
  const bytes = Buffer.from(value);
  return Buffer.from(bytes.toString("utf8")).equals(bytes);
};

type Item = {
  readonly place: string;
  readonly item: BatchItem;
  readonly idempotencyKey: string;
};

type ItemOutcome =
  | Exclude<WriteOutcome, { kind: "conflict" | "fenced" | "already" }>
  | { readonly kind: "conflict" };

async function writeItem(
  { api, ask, place }: Line,
  item: BatchItem,
  idempotencyKey: string,
): Promise<ItemOutcome> {
  if (item.value === null && item.over === null) return isAbsent(api, place, item.key);
  const question = questionOf(api.settings, { place, item, idempotencyKey });
  // It has no form that a version read here can have, so nothing holds it.
  if (question === null) return { kind: "conflict" };
  const reply = await ask(question);
  if (reply.kind === "unsent") return { kind: "away", failure: apiAway(reply.why) };
  if (reply.kind === "lost") return { kind: "unknown", failure: apiAway(reply.why) };
  return outcomeOf(api.settings, reply.status, item);
}

/** Nothing can be asked of the API in one call; the answer is as true as a read is. */
async function isAbsent(api: Api, place: string, key: string): Promise<ItemOutcome> {
  const held = await readKey(api, place, key);
  if (held.ok) return { kind: held.value === null ? "written" : "conflict" };
  const kind = held.failure.code === "TARGET_AWAY" ? "away" : "refused";
  return { kind, failure: held.failure };
}

function outcomeOf(settings: HttpSettings, status: number, item: BatchItem): ItemOutcome {
  // 202: it may be done later, or never.
  if (status === 202) return { kind: "unknown", failure: apiAway("it only accepted the write") };
  if (status >= 200 && status < 300) return { kind: "written" };
  if (settings.conflict.has(status)) return { kind: "conflict" };
  // What was there when it was read is gone.
  if ((status === 404 || status === 410) && item.over !== null) return { kind: "conflict" };
  if (status === 429) return { kind: "away", failure: apiAway("too many requests") };
  if (status >= 500 || status === 408)
    return { kind: "unknown", failure: apiAway(`status ${status}`) };
  return { kind: "refused", failure: apiRefused(status) };
}

/** `null`: `over` is no version. */
function questionOf(settings: HttpSettings, one: Item): Question | null {
  const { place, item } = one;
  const call = item.value === null ? settings.remove : settings.write;
  const sent = versionOf(settings, item.over);
  if (call === null || sent === null) return null;
  const body = item.value === null ? null : bodyOf(settings, one, sent.version);
  const typed = body === null ? {} : { "content-type": settings.contentType };
  const version = typeof sent.version === "string" ? sent.version : String(sent.version ?? "");
  return {
    method: call.method,
    path: fill(call.path, { cell: place, key: item.key, version }),
    headers: { ...settings.headers, ...sent.condition, ...idempotencyOf(settings, one), ...typed },
    ...(body === null ? {} : { body }),
    answerBytes: ANSWER_BYTES,
  };
}

type Sent = { readonly version: Json; readonly condition: Readonly<Record<string, string>> };

/** How a version travels: as a condition (RFC 9110, 13.1) or in the body. */
function versionOf(settings: HttpSettings, over: string | null): Sent | null {
  if (settings.versionAt === null) {
    if (over === null) return { version: null, condition: { "if-none-match": "*" } };
    return ENTITY_TAG.test(over) ? { version: over, condition: { "if-match": over } } : null;
  }
  if (over === null) return { version: settings.body?.absent ?? null, condition: {} };
  const version = parseJson(over);
  const isVersion = typeof version === "string" || Number.isSafeInteger(version);
  // What stands for absence is no version of anything that is there.
  if (!isVersion || version === undefined || version === settings.body?.absent) return null;
  return { version, condition: {} };
}

function idempotencyOf(settings: HttpSettings, { item, idempotencyKey }: Item) {
  if (settings.idempotencyHeader === null) return {};
  return { [settings.idempotencyHeader]: sha256Hex(utf8(`${idempotencyKey}\n${item.key}`)) };
}

function bodyOf(settings: HttpSettings, { place, item }: Item, version: Json): Uint8Array | string {
  const value = item.value ?? new Uint8Array();
  if (settings.body === null) return value;
  const text = Buffer.from(value).toString(settings.body.as === "text" ? "utf8" : "base64");
  const filled = { value: text, version, key: item.key, cell: place };
  return JSON.stringify(fillBody(settings.body.template, filled));
}
