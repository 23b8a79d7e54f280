/** A facts document from outside: every refusal with its place, and nothing that makes the check throw. */
import { FACTS, type Fields, type Invalid, type Schema, validateFacts } from "@interlock/core";
import { factsOf, generators } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

type Path = readonly (string | number)[];
const DROP = Symbol("drop");

/** A valid document in which one place says something else. */
function withAt(path: Path, value: unknown): unknown {
  const document = JSON.parse(JSON.stringify(factsOf())) as Record<string | number, unknown>;
  let at = document;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  if (value === DROP) delete at[last];
  else at[last] = value;
  return document;
}

const problemsOf = (document: unknown): readonly Invalid[] => {
  const result = validateFacts(document);
  return result.ok ? [] : result.problems;
};

const UNKNOWN = { $unknown: { because: "lost", help: "find it" } };
const FILE = ["change", "files", 0] as const;

describe("validateFacts refuses", () => {
  it.each<[string, Path, unknown, string, string]>([
    ["a field that nobody defined", ["x"], 1, "x", "no such fact; see `interlock schema facts`"],
    [
      "such a field deep inside",
      [...FILE, "x"],
      1,
      "change.files[0].x",
      "no such fact; see `interlock schema facts`",
    ],
    ["a field that is missing", ["change", "kind"], DROP, "change.kind", "missing"],
    ["a missing part of an item", [...FILE, "mode"], DROP, "change.files[0].mode", "missing"],
    ["missing evidence", ["evidence"], DROP, "evidence", "missing"],
    ["a number for a text", ["change", "subject"], 1, "change.subject", "`1` is not a text"],
    ["null for a text", ["change", "subject"], null, "change.subject", "`null` is not a text"],
    [
      "a text that is too long",
      ["change", "digest"],
      "a".repeat(65),
      "change.digest",
      "longer than 64 characters",
    ],
    [
      "half a character",
      ["change", "subject"],
      "\ud800",
      "change.subject",
      "half a character (a lone surrogate)",
    ],
    [
      "a word that is none of the known",
      ["change", "environment"],
      "prod",
      "change.environment",
      "`prod` is not one of `production`, `non-production`, `unknown`",
    ],
    ["a fraction", ["now"], 1.5, "now", "`1.5` is not an integer"],
    ["a text for an integer", ["now"], "1", "now", "`1` is not an integer"],
    [
      "an integer that is not safe",
      ["now"],
      2 ** 53,
      "now",
      "`9007199254740992` is not an integer",
    ],
    [
      "a count below zero",
      ["change", "totals", "files"],
      -1,
      "change.totals.files",
      "`-1` is outside 0 to 9007199254740991",
    ],
    [
      "a share above one",
      ["blast", "trafficPpm"],
      1_000_001,
      "blast.trafficPpm",
      "`1000001` is outside 0 to 1000000",
    ],
    [
      "a text for yes or no",
      [...FILE, "binary"],
      "no",
      "change.files[0].binary",
      "`no` is not true or false",
    ],
    ["an object for a list", ["config"], {}, "config", "expected a list"],
    ["a list for an object", ["change", "totals"], [], "change.totals", "expected an object"],
    ["a text for an object", ["change"], "x", "change", "expected an object"],
    ["a list for a record", ["calendars"], [], "calendars", "expected an object"],
    [
      "too long a list",
      ["change", "gate"],
      Array.from({ length: 21 }, () => "policy"),
      "change.gate",
      "more than 20 items",
    ],
    [
      "too large a record",
      ["history"],
      Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, 1])),
      "history",
      "more than 100 entries",
    ],
    ["a wrong entry of a record", ["history"], { f: "x" }, "history.f", "`x` is not an integer"],
    [
      "an unknown where none may be",
      ["change", "kind"],
      UNKNOWN,
      "change.kind",
      "this fact may not be unknown",
    ],
    [
      "unknown freezes",
      ["evidence", "freezes"],
      UNKNOWN,
      "evidence.freezes",
      "this fact may not be unknown",
    ],
    [
      "an unknown item of a list",
      [...FILE],
      UNKNOWN,
      "change.files[0]",
      "this fact may not be unknown",
    ],
    [
      "an unknown without a reason",
      ["people"],
      { $unknown: { help: "x" } },
      "people",
      "an unknown needs `because` and `help`",
    ],
    [
      "an unknown that no digest could cover",
      ["people"],
      { $unknown: { because: "\ud800", help: "" } },
      "people",
      "an unknown needs `because` and `help`",
    ],
    [
      "an unknown that is null",
      ["people"],
      { $unknown: null },
      "people",
      "an unknown needs `because` and `help`",
    ],
    [
      "an unknown without help",
      ["people"],
      { $unknown: { because: "x" } },
      "people",
      "an unknown needs `because` and `help`",
    ],
  ])("%s", (_name, path, value, at, message) => {
    expect(validateFacts(withAt(path, value))).toEqual({
      ok: false,
      code: "FACTS_INVALID",
      problems: [{ path: at, message }],
    });
  });

  it.each<[unknown]>([[null], [undefined], [1], ["facts"], [[]], [true]])(
    "%j, which is no object",
    (document) => {
      expect(validateFacts(document)).toEqual({
        ok: false,
        code: "FACTS_INVALID",
        problems: [{ path: "", message: "the facts document is not an object" }],
      });
    },
  );

  it.each<[unknown, string]>([
    [undefined, "undefined"],
    [2, "2"],
    ["1", "1"],
    [0, "0"],
    ["v".repeat(70), "v".repeat(60)],
  ])("version %j", (version, shown) => {
    expect(validateFacts({ ...factsOf(), version })).toEqual({
      ok: false,
      code: "FACTS_VERSION",
      problems: [
        {
          path: "version",
          message: `facts version \`${shown}\` is not known here; this build reads version 1`,
        },
      ],
    });
  });

  it("no more than fifty problems of one list at a time", () => {
    const gate = Array.from({ length: 20 }, () => 1);
    const wrong = { ...factsOf(), context: Array.from({ length: 100 }, () => 1) };
    expect(problemsOf({ ...wrong, change: { ...factsOf().change, gate } })).toHaveLength(50);
  });
});

