/** Every rule of the pack against its fixtures in `conformance/rules`, through the whole pipeline. */
import { readdirSync, readFileSync } from "node:fs";
import { analysisOf } from "@interlock/core";
import { builtInPacks, compilePack, packAnalyses } from "@interlock/policy";
import { readRuleFile, runRuleCase } from "@interlock/testkit";
import { describe, expect, it } from "vitest";

const root = new URL("../../../", import.meta.url);
const folder = new URL("conformance/rules/", root);
const rules = builtInPacks().get("reliability-core") ?? [];
const files = readdirSync(folder)
  .filter((f) => f.endsWith(".yaml"))
  .sort()
  .map((name) => ({ name, ...readRuleFile(readFileSync(new URL(name, folder), "utf8")) }));

describe("the pack", () => {
  it("loads without a problem and is what was generated", () => {
    const packs = new URL("packages/policy/packs/reliability-core/", root);
    const sources = readdirSync(packs)
      .filter((f) => f.endsWith(".yaml"))
      .sort()
      .map((file) => ({ file, text: readFileSync(new URL(file, packs), "utf8") }));
    const { rules: compiled, problems } = compilePack("reliability-core", sources);
    expect(problems).toEqual([]);
    expect(JSON.parse(JSON.stringify(compiled)), "run `npm run packs`").toEqual(rules);
  });
  it("says of every expression, without parsing it, what its analysis says", () => {
    const sources = rules.flatMap((r) => [r.when, r.where]).filter((s) => s !== undefined);
    expect(packAnalyses(), "run `npm run packs`").toEqual(
      new Map(sources.map((source) => [source, analysisOf(source)])),
    );
  });
  it.each(rules.map((r) => [r.id, r] as const))(
    "%s has a title, a sentence, help, a motive with a link, and fixtures",
    (id, rule) => {
      expect(rule.title).not.toBe("");
      expect(rule.says).not.toBe("");
      expect(rule.help).not.toBe("");
      expect(rule.motive?.links.every((l) => l.startsWith("https://"))).toBe(true);
      expect(rule.motive?.links.length).toBeGreaterThan(0);
      const kinds = files.filter((f) => f.rule === id).flatMap((f) => f.cases.map((c) => c.kind));
      expect([...new Set(kinds)].sort()).toEqual(["already-bad", "bad", "good"]);
    },
  );
});

describe.each(files.map((f) => [f.name, f] as const))("%s", (_name, file) => {
  const rule = rules.find((r) => r.id === file.rule);
  it.each(file.cases.map((c) => [`${c.kind}: ${c.case}`, c] as const))(
    "%s",
    async (_title, given) => {
      expect(rule, `the pack has no rule \`${file.rule}\``).toBeDefined();
      if (rule === undefined) return;
      const { findings, result } = await runRuleCase(rule, given);
      const found = findings.map(({ path, line, message }) => ({ path, line, says: message }));
      if (given.kind !== "bad") {
        expect(found).toEqual([]);
        expect(result?.outcome ?? "allow").toBe("allow");
        return;
      }
      expect(given.finds?.length, "a bad case names what must be found").toBeGreaterThan(0);
      expect(found).toEqual(given.finds);
    },
  );
});
