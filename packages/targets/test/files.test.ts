// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openTarget } from "@interlock/targets";
import { describe, expect, it } from "vitest";
import { contractOf } from "./contract.ts";
import { bytes, type Place, versionAt } from "./place.ts";

async function filesPlace(): Promise<Place> {
  const root = mkdtempSync(join(tmpdir(), "interlock-files-"));
  const again = async () => {
    const settings = { root, cells: { one: "one", two: "far/two" }, pollMs: 5 };
    const opened = await openTarget({ name: "disk", kind: "files", settings }, async () => null);
    if (!opened.ok) throw new Error(opened.failure.message);
    return opened.value;
  };
  return {
    target: await again(),
    cells: ["one", "two"],
    again,
    around: async (cell, key, value) => {
      const path = join(root, cell === "one" ? "one" : "far/two", key);
      mkdirSync(dirname(path), { recursive: true });
      if (value === null) rmSync(path, { force: true });
      else writeFileSync(path, value);
    },
    remove: async () => rmSync(root, { recursive: true, force: true }),
  };
}

describe("(one-at-a-time) files", () => {
  contractOf("files", filesPlace);
});

it("the owner of a file and when it changed are told, and of one that is gone nothing", async () => {
  const { target, around, remove } = await filesPlace();
  await around("one", "a/b", bytes("1"));
  const version = await versionAt(target, "one", "a/b");
  const said = await target.lastWriter?.({ cell: "one", key: "a/b", version });
  const name = `uid ${process.getuid?.()}`;
  expect(said).toEqual({
    ...{ ok: true },
    value: { trust: "told", name, how: "owner of the file", at: expect.any(Number) },
  });
  await around("one", "a/b", null);
  expect(await target.lastWriter?.({ cell: "one", key: "a/b", version: null })).toEqual({
    ...{ ok: true, value: null },
  });
  await remove();
});
