// SPDX-License-Identifier: Apache-2.0
/** What an admin API was asked and what it answered, in the terms of a target. */
import type { Json } from "@interlock/digest";
import { away, damaged, failed, refused } from "../failure.ts";
import type { Answered, Held, TargetFailure } from "../target.ts";
import type { Client, Reply } from "../web/client.ts";
import { inside, listIn, parseJson } from "../web/json.ts";
import { type LastWriter, writerOf } from "../writer.ts";
import type { HttpSettings } from "./settings.ts";
import { fill, type Template } from "./template.ts";

/** Of a value in base64 in a body of JSON, with room for what stands around it. */
const ANSWER_BYTES = 1 << 23;
const LIST_BYTES = 1 << 25;
const PAGES_MAX = 1_000;
const KEYS_MAX = 100_000;
/** A strong entity-tag (RFC 9110, 8.8.3); a weak one cannot be compared by If-Match. */
export const ENTITY_TAG = /^"[\x21\x23-\x7e\x80-\xff]{0,1000}"$/;

export type Api = { readonly client: Client; readonly settings: HttpSettings };

export const apiAway = (why: string): TargetFailure =>
  away(`the API does not answer: ${why}`, "look whether its address is right and it is up");

export const apiRefused = (status: number): TargetFailure =>
  status >= 300 && status < 400
    ? refused(
        `the API answered ${status}, a redirect, which is never followed`,
        "set `origin` and the paths to where the API really is",
      )
    : refused(
        `the API answered ${status}`,
        "look at the paths, the headers and what these credentials may do",
      );

const apiDamaged = (what: string): TargetFailure =>
  damaged(`the API answers what its description does not say: ${what}`, "mend the description");

/** Reading is harmless: whatever did not work had no effect. */
async function get(api: Api, path: string, answerBytes: number): Promise<Answered<Answer>> {
  const { headers } = api.settings;
  const reply = await api.client.read({ method: "GET", path, headers, answerBytes });
  if (reply.kind !== "answer") return failed(apiAway(reply.why));
  if (reply.status >= 500 || reply.status === 429) return failed(apiAway(`status ${reply.status}`));
  return { ok: true, value: reply };
}

type Answer = Extract<Reply, { kind: "answer" }>;

export async function readKey(
  api: Api,
  place: string,
  key: string,
): Promise<Answered<Held | null>> {
  const asked = await askKey(api, place, key);
  return asked.ok ? { ok: true, value: asked.value?.held ?? null } : asked;
}

/** In the headers that the settings name; whatever the API says there is its own word. */
export async function keyWriter(
  api: Api,
  place: string,
  { key, version }: { readonly key: string; readonly version: string },
): Promise<Answered<LastWriter | null>> {
  const asked = await askKey(api, place, key);
  if (!asked.ok) return asked;
  if (asked.value?.held.version !== version) return { ok: true, value: null };
  const { headers } = asked.value;
  const { by, at } = api.settings.writer;
  const said = (name: string | null): string | undefined => {
    const found = name === null ? undefined : headers[name];
    return typeof found === "string" ? found : undefined;
  };
  return { ok: true, value: writerOf("told", { name: said(by), at: Date.parse(said(at) ?? "") }) };
}

type Asked = { readonly held: Held; readonly headers: Answer["headers"] } | null;

async function askKey(api: Api, place: string, key: string): Promise<Answered<Asked>> {
  const { settings } = api;
  const got = await get(api, fill(settings.read, { cell: place, key }), ANSWER_BYTES);
  if (!got.ok) return got;
  const { status, headers, body } = got.value;
  if (status === 404 || status === 410) return { ok: true, value: null };
  if (status !== 200) return failed(apiRefused(status));
  const json = settings.body === null ? undefined : parseJson(Buffer.from(body).toString("utf8"));
  const version =
    settings.versionAt === null
      ? tagOf(headers["etag"])
      : versionIn(inside(json, ...settings.versionAt));
  if (version === null)
    return failed(apiDamaged("a value without a version, or with one that cannot be compared"));
  if (settings.body === null)
    return { ok: true, value: { held: { value: body, version }, headers } };
  const value = valueIn(inside(json, ...settings.body.valueAt), settings.body.as);
  if (value === null) return failed(apiDamaged("no value where it should be"));
  return { ok: true, value: { held: { value, version }, headers } };
}

const tagOf = (header: string | readonly string[] | undefined): string | null =>
  typeof header === "string" && ENTITY_TAG.test(header) ? header : null;

/** As JSON, so that it is sent back as what it was; a number that could have been rounded is none. */
function versionIn(found: Json | undefined): string | null {
  if (typeof found === "string") return JSON.stringify(found);
  return typeof found === "number" && Number.isSafeInteger(found) ? String(found) : null;
}

function valueIn(found: Json | undefined, as: "text" | "base64"): Uint8Array | null {
  if (typeof found !== "string") return null;
  if (as === "text") return found.isWellFormed() ? Buffer.from(found, "utf8") : null;
  const bytes = Buffer.from(found, "base64");
  return bytes.toString("base64") === found ? bytes : null;
}

/** Keys with the version that the list gives, or with `null` where it gives none; not sorted. */
export async function listKeys(
  api: Api,
  place: string,
): Promise<Answered<ReadonlyMap<string, string | null>>> {
  const { list } = api.settings;
  const keys = new Map<string, string | null>();
  let after = "";
  for (let page = 0; page < PAGES_MAX; page++) {
    const got = await get(api, fill(list.path, { cell: place, after }), LIST_BYTES);
    if (!got.ok) return got;
    const { status, body } = got.value;
    if (status !== 200) return failed(apiRefused(status));
    const json = parseJson(Buffer.from(body).toString("utf8"));
    const items = inside(json, ...list.items);
    if (!Array.isArray(items)) return failed(apiDamaged("no list where it should be"));
    for (const item of listIn(items)) {
      const key = inside(item, ...list.key);
      if (typeof key !== "string" || key === "" || !key.isWellFormed())
        return failed(apiDamaged("an item without a key"));
      keys.set(key, list.version === null ? null : versionIn(inside(item, ...list.version)));
    }
    const next = list.next === null ? undefined : inside(json, ...list.next);
    if (typeof next !== "string" || next === "") return { ok: true, value: keys };
    if (next === after || keys.size > KEYS_MAX) break;
    after = next;
  }
  return failed(apiDamaged(`a list without an end, or of more than ${KEYS_MAX} keys`));
}

/** The status that a path answers with. */
export async function statusOf(api: Api, path: Template): Promise<Answered<number>> {
  const got = await get(api, fill(path, {}), LIST_BYTES);
  return got.ok ? { ok: true, value: got.value.status } : got;
}
