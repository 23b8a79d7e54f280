import {
  type ChangeDocument,
  documentDigest,
  documentFact,
  documentsDigest,
  documentText,
  filledCommand,
  filledSections,
  KINDS,
  LIMITS,
  lint,
  readDocument,
  readValues,
  type Sited,
  TEMPLATES,
  type TemplateKind,
} from "@interlock/document";
import { filledTemplate as filled, FILLED_AT as NOW } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const NAMES = Object.keys(TEMPLATES) as TemplateKind[]; // the keys of exactly that record

function sited(text: string): Sited {
  const read = readDocument("change.md", text);
  expect(read.ok ? [] : read.problems).toEqual([]);
  if (!read.ok) throw new Error("unreachable");
  return read.sited;
}
const ids = (text: string) => lint(sited(text), { now: NOW }).map((f) => f.id);

describe("templates", () => {
  it("there is one for every kind but `other`", () => {
    expect(NAMES.toSorted()).toEqual(KINDS.filter((k) => k !== "other").toSorted());
  });
  it.each(NAMES)("%s passes once its questions are answered", (kind) => {
    expect(lint(sited(filled(kind)), { now: NOW })).toEqual([]);
  });
  it.each(NAMES)("%s does not pass before, and fills no section", (kind) => {
    const template = sited(TEMPLATES[kind]);
    const findings = lint(template, { now: NOW });
    expect(findings.filter((f) => f.id === "unfilled").length).toBeGreaterThan(10);
    expect(filledSections(template.document, findings)).toEqual([]);
  });
});

const BASE = filled("config-push");
const swap = (from: string | RegExp, to: string) => {
  expect(BASE).toMatch(from);
  return BASE.replace(from, to);
};
const dropped = (part: string) => swap(new RegExp(`^${part}:(?:.*\\n)(?:(?: .*)?\\n)*`, "m"), "");

describe("lint", () => {
  it.each<[string, string, string[]]>([
    ["no reason", dropped("why"), ["section-missing"]],
    ["no signals", dropped("signals"), ["section-missing"]],
    ["no way back", dropped("rollback"), ["section-missing"]],
    ["nobody named", dropped("who"), ["section-missing"]],
    ["nothing checked before", dropped("preChecks"), ["checks-missing"]],
    ["never rehearsed", swap(/ {2}rehearsed:\n(?: {4}.*\n)*/, ""), ["rollback-unrehearsed"]],
    ["rehearsed long ago", swap("at: 2030-01-10", "at: 2029-01-10"), ["rollback-stale"]],
    ["rehearsed tomorrow", swap("at: 2030-01-10", "at: 2030-02-10"), ["rollback-future"]],
    ["alone", swap('second: "bo"', 'second: "ana"'), ["one-person"]],
    ["as needed", swap("wait for a connection", "wait; restart as needed"), ["vague"]],
    [
      "if it goes wrong",
      swap("wait for a connection", "revert if something goes wrong"),
      ["vague"],
    ],
    ["monitor", swap(/abort: .*/, "abort: monitor the graphs"), ["vague-watch"]],
    ["monitor with figures", swap(/abort: .*/, "abort: monitor for 5 minutes"), []],
    ["looks good", swap(/normal: .*/, "normal: the graph looks good"), ["vague-state"]],
    ["a password", swap("The pool was", "password=hunter2secret99 was"), ["secret"]],
    ["a question in the prose", `${BASE}\nFILL: more\n`, ["unfilled"]],
    ["a step that says nothing of repeating", swap("repeatable: true", ""), ["repeat-unsaid"]],
    [
      "one that creates",
      swap(
        /run: \["kubectl", "kubectl"\]\n {4}timeout: 5m([\s\S]*?)repeatable: true/,
        "run: [kubectl, create]$1",
      ),
      ["repeat-doubtful"],
    ],
    ["a shell", swap('run: ["kubectl", "kubectl"]', "run: [bash, -c, echo]"), ["shell-text"]],
    ["no figure of reach", swap(/ {2}blast:\n(?: {4}.*\n)*/, ""), ["blast-undeclared"]],
  ])("%s", (_, text, expected) => {
    expect(ids(text)).toEqual(expected);
  });
  it("a step without verify, undo and expectation", () => {
    const text = swap(/ {2}- id: bake\n(?: {4}.*\n)*/, "  - id: bake\n    do: wait 5 minutes\n");
    expect(ids(text)).toEqual(["expectation-missing", "step-no-undo", "step-unverified"]);
  });
  it("nothing that says when to stop", () => {
    const text = BASE.replace(/ {4}abort(?:If)?: .*\n/g, "");
    expect(ids(text)).toEqual(["abort-missing", "signal-unbounded"]);
  });
  it("places a phrase on its line and column", () => {
    const text = swap("wait for a connection", "wait; restart as needed");
    const [finding] = lint(sited(text), { now: NOW });
    const line = text.split("\n").findIndex((l) => l.includes("as needed"));
    expect([finding?.line, finding?.column]).toEqual([
      line + 1,
      (text.split("\n")[line] ?? "").indexOf("as needed") + 1,
    ]);
  });
  it("a reach below the computed one", () => {
    const blast = {
      systems: 4,
      tier1: 1,
      cells: 1,
      regions: 1,
      trafficPpm: 90_000,
      ordersPerMinute: 100,
      global: false,
      certainty: "certain" as const,
      reached: [
        { system: "search", tier: 1, via: "", depth: 0, certainty: "certain" as const },
        { system: "web", tier: 1, via: "search", depth: 1, certainty: "certain" as const },
      ],
    };
    const findings = lint(sited(BASE), { now: NOW, blast });
    expect(findings.map((f) => f.message)).toEqual([
      "the change touches `search`, which the scope does not name",
      "the document says 1 systems, the catalog says 4",
      "the document says 5 % of traffic, the catalog says 9 %",
    ]);
    expect(filledSections(sited(BASE).document, findings)).not.toContain("scope");
  });
});

