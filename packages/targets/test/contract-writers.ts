// SPDX-License-Identifier: Apache-2.0
import { type Target, WRITER_AT_MAX, WRITER_TEXT_MAX } from "@interlock/targets";
import { expect } from "vitest";
import type { ContractCase } from "./contract.ts";
import { bytes, set, versionAt } from "./place.ts";

/** Of what a target tells nothing else may be in it, whoever wrote. */
async function askedOf(target: Target, cell: string, key: string, version: string | null) {
  const told = await target.lastWriter?.({ cell, key, version });
  if (told === undefined) return null;
  if (!told.ok) throw new Error(`${told.failure.code}: ${told.failure.message}`);
  if (told.value === null) return null;
  const { trust, at, ...texts } = told.value;
  expect(["told", "claimed"]).toContain(trust);
  if (at !== undefined)
    expect(at >= 0 && at <= WRITER_AT_MAX && Number.isSafeInteger(at)).toBe(true);
  for (const [field, text] of Object.entries(texts)) {
    expect(["name", "how", "write"]).toContain(field);
    expect(text).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);
    expect(text.length).toBeLessThanOrEqual(WRITER_TEXT_MAX);
  }
  return told.value;
}

export const WRITERS: readonly ContractCase[] = [
  {
    says: "who wrote a value is told of the version that was asked about, or not at all",
    holds: async ({ target, cells: [cell, other], around }) => {
      await set(target, cell, "a", "one");
      const first = await versionAt(target, cell, "a");
      await around(cell, "a", bytes("two"));
      const version = await versionAt(target, cell, "a");
      await askedOf(target, cell, "a", version);
      for (const past of [first, "", "0", "none", null])
        expect(await askedOf(target, cell, "a", past)).toBeNull();
      expect(await askedOf(target, other, "a", version)).toBeNull();
      expect(await askedOf(target, cell, "b", version)).toBeNull();
      await around(cell, "a", null);
      await askedOf(target, cell, "a", null);
      expect(await askedOf(target, cell, "a", version)).toBeNull();
    },
  },
  {
    says: "of a cell or a key that it cannot have it tells nothing about a writer",
    holds: async ({ target, cells: [cell] }) => {
      const { lastWriter } = target;
      if (lastWriter === undefined) return;
      const refused = { ok: false, failure: { code: "TARGET_REFUSED" } };
      const limit = { ok: false, failure: { code: "TARGET_LIMIT" } };
      const version = "1";
      expect(await lastWriter({ cell: "nowhere", key: "a", version })).toMatchObject(refused);
      expect(await lastWriter({ cell, key: "", version })).toMatchObject(limit);
    },
  },
];
