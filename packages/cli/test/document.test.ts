/** `interlock document`, and a document as the policy of a repository sees it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LINTS, TEMPLATES } from "@interlock/document";
import { filledTemplate as filled } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { commit, folder, interlock, repository } from "./scratch.ts";

const PAGE = readFileSync(new URL("../../../docs/documents.md", import.meta.url), "utf8");

describe("docs/documents.md", () => {
  it("lists every finding as the lint describes it, and no other", () => {
    const rows = [...PAGE.matchAll(/^\| `([a-z-]+)` \| (error|warning) \| (.*) \|$/gm)];
    expect(rows.map(([, id, severity, means]) => [id, severity, means])).toEqual(
      Object.entries(LINTS).map(([id, { severity, means }]) => [id, severity, means]),
    );
  });
  it("has commands that run", () => {
    const dir = folder();
    const block = /^## Write one\n\n```sh\n([\s\S]*?)^```$/m.exec(PAGE)?.[1] ?? "";
    const statuses = block
      .trim()
      .split("\n")
      .map((line) => interlock(dir, ...line.split(" ").slice(1)).status);
    expect(statuses).toEqual([0, 1, 0]);
  });
});

describe("interlock document", () => {
  it.each(Object.entries(TEMPLATES))("new %s prints the template", (kind, text) => {
    expect(interlock(folder(), "document", "new", kind)).toMatchObject({ status: 0, stdout: text });
  });
  it("new writes no file over another", () => {
    const dir = folder();
    writeFileSync(join(dir, "a.md"), "mine");
    const { status, stderr } = interlock(dir, "document", "new", "failover", "--out", "a.md");
    expect([status, stderr]).toEqual([3, expect.stringContaining("`a.md` exists already")]);
    expect(readFileSync(join(dir, "a.md"), "utf8")).toBe("mine");
  });
  it("new suggests the kind that was meant", () => {
    const { status, stderr } = interlock(folder(), "document", "new", "falover");
    expect([status, stderr]).toEqual([64, expect.stringContaining("did you mean `failover`?")]);
  });
  it("check places what it finds, as text and as JSON", () => {
    const dir = folder();
    const today = new Date().toISOString().slice(0, 10);
    const good = filled("capacity").replace("2030-01-10", today);
    writeFileSync(join(dir, "good.md"), good);
    writeFileSync(join(dir, "weak.md"), good.replace("wait for a connection", "restart as needed"));
    writeFileSync(join(dir, "odd.md"), "# no front matter\n");
    expect(interlock(dir, "document", "check", "good.md")).toMatchObject({
      status: 0,
      stdout:
        "good.md: 0 errors, 0 warnings; sections that count: preChecks, rollback, scope, signals, steps, who, why\n",
    });
    const weak = interlock(dir, "document", "check", "weak.md");
    expect([weak.status, weak.stdout]).toEqual([
      1,
      expect.stringMatching(
        /^weak\.md:5:\d+: error: `as needed` leaves it to whoever reads it \[vague\]/,
      ),
    ]);
    const all = interlock(dir, "document", "check", "--json", "good.md", "weak.md", "odd.md");
    expect(all.status).toBe(3);
    expect(JSON.parse(all.stdout)).toMatchObject({
      version: 1,
      documents: [
        {
          file: "good.md",
          findings: [],
          problems: [],
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
        { file: "weak.md", findings: [{ id: "vague", section: "why", line: 5 }] },
        { file: "odd.md", digest: null, sections: [], problems: [{ line: 1 }] },
      ],
    });
  });
  it("show obeys no control character of the document", () => {
    const dir = folder();
    writeFileSync(join(dir, "a.md"), `${filled("capacity")}\n\u001b[2Jgone\n`);
    const { status, stdout } = interlock(dir, "document", "show", "a.md");
    expect([status, stdout.includes("\u001b")]).toEqual([0, false]);
    expect(stdout).toContain("\\u{1b}[2Jgone");
  });
});

it("a policy that asks for sections is met by a document in the diff, and held without", () => {
  const policy = `policy: shop
version: 1
mode: enforce
rules:
  - { id: doc, title: It is written down, covers: true, require: { document: { sections: [why, steps, rollback] } }, motive: to see how }
`;
  const dir = repository({ "interlock/policy.yaml": policy, "a.txt": "1\n" });
  commit(dir, { "a.txt": "2\n" }, "without");
  expect(interlock(dir, "check").status).toBe(1);
  const today = new Date().toISOString().slice(0, 10);
  const text = filled("config-push").replace("2030-01-10", today);
  commit(dir, { "a.txt": "3\n", "interlock/changes/pool.md": text }, "with");
  expect(interlock(dir, "check")).toMatchObject({ status: 0 });
  commit(
    dir,
    { "a.txt": "4\n", "interlock/changes/pool.md": text.replace("at: ", "# ") },
    "never rehearsed",
  );
  const never = interlock(dir, "check");
  expect([never.status, never.stdout]).toEqual([
    1,
    expect.stringContaining("lacks the section(s) rollback"),
  ]);
  commit(dir, { "a.txt": "5\n" }, "by trailer\n\nChange-Document: interlock/changes/none.md");
  const none = interlock(dir, "check");
  expect([none.status, none.stdout]).toEqual([1, expect.stringContaining("is not there")]);
});