describe("a remedy", () => {
  const REMEDY = filled("remedy");
  const change = (from: string | RegExp, to: string) => REMEDY.replace(from, to);
  it.each<[string, string, string[]]>([
    [
      "by hand",
      change(/ {4}run: \["kubectl", "kubectl", "\{cell\}", "\{percent\}"\]\n/, ""),
      ["remedy-parameter", "remedy-by-hand"],
    ],
    [
      "a second person",
      change("    repeatable: true\n", "    repeatable: true\n    second: true\n"),
      ["remedy-second"],
    ],
    ["open to all", change(/mayRun: .*\n/, ""), ["remedy-open"]],
    [
      "a parameter for a shell",
      change('"kubectl", "{cell}"', 'sh, -c, "{cell}"'),
      ["remedy-shell"],
    ],
    ["an undeclared one", change('"{percent}"', '"{percent}", "{rows}"'), ["remedy-parameter"]],
    ["too old", change("2030-01-10", "2029-10-10"), ["remedy-expired"]],
  ])("%s", (_, text, expected) => {
    expect(ids(text)).toEqual(expected);
  });
  it("takes values in their ranges and nothing else", () => {
    const { remedy } = sited(REMEDY).document;
    const parameters = remedy?.parameters ?? [];
    const of = (cell: string, percent: string) => {
      const read = readValues(parameters, { cell, percent });
      return read.ok ? read.values : read.problems;
    };
    expect(of("eu-1", "25")).toEqual({ cell: "eu-1", percent: "25" });
    expect(of("eu-3", "25")).toEqual(["`cell` is none of eu-1, eu-2"]);
    for (const bad of ["26", "0", "-1", "1e1", " 5", "0x5", "5;rm", "", "٥"])
      expect(of("eu-1", bad)).toEqual(["`percent` is no whole number from 1 to 25"]);
    expect(readValues(parameters, { cell: "eu-1", toString: "1" })).toEqual({
      ok: false,
      problems: ["no parameter is called `toString`", "`percent` is missing"],
    });
  });
  it("puts a value in place of a whole argument only", () => {
    const command = { argv: ["kubectl", "--n={cell}", "{cell}", "{other}"], timeoutMs: 1 };
    expect(filledCommand(command, { cell: "eu-1" }).argv).toEqual([
      "kubectl",
      "--n={cell}",
      "eu-1",
      "{other}",
    ]);
  });
});

