// SPDX-License-Identifier: Apache-2.0
/** The few calls of the Kubernetes API that a ConfigMap needs, and how their failures are told. */
import type { Json } from "@interlock/digest";
import { away, damaged, failed, refused } from "../failure.ts";
import type { Answered, TargetFailure } from "../target.ts";
import type { Ask, Client, Reply } from "../web/client.ts";
import { inside, parseJson, textIn } from "../web/json.ts";
import { type ConfigMap, configMapOf } from "./object.ts";
import type { KubernetesSettings, Place } from "./settings.ts";

/** An object has at most 1.5 MiB in the store, in JSON with base64 and escapes several times that. */
const OBJECT_BYTES = 1 << 23;

export type Api = { readonly client: Client; readonly settings: KubernetesSettings };

export const apiAway = (why: string): TargetFailure =>
  away(`the API server does not answer: ${why}`, "look whether its address is right and it is up");

export const apiDamaged = (what: string): TargetFailure =>
  damaged(
    `the API server holds or answers what cannot be understood: ${what}`,
    "look at the object with kubectl",
  );

export function apiRefused({ status, body }: Pick<Answer, "status" | "body">): TargetFailure {
  const message = textIn(bodyOf({ body }), "message") ?? `status ${status}`;
  return refused(
    `the API server refused: ${message.slice(0, 500)}`,
    "look at the role of this account: it needs get, list, watch, create and patch on the ConfigMaps",
  );
}

export type Answer = Extract<Reply, { kind: "answer" }>;

export const bodyOf = ({ body }: Pick<Answer, "body">): Json | undefined =>
  parseJson(Buffer.from(body).toString("utf8"));

export const pathOf = ({ namespace, name }: Place): string =>
  `/api/v1/namespaces/${namespace}/configmaps/${name}`;

/** Reading is harmless: whatever did not work had no effect. */
export async function get(api: Api, path: string, answerBytes: number): Promise<Answered<Answer>> {
  const { headers } = api.settings;
  const accept = { accept: "application/json", ...headers };
  const reply = await api.client.read({ method: "GET", path, headers: accept, answerBytes });
  if (reply.kind !== "answer") return failed(apiAway(reply.why));
  if (reply.status >= 500 || reply.status === 429) return failed(apiAway(`status ${reply.status}`));
  return { ok: true, value: reply };
}

/** `null`: there is no such object. */
export async function getObject(api: Api, path: string): Promise<Answered<Json | null>> {
  const got = await get(api, path, OBJECT_BYTES);
  if (!got.ok) return got;
  if (got.value.status === 404) return { ok: true, value: null };
  if (got.value.status !== 200) return failed(apiRefused(got.value));
  const body = bodyOf(got.value);
  return body === undefined ? failed(apiDamaged("no JSON")) : { ok: true, value: body };
}

/** `null`: there is no such ConfigMap. */
export async function getConfigMap(api: Api, place: Place): Promise<Answered<ConfigMap | null>> {
  const got = await getObject(api, pathOf(place));
  if (!got.ok) return got;
  if (got.value === null) return { ok: true, value: null };
  const found = configMapOf(got.value, api.settings.fieldManager);
  return found === null ? failed(apiDamaged("no ConfigMap")) : { ok: true, value: found };
}

/**
 * Server-side apply, never with force. JSON is YAML, so it is sent as such
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
 */
export function applyConfigMap(
  ask: Ask,
  { settings }: Api,
  place: Place,
  content: Readonly<Record<string, Json>>,
): Promise<Reply> {
  const query = `fieldManager=${encodeURIComponent(settings.fieldManager)}&force=false`;
  const { metadata, ...rest } = content;
  return ask({
    method: "PATCH",
    path: `${pathOf(place)}?${query}`,
    headers: {
      accept: "application/json",
      ...settings.headers,
      "content-type": "application/apply-patch+yaml",
    },
    body: JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...place, ...(typeof metadata === "object" ? metadata : {}) },
      ...rest,
    }),
    answerBytes: OBJECT_BYTES,
  });
}

/** Without any key; 409 where it is there already. */
export function createConfigMap(ask: Ask, { settings }: Api, place: Place): Promise<Reply> {
  const query = `fieldManager=${encodeURIComponent(settings.fieldManager)}`;
  return ask({
    method: "POST",
    path: `/api/v1/namespaces/${place.namespace}/configmaps?${query}`,
    headers: {
      accept: "application/json",
      ...settings.headers,
      "content-type": "application/json",
    },
    body: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: place }),
    answerBytes: OBJECT_BYTES,
  });
}

/** The keys that another field manager owns, of a 409; `null`: it is about something else. */
export function ownedByOthers(answer: Answer): readonly string[] | null {
  const causes = inside(bodyOf(answer), "details", "causes");
  if (!Array.isArray(causes)) return null;
  const keys = causes.flatMap((cause: Json) => {
    if (textIn(cause, "reason") !== "FieldManagerConflict") return [];
    // `.data.key`, where the key itself may hold dots.
    const [, key] = /^\.(?:data|binaryData)\.(.+)$/.exec(textIn(cause, "field") ?? "") ?? [];
    return key === undefined ? [] : [key];
  });
  return keys.length === 0 ? null : keys;
}
