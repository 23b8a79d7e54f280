/** docs/reference/rules.md against the pack, and the catalogue against both. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
// @ts-expect-error: plain JavaScript without types
import { rulesDocument, rulesOf } from "../rules-doc.mjs";

type Row = {
  readonly id: string;
  readonly fires: string;
  readonly not: string;
  readonly also?: readonly string[];
  readonly "built-in"?: string;
};

const at = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const rows = parse(at("conformance/catalogue.yaml")) as readonly Row[]; // checked below
const known = [...at("docs/reference/rules.md").matchAll(/^\| `([A-Z]\d{2}[\w-]*)` \|/gm)].map(
  (m) => ({ id: m[1] ?? "" }),
);

describe("the reference of rules", () => {
  it("is what the pack makes of it", async () => {
    expect(await rulesDocument(), "run `npm run docs`").toBe(at("docs/reference/rules.md"));
  });
  it("has a row for each number of the catalogue, once and in order", () => {
    const numbers = Array.from({ length: 65 }, (_, i) => `R${String(i + 1).padStart(2, "0")}`);
    expect(rows.map((r) => r.id)).toEqual(numbers);
  });
  it.each(rows.map((r) => [r.id, r] as const))("%s has rules that exist", (_id, row) => {
    expect(row.fires).not.toBe("");
    expect(typeof row.not).toBe("string");
    const ids: readonly string[] = rulesOf(row, known);
    expect(ids.length > 0 || row["built-in"] !== undefined).toBe(true);
    for (const id of ids) expect(known.map((k) => k.id)).toContain(id);
  });
});
