/** `interlock schema`, and the schema of people against their reader. */
import { readdirSync, readFileSync } from "node:fs";
import { CONTROL_PLANE_SCHEMAS } from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { DOCUMENT_SCHEMAS } from "@interlock/document";
import { readPeople } from "@interlock/facts";
import { JSON_SCHEMAS } from "@interlock/policy";
import { describe, expect, it } from "vitest";
import { folder, interlock } from "./scratch.ts";

const SCHEMAS = { ...JSON_SCHEMAS, ...DOCUMENT_SCHEMAS, ...CONTROL_PLANE_SCHEMAS };

describe("interlock schema", () => {
  it("knows every file in schemas/, each as the code describes it", () => {
    const files = readdirSync(new URL("../../../schemas/", import.meta.url)).sort();
    expect(files).toEqual(
      Object.keys(SCHEMAS)
        .map((name) => `${name}.json`)
        .sort(),
    );
  });
  it.each(Object.keys(SCHEMAS))("prints schemas/%s.json", (name) => {
    const file = new URL(`../../../schemas/${name}.json`, import.meta.url);
    expect(interlock(folder(), "schema", name)).toMatchObject({
      status: 0,
      stdout: readFileSync(file, "utf8"),
    });
  });
  it("names what there is", () => {
    const { status, stderr } = interlock(folder(), "schema", "polcy");
    expect([status, stderr]).toEqual([64, expect.stringContaining("did you mean `policy`?")]);
  });
});

describe("the schema of people", () => {
  type Lists = Readonly<Record<string, { readonly items: { readonly properties: object } }>>;
  it.each(["persons", "machines"])("knows every field of %s that the reader knows", (kind) => {
    const { properties } = JSON_SCHEMAS.people() as { readonly properties: Lists }; // our own document
    let message = "";
    try {
      readPeople("people.yaml", `${kind}: [{ odd: 1 }]`);
    } catch (error) {
      if (error instanceof GateError) message = error.message;
    }
    const known = message.split("known: ")[1]?.split(", ") ?? [];
    expect(known.length).toBeGreaterThan(2);
    expect(Object.keys(properties[kind]?.items.properties ?? {}).sort()).toEqual(known.sort());
  });
});
