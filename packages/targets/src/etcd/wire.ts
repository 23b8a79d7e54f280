// SPDX-License-Identifier: Apache-2.0
/** Messages of etcd's API v3 in the JSON form of its gateway: bytes in base64, 64-bit integers as text. */
import type { Json } from "@interlock/digest";
import { away, damaged, refused } from "../failure.ts";
import type { Held, TargetFailure } from "../target.ts";
import { listIn, textIn } from "../web/json.ts";
import type { Called } from "./gateway.ts";
import { BOOK } from "./layout.ts";

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64");

export const bytesOf = (text: string): Buffer => Buffer.from(text, "base64");

/** A key of etcd, what it holds and since which revision. */
export type KeyValue = { readonly path: Buffer; readonly held: Held };

export const rangeOf = (path: string | Buffer, more: Record<string, Json> = {}): Json => ({
  key: base64(path),
  ...more,
});

export const revisionOf = (body: Json): string => textIn(body, "header", "revision") ?? "0";

/** The pairs of an answer to a range; `null`: one of them is not what etcd promises. */
export function pairsOf(range: Json | undefined): readonly KeyValue[] | null {
  const pairs: KeyValue[] = [];
  for (const kv of listIn(range, "kvs")) {
    const key = textIn(kv, "key");
    const version = textIn(kv, "mod_revision");
    if (key === undefined || version === undefined) return null;
    // An empty value is left out, as Protobuf's JSON form does with every default.
    const value = bytesOf(textIn(kv, "value") ?? "");
    pairs.push({ path: bytesOf(key), held: { value, version } });
  }
  return pairs;
}

/** The only pair of each range in an answer to a transaction, or `null` in its place. */
export function singlesOf(body: Json): readonly (Held | null)[] | null {
  const singles: (Held | null)[] = [];
  for (const response of listIn(body, "responses")) {
    const pairs = pairsOf(response === null ? undefined : rangeIn(response));
    if (pairs === null) return null;
    singles.push(pairs[0]?.held ?? null);
  }
  return singles;
}

function rangeIn(response: Json): Json | undefined {
  if (typeof response !== "object" || response === null) return undefined;
  // An answer to a range in a transaction; an array has no such member.
  return (response as { readonly [name: string]: Json })["response_range"];
}

/** The fence that is written in its key; `null`: what stands there is none. */
export function fenceIn(held: Held | null): number | null {
  if (held === null) return 0;
  const text = Buffer.from(held.value).toString("utf8");
  const fence = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(fence) ? fence : null;
}

/** A failure that had no effect. */
export function failureOf(called: Exclude<Called, { kind: "ok" }>): TargetFailure {
  if (called.kind === "no")
    return {
      code: /too large|too many|space exceeded/.test(called.message)
        ? "TARGET_LIMIT"
        : "TARGET_REFUSED",
      message: `etcd refused: ${called.message}`,
      help: "look at the user's permissions and at the limits and alarms of etcd",
    };
  return etcdAway(called.why);
}

export const etcdAway = (why: string): TargetFailure =>
  away(
    `etcd does not answer: ${why}`,
    "look whether the endpoints are right and a majority of the members is up",
  );

export const etcdDamaged = (what: string): TargetFailure =>
  damaged(
    `etcd holds or answers what cannot be understood: ${what}`,
    "look at it with etcdctl; nobody else is to write below `.interlock/`",
  );

/** Why these keys cannot lie in a cell; `null`: they can. */
export function overBook(keys: readonly string[]): TargetFailure | null {
  const ours = keys.find((key) => key.startsWith(BOOK));
  if (ours === undefined) return null;
  const message = `\`${ours.slice(0, 64)}\` lies where fences and idempotency keys are kept`;
  return refused(message, "use a key that does not begin with `.interlock/`");
}
