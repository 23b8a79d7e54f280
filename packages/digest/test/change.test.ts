// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeEntry,
  type ChangeInput,
  changeDigest,
  DigestError,
  digestOf,
  type PathAttributes,
} from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const A = digestOf("blob", "a");
const B = digestOf("blob", "b");
const C = digestOf("blob", "c");
const SUBMODULE = `submodule:${"1".repeat(40)}`;

const ENTRY: ChangeEntry = {
  path: "config/rates.yaml",
  oldMode: "100644",
  newMode: "100644",
  oldContent: A,
  newContent: B,
};

const CHANGE: ChangeInput = {
  repository: "example.com/shop",
  target: "refs/heads/main",
  entries: [ENTRY],
  attributes: [{ path: ENTRY.path, attributes: { text: "set" } }],
  plan: null,
  document: null,
};

test("one change, pinned: approvals are bound to these bytes", () => {
  expect(changeDigest(CHANGE)).toBe(
    "76511fe5e37977f6f933293ae53f527061b06261d255c897cb0dafd7404bbf8b",
  );
});

const side = fc.constantFrom(
  { mode: null, content: null },
  { mode: "100644", content: A },
  { mode: "100755", content: A },
  { mode: "100644", content: B },
  { mode: "120000", content: C },
  { mode: "160000", content: SUBMODULE },
);
const path = fc.string({ unit: "binary", minLength: 1, maxLength: 12 });
const entry: fc.Arbitrary<ChangeEntry> = fc
  .record({ path, before: side, after: side })
  .filter(({ before, after }) => before !== after)
  .map(({ path, before, after }) => ({
    path,
    oldMode: before.mode,
    newMode: after.mode,
    oldContent: before.content,
    newContent: after.content,
  }));
const entries = fc.uniqueArray(entry, { selector: (e) => e.path, maxLength: 8 });
const change: fc.Arbitrary<ChangeInput> = fc.record({
  repository: fc.string({ minLength: 1 }),
  target: fc.string({ minLength: 1 }),
  entries,
  attributes: fc.constant([]),
  plan: fc.constantFrom(null, A, B),
  document: fc.constantFrom(null, A, C),
});

describe("laws", () => {
  test("(whole change): the order of entries, attributes and their keys never matters", () => {
    fc.assert(
      fc.property(change, fc.infiniteStream(fc.nat()), (input, dice) => {
        const attributes = input.entries.map(({ path }) => ({
          path,
          attributes: { text: "auto", diff: "unset", eol: "lf" },
        }));
        const turned = attributes.map(({ path }) => ({
          path,
          attributes: { eol: "lf", diff: "unset", text: "auto" },
        }));
        expect(
          changeDigest({
            ...input,
            entries: inAnyOrder(input.entries, dice),
            attributes: inAnyOrder(turned, dice),
          }),
        ).toBe(changeDigest({ ...input, attributes }));
      }),
    );
  });

  test("(whole change): two inputs have one digest only when they are the same set of facts", () => {
    fc.assert(
      fc.property(change, change, (a, b) => {
        expect(changeDigest(a) === changeDigest(b)).toBe(sameFacts(a, b));
      }),
    );
  });

  const OTHER_ENTRIES: readonly [string, readonly ChangeEntry[]][] = [
    ["path", [{ ...ENTRY, path: "config/Rates.yaml" }]],
    ["old mode", [{ ...ENTRY, oldMode: "100755" }]],
    ["new mode", [{ ...ENTRY, newMode: "100755" }]],
    ["link instead of file", [{ ...ENTRY, newMode: "120000" }]],
    ["old content", [{ ...ENTRY, oldContent: C }]],
    ["new content", [{ ...ENTRY, newContent: C }]],
    ["addition", [{ ...ENTRY, oldMode: null, oldContent: null }]],
    ["deletion", [{ ...ENTRY, newMode: null, newContent: null }]],
    ["submodule", [{ ...ENTRY, newMode: "160000", newContent: SUBMODULE }]],
    ["one more entry", [ENTRY, { ...ENTRY, path: "z" }]],
    ["no entry", []],
  ];
  const OTHERS: readonly [string, ChangeInput][] = [
    ["repository", { ...CHANGE, repository: "example.com/other" }],
    ["target", { ...CHANGE, target: "refs/heads/release" }],
    ["plan", { ...CHANGE, plan: A }],
    ["document", { ...CHANGE, document: A }],
    ["attribute value", { ...CHANGE, attributes: attributed({ text: "unset" }) }],
    ["attribute name", { ...CHANGE, attributes: attributed({ diff: "set" }) }],
    ["one more attribute", { ...CHANGE, attributes: attributed({ text: "set", diff: "unset" }) }],
    ["no attributes", { ...CHANGE, attributes: [] }],
    ...OTHER_ENTRIES.map(([name, entries]): [string, ChangeInput] => [
      name,
      { ...CHANGE, entries, attributes: [] },
    ]),
  ];

  test("(whole change): every field, changed alone, changes the digest", () => {
    const digests = new Map([["the change itself", String(changeDigest(CHANGE))]]);
    for (const [name, other] of OTHERS) digests.set(name, changeDigest(other));
    expect(new Set(digests.values()).size).toBe(digests.size);
  });

  test("a plan is not a document", () => {
    expect(changeDigest({ ...CHANGE, plan: A })).not.toBe(changeDigest({ ...CHANGE, document: A }));
  });

  test("what is no part of the type has no part in the digest", () => {
    const noted = { ...ENTRY, commit: "1".repeat(40), author: "ana" };
    const input = { ...CHANGE, entries: [noted], message: "innocent" };
    expect(changeDigest(input)).toBe(changeDigest(CHANGE));
  });
});

