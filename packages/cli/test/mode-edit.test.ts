// SPDX-License-Identifier: Apache-2.0
/** Edits of modes in the text of a policy: what they write, and what they leave alone. */
import { MODES, type Override, type Policy } from "@interlock/core";
import { loadPolicy } from "@interlock/policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { observing } from "../src/modes/observe-edit.ts";
import { instantText, type Wanted, withOverride } from "../src/modes/override-edit.ts";

const UNTIL = Date.parse("2030-05-02T09:00:00Z");
const HEAD = `# why we have it
policy: shop   # of the shop
mode: observe
rules:
  - { id: pay, title: Two look at it, require: { approvals: 2 } }
  - id: ship
    require: { approvals: 2 }
`;
const PAY: Wanted = { rule: "pay", system: "", mode: "enforce" };

const readOf = (text: string): Policy => {
  const loaded = loadPolicy("interlock/policy.yaml", text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.policy;
};

describe("an override is written", () => {
  it.each<[string, string, Wanted, string]>([
    [
      "at the end of a file without any",
      HEAD,
      PAY,
      "overrides:\n  - { rule: pay, mode: enforce }\n",
    ],
    [
      "at the end of a file without a last line end",
      HEAD.trimEnd(),
      PAY,
      "\noverrides:\n  - { rule: pay, mode: enforce }\n",
    ],
    [
      "with everything it may have",
      HEAD,
      { ...PAY, system: "a:b", until: UNTIL, reason: 'he said "no": #1' },
      'overrides:\n  - { rule: pay, system: "a:b", mode: enforce, until: 2030-05-02T09:00:00Z, reason: "he said \\"no\\": #1" }\n',
    ],
  ])("%s", (_name, text, wanted, added) => {
    expect(withOverride(text, wanted)).toBe(`${text}${added}`);
  });

  it.each<[string, string, string]>([
    [
      "behind the others, below their dash, before what follows",
      "overrides:\n    - { rule: ship, mode: warn } # loud\n    # the end\nfreezes: []\n",
      "overrides:\n    - { rule: ship, mode: warn } # loud\n    - { rule: pay, mode: enforce }\n    # the end\nfreezes: []\n",
    ],
    [
      "behind one of several lines",
      "overrides:\n- rule: ship\n  mode: warn # loud\n\nfreezes: []\n",
      "overrides:\n- rule: ship\n  mode: warn # loud\n- { rule: pay, mode: enforce }\n\nfreezes: []\n",
    ],
    [
      "into a list on one line",
      "overrides: [{ rule: ship, mode: warn }] # all\n",
      "overrides: [{ rule: ship, mode: warn }, { rule: pay, mode: enforce }] # all\n",
    ],
    ["into an empty list", "overrides: [ ]\n", "overrides: [{ rule: pay, mode: enforce }]\n"],
    [
      "below a key with nothing behind it",
      "overrides:  # none yet\nfreezes: []\n",
      "overrides:  # none yet\n  - { rule: pay, mode: enforce }\nfreezes: []\n",
    ],
    [
      "in the place of one that ended",
      "overrides:\n  - { rule: pay, mode: warn, until: 2020-01-01T00:00:00Z } # old\n",
      "overrides:\n  - { rule: pay, mode: enforce } # old\n",
    ],
    [
      "line by line where it has lines, with their comments",
      "overrides:\n  - rule: pay # ours\n    until: 2020-01-01T00:00:00Z # gone\n    mode: warn # m\n    reason: because\n",
      "overrides:\n  - rule: pay # ours\n    mode: enforce # m\n    reason: because\n",
    ],
    [
      "with line ends as the others",
      "overrides:\r\n  - { rule: ship, mode: warn }\r\nfreezes: []\r\n",
      "overrides:\r\n  - { rule: ship, mode: warn }\r\n  - { rule: pay, mode: enforce }\r\nfreezes: []\r\n",
    ],
  ])("%s", (_name, before, after) => {
    expect(withOverride(HEAD + before, PAY)).toBe(HEAD + after);
    expect(withOverride(HEAD + after, PAY)).toBe(HEAD + after);
  });

  it("is given an end, or another, where it stands", () => {
    const block = `${HEAD}overrides:\n  - rule: pay\n    mode: warn # m\n`;
    const ends = { ...PAY, until: UNTIL };
    const once = withOverride(block, ends) ?? "";
    expect(once.slice(HEAD.length)).toBe(
      "overrides:\n  - rule: pay\n    mode: enforce # m\n    until: 2030-05-02T09:00:00Z\n",
    );
    expect(withOverride(once, { ...ends, until: UNTIL + 60_000 })).toBe(
      once.replace("09:00:00Z", "09:01:00Z"),
    );
  });

  it.each([
    ["a document that has an end", `${HEAD}...\n`],
    ["a mapping where the list should be", `${HEAD}overrides: { rule: pay }\n`],
    ["no mapping at all", "- rule: pay\n"],
  ])("is not guessed into %s", (_name, text) => expect(withOverride(text, PAY)).toBeNull());

  it("reads as exactly what was wanted, whatever stood there; everything else stays", () => {
    const place = fc.record({
      rule: fc.constantFrom("pay", "ship"),
      system: fc.constantFrom("", "web", "a b"),
      mode: fc.constantFrom(...MODES),
      until: fc.constantFrom(undefined, UNTIL),
    });
    const shape = fc.constantFrom<(o: Override) => string>(
      (o) => `  - { rule: ${o.rule}${o.system && `, system: "${o.system}"`}, mode: ${o.mode} }`,
      (o) =>
        `  -   # first\n      rule: ${o.rule}\n${o.system && `      system: ${o.system}\n`}      mode: "${o.mode}"   # c`,
      (o) =>
        `  - mode: ${o.mode}\n${o.system && `    system: ${o.system}\n`}    until: 2020-01-01 # e\n    rule: ${o.rule}`,
    );
    const written = fc.uniqueArray(fc.tuple(place, shape), {
      maxLength: 4,
      selector: ([o]) => `${o.rule} ${o.system}`,
    });
    fc.assert(
      fc.property(written, place, fc.constantFrom("", "freezes: [] # f\n"), (items, one, tail) => {
        const { until, ...rest } = one;
        const wanted = until === undefined ? rest : { ...rest, until };
        const lines = items.map(([o, shown]) => `${shown(o as Override)}\n`).join(""); // only places are shown
        const before = `${HEAD}${items.length === 0 ? "" : "overrides: # all\n"}${lines}${tail}`;
        const after = withOverride(before, wanted) ?? "";
        const others = readOf(before).overrides.filter(
          (o) => o.rule !== wanted.rule || o.system !== wanted.system,
        );
        const found = readOf(after).overrides;
        expect(found).toHaveLength(others.length + 1);
        expect(found).toEqual(expect.arrayContaining([...others, wanted]));
        expect(after.startsWith(HEAD) && after.includes(tail)).toBe(true);
        expect(withOverride(after, wanted)).toBe(after);
      }),
      { numRuns: 200 },
    );
  });
});

it("an instant is written by the second", () =>
  expect(instantText(UNTIL)).toBe("2030-05-02T09:00:00Z"));

describe("everything back to observe", () => {
  const LOUD = `policy: shop
mode: 'warn' # c
packs:
  reliability-core:
    mode: enforce
    rules:
      R17: { mode: enforce, reason: "mode: enforce" }
rules:
  - id: pay
    title: "mode: enforce"
    require: { approvals: 2 }
    mode: enforce # c
overrides: [{ rule: pay, system: web, mode: warn, until: 2030-05-02 }]
addenda:
  - id: sale
    until: 2030-05-02
    rules:
      - { id: sale, mode: enforce, require: { approvals: 2 } }
`;

  it("takes every mode back, and nothing else", () => {
    const quiet = observing(LOUD);
    const { mode, rules, overrides } = readOf(quiet);
    const modes = [mode, ...[...rules, ...overrides].map((r) => r.mode ?? "observe")];
    expect(new Set(modes)).toEqual(new Set(["observe"]));
    const lines = LOUD.split("\n");
    const touched = quiet
      .split("\n")
      .flatMap((line, i) => (line === lines[i] ? [] : [line.trim()]));
    expect(touched).toEqual([
      "mode: observe # c",
      "mode: observe",
      'R17: { mode: observe, reason: "mode: enforce" }',
      "mode: observe # c",
      "overrides: [{ rule: pay, system: web, mode: observe, until: 2030-05-02 }]",
      "- { id: sale, mode: observe, require: { approvals: 2 } }",
    ]);
    expect(observing(quiet)).toBe(quiet);
  });

  it("in an included list of rules too", () =>
    expect(observing("- id: pay\n  mode: enforce\n- id: ship\n")).toBe(
      "- id: pay\n  mode: observe\n- id: ship\n",
    ));
});
