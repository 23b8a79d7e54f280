/** Change documents in a repository: facts, digest, and what happens when one cannot be read. */
import { TEMPLATES } from "@interlock/document";
import { describe, expect, it } from "vitest";
import { EMPTY_CATALOG } from "../../src/catalog/catalog.ts";
import { gatePartsOf, kindOf } from "../../src/files/kind.ts";
import { gatherFromGit, NO_EVIDENCE } from "../../src/gather/from-git.ts";
import { readingMemory } from "../../src/git/change.ts";
import { openRepository } from "../../src/git/repository.ts";
import { scratch } from "../git/scratch.ts";

const FULL = `---
version: 1
kind: other
title: raise the connection limit of checkout
why: 300 of 10,000 orders an hour wait for a connection
scope: { systems: [checkout], blast: { systems: 1 } }
preChecks: [the pool has 100 connections in eu-1]
steps:
  - id: raise
    do: set it to 200
    expect: { says: the pool shows 200 }
    verify: the graph of eu-1 shows 200
    undo: set it to 100
signals: [{ name: errors, where: graphs.example.com, normal: 0.1 %, abort: above 1 % for 2 minutes }]
rollback: { how: set it to 100, rehearsed: { at: 2020-01-01, where: staging, by: bo } }
who: { operator: ana, second: bo }
---
`;

type Files = Readonly<Record<string, string | null>>;

async function gathered(files: Files, message = "a change", earlier: Files = {}) {
  const { dir, commit: commitFiles } = scratch();
  commitFiles({ "a.txt": "1\n", ...earlier }, "before");
  commitFiles(files, message);
  const repository = await openRepository(dir);
  try {
    const after = await repository.resolve("HEAD");
    const before = await repository.resolve("HEAD~1");
    const commit = await repository.commit(after);
    if (commit === null) throw new Error("no commit");
    const facts = await gatherFromGit(
      {
        repository,
        identity: await repository.identity(),
        target: "refs/heads/main",
        catalog: EMPTY_CATALOG,
        people: { persons: [], machines: [] },
        sources: [],
        memory: readingMemory(),
      },
      {
        kind: "commit",
        commits: [commit],
        change: await repository.compare(before, after, true),
        before,
        after,
        now: Date.UTC(2020, 1, 1),
        evidence: NO_EVIDENCE,
        context: [],
        pushedBy: null,
      },
    );
    return { documents: facts.evidence.documents, digest: facts.change.digest, facts };
  } finally {
    repository.close();
  }
}

const PLACE = "interlock/changes/pool.md";
const ALL = ["preChecks", "rollback", "scope", "signals", "steps", "who", "why"];

describe("documents of a change", () => {
  it("one that the change carries", async () => {
    const { documents, digest } = await gathered({ "a.txt": "2\n", [PLACE]: FULL });
    expect(documents).toEqual([
      {
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        change: digest,
        sections: ALL,
        rehearsedAt: Date.UTC(2020, 0, 1),
        by: "email:ana@example.com",
        findings: [],
      },
    ]);
  });
  it("one that a trailer names, which binds the digest though it lies outside the diff", async () => {
    const message = `a change\n\nChange-Document: docs/pool.md`;
    const one = await gathered({ "a.txt": "2\n" }, message, { "docs/pool.md": FULL });
    expect(one.documents).toMatchObject([{ sections: ALL, change: one.digest }]);
    const other = await gathered({ "a.txt": "2\n" }, message, { "docs/pool.md": `${FULL}more\n` });
    const none = await gathered({ "a.txt": "2\n" }, "a change", { "docs/pool.md": FULL });
    expect(none.documents).toEqual([]);
    expect(new Set([one.digest, other.digest, none.digest]).size).toBe(3);
  });
  it("sections with an error do not count", async () => {
    const vague = FULL.replace("set it to 100,", "as needed,");
    const { documents } = await gathered({ "a.txt": "2\n", [PLACE]: vague });
    expect(documents).toMatchObject([
      { sections: ALL.filter((s) => s !== "rollback"), findings: ["vague"] },
    ]);
  });
  it("a template that nobody filled in fills nothing", async () => {
    const { documents } = await gathered({ [PLACE]: TEMPLATES["data-fix"] });
    expect(documents).toMatchObject([{ sections: [] }]);
  });
  it("one that the change removes is none", async () => {
    const { documents } = await gathered({ [PLACE]: null }, "a change", { [PLACE]: FULL });
    expect(documents).toEqual([]);
  });
  it.each<[string, Files, string, string]>([
    ["is not there", {}, "Change-Document: docs/none.md", "`docs/none.md` is not there"],
    ["leads out", {}, "Change-Document: ../x.md", "`../x.md` is no path of a document"],
    ["is no document", { [PLACE]: "# hello\n" }, "", "no front matter"],
    ["is wrong", { [PLACE]: "---\nversion: 1\nkind: othr\n---\n" }, "", `${PLACE}:3:7`],
  ])("one that %s leaves them unknown", async (_, files, trailer, because) => {
    const { documents } = await gathered({ "a.txt": "2\n", ...files }, `a change\n\n${trailer}`);
    expect(documents).toMatchObject({ $unknown: { because: expect.stringContaining(because) } });
  });
});

describe("the place of documents", () => {
  it.each([
    [PLACE, []],
    ["interlock/changes/2030/pool.md", []],
    ["interlock/changes/rules.yaml", ["policy"]],
    ["Interlock/changes/pool.md", ["policy"]],
    ["interlock/remedies/drain.md", ["policy"]],
  ])("%s", (path, parts) => {
    expect(gatePartsOf(path)).toEqual(parts);
    expect(kindOf(path)).toBe(parts.length > 0 ? "gate" : "docs");
  });
});
