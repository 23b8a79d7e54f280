// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));

it("UI11 no page listens for what other windows send", () => {
  const scripts = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.tsx?$/.test(file),
  );
  expect(scripts.length).toBeGreaterThan(50);
  const listening = scripts.filter((file) =>
    /\bpostMessage\b|\bonmessage\b|(?:window|self|globalThis)\.addEventListener\(\s*["']message["']/.test(
      readFileSync(join(SOURCES, file), "utf8"),
    ),
  );
  expect(listening).toEqual([]);
});