describe("reading", () => {
  const problems = (text: string) => {
    const read = readDocument("d.md", text);
    return read.ok ? [] : read.problems.map((p) => `${p.line}:${p.column} ${p.code} ${p.message}`);
  };
  it.each<[string, string, string]>([
    ["no front matter", "# hello", "1:1 YAML_SYNTAX no front matter"],
    ["an open one", "---\nversion: 1\n", "1:1 YAML_SYNTAX no front matter"],
    [
      "an anchor",
      "---\nversion: &a 1\nkind: other\n---\n",
      "2:13 YAML_FEATURE anchors have no place in a document",
    ],
    ["no kind", "---\nversion: 1\n---\n", "2:1 FIELD_MISSING `kind` is missing"],
    [
      "another kind",
      "---\nversion: 1\nkind: falover\n---\n",
      "3:7 FIELD_INVALID `kind` is `falover`",
    ],
    ["an unknown field", "---\nversion: 1\nkind: other\nwy: x\n---\n", "4:1 FIELD_UNKNOWN"],
    [
      "a shell string",
      "---\nversion: 1\nkind: other\nsteps:\n  - run: rm -rf x\n---\n",
      "5:10 FIELD_INVALID `run` is no list of arguments",
    ],
    [
      "two steps of one id",
      "---\nversion: 1\nkind: other\nsteps: [{ id: a }, { id: a }]\n---\n",
      "4:20 DUPLICATE two steps are called `a`",
    ],
    [
      "a day that is none",
      "---\nversion: 1\nkind: other\nrollback: { rehearsed: { at: 2030-02-30 } }\n---\n",
      "4:30 FIELD_INVALID `at` is `2030-02-30`",
    ],
    [
      "terms of a remedy elsewhere",
      "---\nversion: 1\nkind: other\nmayRun: all\n---\n",
      "4:9 FIELD_UNKNOWN `mayRun` belongs to a remedy",
    ],
    ["hidden direction", `${BASE}\nabc\u202edef\n`, "YAML_FEATURE a character that reverses"],
    ["half a character", `${BASE}\n\ud800\n`, "YAML_SYNTAX it is no well-formed Unicode"],
    ["too long", `${BASE}${"x".repeat(LIMITS.bytes)}`, "1:1 TOO_LARGE"],
  ])("%s", (_, text, expected) => {
    expect(problems(text).join("\n")).toContain(expected);
  });
  it("never throws, whatever is between the fences", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        readDocument("d.md", text);
        readDocument("d.md", `---\n${text}\n---\n${text}`);
      }),
      { numRuns: 500 },
    );
  });
  it("never throws when fields hold anything, and what it reads can be shown and linted", () => {
    const lines = BASE.split("\n");
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.json({ maxDepth: 3 }), (at, value) => {
        const text = lines
          .map((l, i) => (i === at ? l.replace(/: .*/, `: ${value}`) : l))
          .join("\n");
        const read = readDocument("d.md", text);
        if (!read.ok) return;
        documentText(read.sited.document);
        lint(read.sited, { now: NOW });
      }),
      { numRuns: 500 },
    );
  });
});

describe("digests", () => {
  it("are the same for every line end, and no other text", () => {
    expect(documentDigest(`\ufeff${BASE.replaceAll("\n", "\r\n")}`)).toBe(documentDigest(BASE));
    expect(documentDigest(`${BASE} `)).not.toBe(documentDigest(BASE));
  });
  it("of several do not depend on their order or number", () => {
    const [a, b] = [documentDigest("a"), documentDigest("b")];
    expect(documentsDigest([a, b])).toBe(documentsDigest([b, a, b]));
    expect(documentsDigest([a])).toBe(a);
    expect(documentsDigest([])).toBeNull();
  });
  it("stand in the facts with the sections that are filled", () => {
    const fact = documentFact(
      sited(BASE),
      { change: "c".repeat(64), by: "email:ana@example.com" },
      { now: NOW },
    );
    const document: ChangeDocument = sited(BASE).document;
    expect(fact).toEqual({
      digest: document.digest,
      change: "c".repeat(64),
      sections: ["preChecks", "rollback", "scope", "signals", "steps", "who", "why"],
      rehearsedAt: Date.UTC(2030, 0, 10),
      by: "email:ana@example.com",
      findings: [],
    });
  });
});
