// SPDX-License-Identifier: Apache-2.0
/** The few calls of the Kubernetes API that one object needs, and how their failures are told. */
import type { Json } from "@interlock/digest";
import { away, damaged, failed, refused, shown } from "../failure.ts";
import type { Answered, TargetFailure } from "../target.ts";
import type { Ask, Client, Reply } from "../web/client.ts";
import { listIn, parseJson, textIn } from "../web/json.ts";
import { type Found, objectOf } from "./object.ts";
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
    "look at the role of this account: it needs get, list, watch and patch on the cells, and create on ConfigMaps",
  );
}

/** Whoever deploys a workload makes it; we set fields of one that is there. */
export const noObject = ({ settings: { form } }: Api, { namespace, name }: Place): TargetFailure =>
  refused(
    `there is no ${form.kind} \`${namespace}/${name}\``,
    "bring it with what deploys it; only fields of one that is there are written",
  );

export type Answer = Extract<Reply, { kind: "answer" }>;

export const bodyOf = ({ body }: Pick<Answer, "body">): Json | undefined =>
  parseJson(Buffer.from(body).toString("utf8"));

/** Of all objects of the form in a namespace, or in every one. */
export const collectionOf = ({ settings: { form } }: Api, namespace: string | null): string =>
  namespace === null
    ? `${form.root}/${form.plural}`
    : `${form.root}/namespaces/${namespace}/${form.plural}`;

const pathOf = (api: Api, { namespace, name }: Place): string =>
  `${collectionOf(api, namespace)}/${name}`;

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
export async function getObject(api: Api, place: Place): Promise<Answered<Found | null>> {
  const got = await get(api, pathOf(api, place), OBJECT_BYTES);
  if (!got.ok) return got;
  if (got.value.status === 404) return { ok: true, value: null };
  if (got.value.status !== 200) return failed(apiRefused(got.value));
  const { form, fieldManager } = api.settings;
  const body = bodyOf(got.value);
  const found = body === undefined ? null : objectOf(body, form, fieldManager);
  return found === null ? failed(apiDamaged(`no ${form.kind}`)) : { ok: true, value: found };
}

/**
 * Server-side apply, never with force. JSON is YAML, so it is sent as such
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/).
 */
export function applyObject(
  ask: Ask,
  api: Api,
  place: Place,
  content: Readonly<Record<string, Json>>,
): Promise<Reply> {
  const { settings } = api;
  const { apiVersion, kind } = settings.form;
  const query = `fieldManager=${encodeURIComponent(settings.fieldManager)}&force=false`;
  const { metadata, ...rest } = content;
  return ask({
    method: "PATCH",
    path: `${pathOf(api, place)}?${query}`,
    headers: {
      accept: "application/json",
      ...settings.headers,
      "content-type": "application/apply-patch+yaml",
    },
    body: JSON.stringify({
      apiVersion,
      kind,
      metadata: { ...place, ...(typeof metadata === "object" ? metadata : {}) },
      ...rest,
    }),
    answerBytes: OBJECT_BYTES,
  });
}

/** Without any key; 409 where it is there already. */
export function createObject(ask: Ask, api: Api, place: Place): Promise<Reply> {
  const { settings } = api;
  const { apiVersion, kind } = settings.form;
  const query = `fieldManager=${encodeURIComponent(settings.fieldManager)}`;
  return ask({
    method: "POST",
    path: `${collectionOf(api, place.namespace)}?${query}`,
    headers: {
      accept: "application/json",
      ...settings.headers,
      "content-type": "application/json",
    },
    body: JSON.stringify({ apiVersion, kind, metadata: place }),
    answerBytes: OBJECT_BYTES,
  });
}

/** So many managers of one conflict are named. */
const OWNERS_MAX = 5;

/** What other field managers own of an apply that the API answered with 409; `null`: it is about something else. */
export function ownedByOthers(
  { settings: { form } }: Api,
  answer: Answer,
): { readonly keys: readonly string[]; readonly owners: readonly string[] } | null {
  const causes = listIn(bodyOf(answer), "details", "causes").filter(
    (cause) => textIn(cause, "reason") === "FieldManagerConflict",
  );
  if (causes.length === 0) return null;
  const keys = causes.flatMap((cause) => form.keyOfCause(textIn(cause, "field") ?? "") ?? []);
  const owners = causes.map((cause) =>
    shown((textIn(cause, "message") ?? "").replace(/^conflict with /, "")),
  );
  return { keys, owners: [...new Set(owners)].slice(0, OWNERS_MAX) };
}
