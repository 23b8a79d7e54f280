// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { failed } from "../failure.ts";
import { overPageLimit, overReadLimit } from "../limits.ts";
import type { Answered, CellRead, Held, Listed, Page, TargetFailure } from "../target.ts";
import type { Called, Gateway } from "./gateway.ts";
import { BOOK, fenceKey, rangeAfter } from "./layout.ts";
import type { EtcdSettings } from "./settings.ts";
import {
  base64,
  etcdDamaged,
  failureOf,
  fenceIn,
  overBook,
  pairsOf,
  rangeOf,
  revisionOf,
  singlesOf,
} from "./wire.ts";

/** Of a cell's book, as it was seen last: a guess that every write checks. */
export type Known = { readonly revision: string | null; readonly fence: number };

/** All at one revision, however many transactions that takes: they name the revision of the first. */
export async function readCell(
  gateway: Gateway,
  settings: EtcdSettings,
  prefix: string,
  keys: readonly string[],
): Promise<Answered<{ readonly read: CellRead; readonly known: Known }>> {
  const limit = overReadLimit(keys) ?? overBook(keys);
  if (limit !== null) return failed(limit);
  const paths = [fenceKey(prefix), ...keys.map((key) => prefix + key)];
  const read = await readPaths(gateway, paths, settings.txnOps);
  if (!read.ok) return read;
  const held = read.value.get(fenceKey(prefix)) ?? null;
  const fence = fenceIn(held);
  if (fence === null) return { ok: false, failure: etcdDamaged(`the fence below \`${prefix}\``) };
  const items = new Map(keys.map((key) => [key, read.value.get(prefix + key) ?? null]));
  const known = { revision: held?.version ?? null, fence };
  return { ok: true, value: { read: { items, fence }, known } };
}

async function readPaths(
  gateway: Gateway,
  paths: readonly string[],
  most: number,
): Promise<Answered<ReadonlyMap<string, Held | null>>> {
  const found = new Map<string, Held | null>();
  const waiting = chunksOf(paths, most);
  let revision: string | null = null;
  for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) {
    const at: Record<string, Json> = revision === null ? {} : { revision };
    const ranges = chunk.map((path) => ({ request_range: rangeOf(path, at) }));
    const called: Called = await gateway.call("/v3/kv/txn", { success: ranges }, true);
    if (called.kind === "lost" && called.large && chunk.length > 1) {
      waiting.unshift(...chunksOf(chunk, Math.ceil(chunk.length / 2)));
      continue;
    }
    if (called.kind !== "ok") return failed(failureOf(called));
    const singles = singlesOf(called.body);
    if (singles === null || singles.length !== chunk.length)
      return failed(etcdDamaged("an answer to a read"));
    for (const [index, path] of chunk.entries()) found.set(path, singles[index] ?? null);
    revision ??= revisionOf(called.body);
  }
  return { ok: true, value: found };
}

function chunksOf(paths: readonly string[], size: number): (readonly string[])[] {
  const chunks: (readonly string[])[] = [];
  for (let start = 0; start < paths.length; start += size)
    chunks.push(paths.slice(start, start + size));
  return chunks;
}

/** In etcd's order, that of the bytes. */
export async function listCell(
  gateway: Gateway,
  prefix: string,
  page: Page,
): Promise<Answered<Listed>> {
  const limit = overPageLimit(page);
  if (limit !== null) return failed(limit);
  const keys: string[] = [];
  let after = page.after ?? null;
  for (;;) {
    const range = rangeAfter(prefix, after);
    const called = await gateway.call(
      "/v3/kv/range",
      rangeOf(range.start, {
        range_end: base64(range.end),
        limit: String(page.limit + 1 - keys.length),
        keys_only: true,
      }),
      true,
    );
    if (called.kind !== "ok") return failed(failureOf(called));
    const names = namesOf(called.body, prefix);
    if (!names.ok) return names;
    keys.push(...names.value);
    const next = keys[page.limit - 1];
    if (keys.length > page.limit && next !== undefined)
      return { ok: true, value: { keys: keys.slice(0, page.limit), next } };
    // The first of the two ranges ends where our book begins; the other one begins behind the book.
    if (!range.end.equals(rangeAfter(prefix, null).end)) return { ok: true, value: { keys } };
    after = BOOK;
  }
}

function namesOf(body: Json, prefix: string): Answered<readonly string[]> {
  const pairs = pairsOf(body);
  if (pairs === null) return failed(etcdDamaged("an answer to a list"));
  const names: string[] = [];
  for (const { path } of pairs) {
    const text = path.toString("utf8");
    if (!Buffer.from(text).equals(path)) return failed(notText());
    names.push(text.slice(prefix.length));
  }
  return { ok: true, value: names };
}

const notText = (): TargetFailure => etcdDamaged("a key that is not UTF-8");
