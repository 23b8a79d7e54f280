// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openTarget } from "@interlock/targets";
import { describe } from "vitest";
import { contractOf } from "./contract.ts";
import type { Place } from "./place.ts";

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
