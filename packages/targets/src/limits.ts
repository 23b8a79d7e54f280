// SPDX-License-Identifier: Apache-2.0
import {
  BATCH_ITEMS_MAX,
  type Batch,
  KEY_BYTES_MAX,
  type Page,
  type TargetFailure,
  VALUE_BYTES_MAX,
} from "./target.ts";

/** Most keys of one page of a list. */
export const PAGE_MAX = 10_000;
const IDEMPOTENCY_KEY = /^[A-Za-z0-9:_.-]{1,128}$/;

const limit = (message: string, help: string): TargetFailure => ({
  code: "TARGET_LIMIT",
  message,
  help,
});

/** Why no driver would send a batch, whatever the target says of it; `null`: it may be sent. */
export function overLimit(batch: Batch): TargetFailure | null {
  const { items } = batch;
  if (items.length === 0 || items.length > BATCH_ITEMS_MAX)
    return limit(
      `a batch has ${items.length} items, 1 to ${BATCH_ITEMS_MAX} are allowed`,
      "write it in several batches",
    );
  if (new Set(items.map(({ key }) => key)).size !== items.length)
    return limit("a batch names a key twice", "give every key once");
  if (!IDEMPOTENCY_KEY.test(batch.idempotencyKey))
    return limit("the idempotency key is no digest", "give 1 to 128 letters, digits or `:_.-`");
  if (!Number.isSafeInteger(batch.fence) || batch.fence < 0)
    return limit("the fence is no whole number from 0 on", "take the fence of the lease");
  for (const { key, value } of items) {
    const long = keyLimit(key);
    if (long !== null) return long;
    if (value !== null && value.length > VALUE_BYTES_MAX)
      return limit(
        `the value of \`${key}\` has ${value.length} bytes, ${VALUE_BYTES_MAX} are allowed`,
        "split it over several keys",
      );
  }
  return null;
}

/** Why these keys cannot be read; `null`: they can. */
export function overReadLimit(keys: readonly string[]): TargetFailure | null {
  if (keys.length > BATCH_ITEMS_MAX)
    return limit(
      `${keys.length} keys are asked for, ${BATCH_ITEMS_MAX} are allowed`,
      "read them in several calls",
    );
  for (const key of keys) {
    const long = keyLimit(key);
    if (long !== null) return long;
  }
  return null;
}

/** Why a page cannot be listed; `null`: it can. */
export function overPageLimit({ limit: most }: Page): TargetFailure | null {
  if (Number.isSafeInteger(most) && most >= 1 && most <= PAGE_MAX) return null;
  return limit(`a page of ${most} keys`, `ask for 1 to ${PAGE_MAX}`);
}

function keyLimit(key: string): TargetFailure | null {
  const bytes = Buffer.byteLength(key, "utf8");
  if (bytes >= 1 && bytes <= KEY_BYTES_MAX && key.isWellFormed()) return null;
  return limit(
    bytes === 0 ? "a key is empty" : `a key of ${bytes} bytes, or one that is no text`,
    `use 1 to ${KEY_BYTES_MAX} bytes of UTF-8`,
  );
}
