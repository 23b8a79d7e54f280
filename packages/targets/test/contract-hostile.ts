// SPDX-License-Identifier: Apache-2.0
import {
  BATCH_ITEMS_MAX,
  type BatchItem,
  KEY_BYTES_MAX,
  VALUE_BYTES_MAX,
} from "@interlock/targets";
import { expect } from "vitest";
import type { ContractCase } from "./contract.ts";
import { batchOf, bytes, heldAt, keysIn, type Place, put, set } from "./place.ts";

const many = (count: number): readonly BatchItem[] =>
  Array.from({ length: count }, (_, at) => put(`k${at}`, "1", null));
const OVER_LIMIT: readonly (readonly BatchItem[])[] = [
  [],
  many(BATCH_ITEMS_MAX + 1),
  [put("a", "1", null), put("a", "2", null)],
  [put("", "1", null)],
  [put("k".repeat(KEY_BYTES_MAX + 1), "1", null)],
  [put("\ud800", "1", null)],
  [{ key: "a", value: new Uint8Array(VALUE_BYTES_MAX + 1), over: null }],
];

const KEYS: readonly string[] = [
  "../escaped",
  "a/../../escaped",
  "/etc/passwd",
  ".",
  "..",
  "a//b",
  "a/b",
  "a\\b",
  ".git/config",
  ".interlock/state",
  "-rf",
  "--upload-pack=x",
  "with space",
  'quo"te',
  "it's; drop table x",
  "%s%n",
  "100%",
  "ключ",
  "e\u0301",
  "line\nbreak",
  "tab\tkey",
  "nul\u0000key",
  "\u202Egnp",
  "__proto__",
  "k".repeat(250),
  "k".repeat(KEY_BYTES_MAX),
];

const VALUES: readonly (readonly [string, Uint8Array])[] = [
  ["nothing", new Uint8Array(0)],
  ["bytes that are no text", Uint8Array.from([0, 255, 254, 13, 10, 0, 128])],
  ["every byte", Uint8Array.from({ length: 256 }, (_, at) => at)],
  ["text with a NUL", bytes("a\u0000b")],
  ["text that looks like SQL's escape", bytes("\\x00\\\\'")],
  ["JSON with spaces", bytes('{ "b": 1,  "a": 1.0 }\n')],
  ["line ends", bytes("a\r\nb\rc\n")],
  ["the largest", new Uint8Array(VALUE_BYTES_MAX).fill(97)],
];

/** Either it is refused and nothing happened, or it is there exactly as sent. */
async function roundTripOrRefused(
  { target, cells: [cell] }: Place,
  key: string,
  value: Uint8Array,
): Promise<void> {
  const keys = await keysIn(target, cell);
  const outcome = await target.write(batchOf(cell, [{ key, value, over: null }]));
  if (outcome.kind !== "written") {
    expect(outcome).toMatchObject({ kind: "refused" });
    expect(await keysIn(target, cell)).toEqual(keys);
    return;
  }
  const held = await heldAt(target, cell, key);
  expect(held === null ? null : Buffer.from(value).equals(held.value)).toBe(true);
  expect([...(await keysIn(target, cell))].sort()).toEqual([...keys, key].sort());
}

export const HOSTILE: readonly ContractCase[] = [
  {
    says: "what is over a limit is refused before anything is sent",
    holds: async ({ target, cells: [cell] }) => {
      for (const items of OVER_LIMIT) {
        const outcome = await target.write(batchOf(cell, items));
        expect(outcome).toMatchObject({ kind: "refused", failure: { code: "TARGET_LIMIT" } });
      }
      for (const rest of [{ fence: -1 }, { fence: 0.5 }, { idempotencyKey: "" }]) {
        const outcome = await target.write(batchOf(cell, [put("a", "1", null)], rest));
        expect(outcome).toMatchObject({ kind: "refused", failure: { code: "TARGET_LIMIT" } });
      }
      const limit = { ok: false, failure: { code: "TARGET_LIMIT" } };
      expect(await target.read(cell, [""])).toMatchObject(limit);
      expect(await target.read(cell, Array(BATCH_ITEMS_MAX + 1).fill("a"))).toMatchObject(limit);
      for (const most of [0, -1, 0.5, 1e9])
        expect(await target.list(cell, { limit: most })).toMatchObject(limit);
      expect(await keysIn(target, cell)).toEqual([]);
    },
  },
  {
    says: "a key of any form is held as it is or refused",
    holds: async (place) => {
      for (const key of KEYS) await roundTripOrRefused(place, key, bytes("value"));
      expect(await keysIn(place.target, place.cells[1])).toEqual([]);
    },
  },
  {
    says: "a value of any form is held byte for byte or refused",
    holds: async (place) => {
      for (const [at, [, value]] of VALUES.entries())
        await roundTripOrRefused(place, `v${at}`, value);
    },
  },
  {
    says: "a key that cannot be held is not there, or is refused",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "1");
      for (const key of KEYS) {
        const read = await target.read(cell, [key]);
        if (read.ok) expect(read.value.items.get(key)).toBeNull();
        else expect(["TARGET_LIMIT", "TARGET_REFUSED"]).toContain(read.failure.code);
      }
    },
  },
];
