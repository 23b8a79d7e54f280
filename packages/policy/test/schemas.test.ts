// SPDX-License-Identifier: Apache-2.0
/** The published schemas against their source in the code, and against what the readers accept. */
import { readdirSync, readFileSync } from "node:fs";
import { given, JSON_SCHEMAS, loadPolicy } from "@interlock/policy";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { misfits } from "./json-schema.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const yamlIn = (path: string) =>
  readdirSync(new URL(path, root), { recursive: true, encoding: "utf8" })
    .filter((f) => f.endsWith(".yaml"))
    .sort();

describe("schemas/", () => {
  it.each(Object.entries(JSON_SCHEMAS))("%s.json is what the code describes", (name, schema) => {
    expect(JSON.parse(read(`schemas/${name}.json`)), "run `npm run schemas`").toEqual(schema());
  });
  // Facts are described in core, where a field whose name says it all has no sentence.
  const written = Object.entries(JSON_SCHEMAS).filter(([name]) => name !== "facts");
  it.each(written)("%s.json says a sentence for every key", (_name, schema) => {
    expect(undescribed(schema(), "").filter((k) => !k.startsWith("/definitions/delta/"))).toEqual(
      [],
    );
  });
});

/** Keys without a sentence that an editor could show. */
function undescribed(node: unknown, at: string): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((n, i) => undescribed(n, `${at}/${i}`));
  return Object.entries(node).flatMap(([key, value]) => {
    const own = key === "properties" ? Object.entries(value).filter(([, s]) => !describes(s)) : [];
    return [...own.map(([name]) => `${at}/${name}`), ...undescribed(value, `${at}/${key}`)];
  });
}

function describes(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && "description" in schema;
}

describe("an editor accepts", () => {
  const policies = yamlIn("conformance/policy/").map((name) => [
    name,
    String(parse(read(`conformance/policy/${name}`)).policy),
  ]);
  it.each(policies)("the policy of %s, if the loader does", (name, text) => {
    const loaded = loadPolicy("policy.yaml", String(text), {
      read: (path) => {
        const file = parse(read(`conformance/policy/${name}`)).files?.[path];
        return typeof file === "string" ? { kind: "text", text: file } : { kind: "missing" };
      },
    });
    if (loaded.ok) expect(misfits(JSON_SCHEMAS.policy(), parse(String(text)))).toEqual([]);
  });
  it.each(yamlIn("conformance/decide/").filter((n) => !n.startsWith("policies/")))(
    "the case %s",
    (name) => {
      const schema = JSON_SCHEMAS["policy-test"]();
      expect(misfits(schema, parse(read(`conformance/decide/${name}`)))).toEqual([]);
    },
  );
  it("facts", () => {
    expect(misfits(JSON_SCHEMAS.facts(), given.factsOf())).toEqual([]);
  });
});

describe("an editor shows as wrong", () => {
  it.each([
    ["policy", { policy: "x", rules: [{ id: "a", wen: "true" }] }, "/rules/0/wen"],
    ["policy", { policy: "x", mode: "enforced" }, "/mode: enum"],
    ["policy", { rules: [] }, "/: required policy"],
    ["catalog", { systems: [{ id: "a", teir: 1 }] }, "/systems/0/teir"],
    ["people", { persons: [{ id: "a", account: "x" }] }, "/persons/0/account"],
    ["policy-test", { case: "a", why: "b", given: { owner: {} } }, "/given/owner"],
    ["facts", { ...given.factsOf(), nwo: 5 }, "/nwo"],
  ] as const)("%s: %j", (name, value, at) => {
    expect(misfits(JSON_SCHEMAS[name](), value).join("\n")).toContain(at);
  });
});