describe("validateFacts accepts", () => {
  it("every built and every generated document, unchanged", () => {
    fc.assert(
      fc.property(generators.knownFacts, (facts) => {
        expect(validateFacts(facts)).toEqual({ ok: true, facts });
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, Path, unknown]>([
    ["the longest list", ["change", "gate"], Array.from({ length: 20 }, () => "policy")],
    ["the longest text", ["change", "digest"], "a".repeat(64)],
    ["the smallest integer", ["now"], Number.MIN_SAFE_INTEGER],
    ["the greatest integer", ["now"], Number.MAX_SAFE_INTEGER],
    ["the whole traffic", ["blast", "trafficPpm"], 1_000_000],
    ["none of the traffic", ["blast", "trafficPpm"], 0],
    ["an unknown where one may be", ["people"], UNKNOWN],
    ["an optional field", ["evidence", "firstSeenAt"], 1],
    ["an empty record", ["history"], {}],
    [
      "the largest record",
      ["history"],
      Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 1])),
    ],
    ["no record where one may be absent", ["history"], DROP],
  ])("%s", (_name, path, value) => {
    expect(problemsOf(withAt(path, value))).toEqual([]);
  });

  it.each<[string, Path]>([
    ["people", ["people"]],
    ["kubernetes", ["kubernetes"]],
    ["blast", ["blast"]],
    ["files", ["change", "files"]],
    ["pushedBy", ["change", "pushedBy"]],
    ["approvals", ["evidence", "approvals"]],
  ])("a document without `%s`, which then is unknown", (name, path) => {
    const result = validateFacts(withAt(path, DROP));
    expect(result.ok).toBe(true);
    const [group, field] = path;
    const facts = (result.ok ? result.facts : {}) as Record<string, unknown>;
    const found =
      field === undefined ? facts[String(group)] : (facts[String(group)] as never)[field];
    expect(found).toEqual({
      $unknown: {
        because: `\`${name}\` is missing from the facts document`,
        help: `add \`${name}\` to the document`,
      },
    });
  });

  it("leaves the document that it was given as it was", () => {
    const document = withAt(["people"], DROP);
    const before = JSON.stringify(document);
    validateFacts(document);
    expect(JSON.stringify(document)).toBe(before);
  });
});

describe("validateFacts on hostile documents", () => {
  const hostile = fc.oneof(
    fc.anything({ withNullPrototype: true, withDate: true, maxDepth: 4 }),
    fc.constantFrom(
      { $unknown: null },
      { $unknown: 1 },
      { $unknown: {} },
      Number.NaN,
      -0,
      "\udc00",
    ),
    fc.constant(JSON.parse('{"__proto__": {"version": 1}, "constructor": 1}') as unknown),
  );

  it("never throws, whatever stands at whatever place", () => {
    const paths = placesOf(FACTS.fields, []);
    fc.assert(
      fc.property(fc.constantFrom(...paths), hostile, (path, value) => {
        const result = validateFacts(withAt(path, value));
        if (!result.ok) {
          expect(result.problems.length).toBeGreaterThan(0);
          for (const { message } of result.problems) expect(message.length).toBeLessThan(1_000);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("never throws on a document that is something else altogether", () => {
    fc.assert(
      fc.property(hostile, (document) => {
        expect(validateFacts(document).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("does not take inherited fields for facts", () => {
    const inherited: unknown = Object.create(factsOf());
    expect(validateFacts(inherited).ok).toBe(false);
  });
});

/** Every place of the schema that a built document has, not deeper than its objects. */
function placesOf(fields: Fields, above: Path): readonly Path[] {
  return Object.entries(fields).flatMap(([name, field]: readonly [string, Schema]) => {
    const path = [...above, name];
    return field.kind === "object" && name !== "people"
      ? [path, ...placesOf(field.fields, path)]
      : [path];
  });
}
