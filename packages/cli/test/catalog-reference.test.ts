/** docs/reference/catalog.md against the reader and the JSON Schema of the catalog. */
import { readFileSync } from "node:fs";
import { GateError } from "@interlock/core";
import { readCatalog } from "@interlock/facts";
import { JSON_SCHEMAS } from "@interlock/policy";
import { describe, expect, it } from "vitest";

const text = readFileSync(new URL("../../../docs/reference/catalog.md", import.meta.url), "utf8");
const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((m) => m[1] ?? "");

/** The fields that the reader names when it meets one that it does not know. */
function fieldsOf(kind: "systems" | "contracts"): readonly string[] {
  try {
    readCatalog("c.yaml", `${kind}: [{ odd: 1 }]`);
  } catch (error) {
    if (error instanceof GateError) return error.help.replace("known fields: ", "").split(", ");
  }
  return [];
}

function schemaFields(kind: "systems" | "contracts"): readonly string[] {
  const schema = JSON_SCHEMAS.catalog() as {
    readonly properties: Readonly<
      Record<string, { readonly items: { readonly properties: Readonly<Record<string, unknown>> } }>
    >;
  }; // our own document
  return Object.keys(schema.properties[kind]?.items.properties ?? {});
}

describe("the reference of the catalog", () => {
  it("has examples that load, with what they say", () => {
    expect(examples).toHaveLength(2);
    const systems = readCatalog("catalog.md", examples[0] ?? "");
    expect(systems.systems.map((s) => s.id)).toEqual(["edge-proxy", "dns"]);
    const { contracts } = readCatalog("catalog.md", examples[1] ?? "");
    expect(contracts).toHaveLength(10);
    expect(contracts.find((c) => c.id === "bot-features")).toMatchObject({
      maxItems: 200,
      unique: ["name"],
      maxGrowthPpm: 200_000,
    });
  });
  it.each(["systems", "contracts"] as const)("and the schema know every field of %s", (kind) => {
    const fields = fieldsOf(kind);
    expect(fields.length).toBeGreaterThan(10);
    expect([...schemaFields(kind)].sort()).toEqual([...fields].sort());
    for (const field of fields)
      if (kind === "contracts") expect(text, field).toContain(`\`${field}\``);
      else if (field !== "title") expect(text, field).toMatch(new RegExp(`\\b${field}:`));
  });
});
