import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error plain JavaScript, run by npm too
import { attackCases } from "../attack-cases.mjs";

test("docs/security/attack-cases.md lists the tests of today", () => {
  const page = readFileSync(
    new URL("../../docs/security/attack-cases.md", import.meta.url),
    "utf8",
  );
  expect(page, "run `npm run attack-cases`").toBe(attackCases());
});
