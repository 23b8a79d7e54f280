// SPDX-License-Identifier: Apache-2.0
/** Plans and rendered manifests, which a pipeline makes from a change, are judged with it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GateError } from "@interlock/core";
import { type Attached, EMPTY_CATALOG, gatherFacts, NO_EVIDENCE, SOURCES } from "@interlock/facts";
import { describe, expect, it, onTestFinished } from "vitest";
import { readAttached } from "../src/judge/attached.ts";

type Tree = Readonly<Record<string, string | Uint8Array>>;

function folder(files: Tree): (...path: readonly string[]) => string {
  const dir = mkdtempSync(join(tmpdir(), "interlock-attached-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return (...path) => join(dir, ...path);
}

const web = (replicas: number) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec:\n  replicas: ${replicas}\n`;
const DESTROYS = JSON.stringify({
  format_version: "1.2",
  resource_changes: [
    {
      ...{ address: "aws_db_instance.orders", mode: "managed", type: "aws_db_instance" },
      ...{ name: "orders", change: { actions: ["delete"], before: {}, after: null } },
    },
  ],
});

const factsOf = (attached: readonly Attached[]) =>
  gatherFacts(
    {
      ...{ files: [], attached, gaps: [], now: 0, catalog: EMPTY_CATALOG, context: [] },
      ...{ people: { persons: [], machines: [] }, evidence: NO_EVIDENCE, ownersOf: () => [] },
      world: { readAfter: async () => null, listAfter: async () => [] },
      change: {
        ...{ digest: "0".repeat(64), kind: "commit", repository: "r", target: "t", subject: "s" },
        ...{ contributors: [], pushedBy: [] },
        provenance: { ai: "unknown", agents: [], signals: [] },
      },
    },
    SOURCES,
  );

describe("what a pipeline hands over is judged like files, and counts as none", () => {
  it("manifests rendered on both sides", async () => {
    const at = folder({ "old/web.yaml": web(6), "old/same.yaml": web(1), "new/web.yaml": web(0) });
    writeFileSync(at("new", "same.yaml"), web(1));
    const attached = readAttached({ renderedBefore: at("old"), renderedAfter: at("new") });
    expect(attached.map((a) => a.path)).toEqual(["rendered/web.yaml"]);
    const facts = await factsOf(attached);
    expect(facts.kubernetes).toContainEqual(
      expect.objectContaining({ path: "rendered/web.yaml", line: 5, aspect: "replicas" }),
    );
    expect(facts.effects).toContainEqual(
      expect.objectContaining({ verb: "removes", what: "replicas", count: 6, of: 6 }),
    );
    expect(facts.change).toMatchObject({ files: [], totals: { files: 0 } });
  });

  it("one file a side, as `helm template` prints it", () => {
    const at = folder({ "old.yaml": web(6), "new.yaml": web(5) });
    expect(readAttached({ renderedBefore: at("old.yaml"), renderedAfter: at("new.yaml") })).toEqual(
      [{ path: "rendered/manifests.yaml", before: web(6), after: web(5) }],
    );
  });

  it("a plan", async () => {
    const at = folder({ tfplan: DESTROYS });
    const facts = await factsOf(readAttached({ plan: [at("tfplan")] }));
    expect(facts.terraform).toContainEqual(
      expect.objectContaining({ path: "plan/tfplan.json", subject: "aws_db_instance.orders" }),
    );
  });
});

describe("what cannot be read is refused, never left out", () => {
  const FILES = { "a.yaml": web(1), "x/plan.json": "{}", "y/plan.json": "{}" };
  it.each<[string, Tree, (at: (...p: string[]) => string) => object, RegExp]>([
    ["one side", FILES, (at) => ({ renderedBefore: at("a.yaml") }), /belong together/],
    [
      "a missing folder",
      FILES,
      (at) => ({ renderedBefore: at("none"), renderedAfter: at("a.yaml") }),
      /there is no/,
    ],
    [
      "plans of one name",
      FILES,
      (at) => ({ plan: [at("x/plan.json"), at("y/plan.json")] }),
      /two plans are called `plan.json`/,
    ],
    ["a missing plan", FILES, (at) => ({ plan: [at("plan.json")] }), /cannot be read/],
    [
      "bytes that are not UTF-8",
      { "p.json": new Uint8Array([0x7b, 0xff, 0x7d]) },
      (at) => ({ plan: [at("p.json")] }),
      /cannot be read/,
    ],
    [
      "a file that is too large",
      { "p.json": "x".repeat(4_000_001) },
      (at) => ({ plan: [at("p.json")] }),
      /larger than/,
    ],
  ])("%s", (_name, files, options, message) => {
    const read = () => readAttached(options(folder(files)));
    expect(read).toThrow(GateError);
    expect(read).toThrow(message);
  });
});
