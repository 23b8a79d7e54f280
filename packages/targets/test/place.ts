// SPDX-License-Identifier: Apache-2.0
import { type Batch, type BatchItem, type Held, readBack, type Target } from "@interlock/targets";
import { expect } from "vitest";

/** An empty place of a control plane with two cells, and a target opened on it. */
export type Place = {
  readonly target: Target;
  readonly cells: readonly [string, string];
  /** Opens the place anew, as another process would. */
  readonly again: () => Promise<Target>;
  /** Writes as somebody does who knows nothing of Interlock. */
  readonly around: (cell: string, key: string, value: Uint8Array | null) => Promise<void>;
  /** Closes what was opened and removes what was made. */
  readonly remove: () => Promise<void>;
};

export const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");
let keysMade = 0;
export const newKey = (): string => `sha256:${String(++keysMade).padStart(64, "0")}`;

export const batchOf = (
  cell: string,
  items: readonly BatchItem[],
  rest: { readonly fence?: number; readonly idempotencyKey?: string } = {},
): Batch => ({
  cell,
  items,
  fence: rest.fence ?? 1,
  idempotencyKey: rest.idempotencyKey ?? newKey(),
});

export const put = (key: string, text: string, over: string | null): BatchItem => ({
  key,
  value: bytes(text),
  over,
});

export async function heldAt(target: Target, cell: string, key: string): Promise<Held | null> {
  const read = await target.read(cell, [key]);
  if (!read.ok) throw new Error(`${read.failure.code}: ${read.failure.message}`);
  const held = read.value.items.get(key);
  if (held === undefined) throw new Error(`the answer leaves \`${key}\` out`);
  return held;
}

export async function textAt(target: Target, cell: string, key: string): Promise<string | null> {
  const held = await heldAt(target, cell, key);
  return held === null ? null : Buffer.from(held.value).toString("utf8");
}

export async function versionAt(target: Target, cell: string, key: string): Promise<string | null> {
  return (await heldAt(target, cell, key))?.version ?? null;
}

/** Writes, and believes it only once it was read back. */
export async function written(target: Target, batch: Batch): Promise<void> {
  expect(await target.write(batch)).toEqual({ kind: "written" });
  const keys = batch.items.map(({ key }) => key);
  const back = await readBack(target, batch);
  expect(back).toEqual({ ok: true, value: { done: keys, before: [], other: [] } });
}

/** Writes a text over whatever is there. */
export async function set(target: Target, cell: string, key: string, text: string): Promise<void> {
  await written(target, batchOf(cell, [put(key, text, await versionAt(target, cell, key))]));
}

export async function keysIn(target: Target, cell: string): Promise<readonly string[]> {
  const listed = await target.list(cell, { limit: 1_000 });
  if (!listed.ok) throw new Error(`${listed.failure.code}: ${listed.failure.message}`);
  return listed.value.keys;
}