describe("refusals", () => {
  const text = "not a digest";
  test.each<[string, Partial<ChangeInput>, string]>([
    ["a path listed twice", { entries: [ENTRY, { ...ENTRY, newContent: C }] }, "DUPLICATE_PATH"],
    [
      "attributes listed twice",
      { attributes: [...CHANGE.attributes, ...CHANGE.attributes] },
      "DUPLICATE_PATH",
    ],
    [
      "attributes of another path",
      { attributes: [{ path: "x", attributes: {} }] },
      "BAD_ATTRIBUTES",
    ],
    ["an empty path", { entries: [{ ...ENTRY, path: "" }] }, "BAD_ENTRY"],
    ["a mode without content", { entries: [{ ...ENTRY, newContent: null }] }, "BAD_ENTRY"],
    ["content without a mode", { entries: [{ ...ENTRY, oldMode: null }] }, "BAD_ENTRY"],
    ["an unknown mode", { entries: [{ ...ENTRY, newMode: "040000" }] }, "BAD_ENTRY"],
    ["content that is no digest", { entries: [{ ...ENTRY, newContent: text }] }, "BAD_ENTRY"],
    ["a file as submodule", { entries: [{ ...ENTRY, newMode: "160000" }] }, "BAD_ENTRY"],
    ["a submodule as file", { entries: [{ ...ENTRY, newContent: SUBMODULE }] }, "BAD_ENTRY"],
    ["two equal sides", { entries: [{ ...ENTRY, newContent: A }] }, "BAD_ENTRY"],
    ["half a character in a path", { entries: [{ ...ENTRY, path: "\ud800" }] }, "LONE_SURROGATE"],
    ["a plan that is no digest", { plan: text as typeof A }, "BAD_DIGEST"],
    ["a document that is no digest", { document: text as typeof A }, "BAD_DIGEST"],
  ])("%s", (_, part, code) => {
    const input = { ...CHANGE, ...(part.entries ? { attributes: [] } : {}), ...part };
    let caught: unknown;
    try {
      changeDigest(input);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(DigestError);
    expect(caught).toMatchObject({ code });
  });
});

function attributed(attributes: PathAttributes["attributes"]): readonly PathAttributes[] {
  return [{ path: ENTRY.path, attributes }];
}

function inAnyOrder<T>(items: readonly T[], dice: Iterator<number>): readonly T[] {
  return items
    .map((item) => ({ item, rank: Number(dice.next().value) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

// Written apart from the code under test: sets of texts instead of canonical JSON.
function sameFacts(a: ChangeInput, b: ChangeInput): boolean {
  return [...facts(a)].sort().join("\n") === [...facts(b)].sort().join("\n");
}

function facts(input: ChangeInput): readonly string[] {
  const { repository, target, plan, document } = input;
  return [
    JSON.stringify(["change", repository, target, plan, document]),
    ...input.entries.map((e) =>
      JSON.stringify([e.path, e.oldMode, e.newMode, e.oldContent, e.newContent]),
    ),
  ];
}
