// SPDX-License-Identifier: Apache-2.0
import type { PersonShown, ProposalShown } from "@interlock/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LOOKS, meaningOfOutcome } from "../src/parts/meaning.ts";
import { listed, relative, shortened, utc } from "../src/parts/short.ts";
import { accountsIn, EMPTY_DRAFT, idFrom, memberOf, problemsOf } from "../src/people/draft.ts";
import {
  barredBecause,
  effectsOf,
  endorseLabel,
  mayWithdraw,
  missingOf,
  titleOf,
  whoCan,
} from "../src/people/words.ts";
import { safeBack } from "../src/shell/back.ts";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

const person = (id: string, name: string, more: Partial<PersonShown> = {}): PersonShown => ({
  ...{ person: id, name, active: true, accounts: [`email:${id}@example.com`] },
  keys: [
    {
      ...{ credential: `key-${id}`, enrolledAt: NOW - HOUR, index: 1, usableFrom: NOW - HOUR },
      ...{ revokedAt: null, synchronised: false },
    },
  ],
  ...more,
});

const PEOPLE = [person("ana", "Ana"), person("bo", "Bo"), person("cy", "Cy")];

const proposal = (more: Partial<ProposalShown>): ProposalShown => ({
  ...{ proposal: "p1", kind: "recovery", person: "ana", name: null, active: null, accounts: null },
  ...{ credential: null, reason: "lost", by: "bo", at: NOW, expiresAt: NOW + HOUR },
  keys: [{ credential: "new", keyDigest: "ab".repeat(32) }],
  ...{ endorsedBy: [], needed: 2, state: "open" },
  ...more,
});

describe("proposals in plain words", () => {
  it.each<[Partial<ProposalShown>, string, string]>([
    [
      { kind: "person", person: "dee", name: "Dee", accounts: [], endorsedBy: ["cy"] },
      "Dee joins",
      "Endorse, and at once: Dee joins",
    ],
    [
      { kind: "key", endorsedBy: ["ana"] },
      "a further passkey for Ana",
      "Endorse, and at once: a further passkey for Ana",
    ],
    [{}, "Ana lost all passkeys and gets a new one", "Endorse: the recovery of Ana"],
    [
      { endorsedBy: ["cy"] },
      "Ana lost all passkeys and gets a new one",
      "Endorse, and at once: Ana's earlier passkeys end",
    ],
    [
      { kind: "revocation", credential: "key-ana" },
      "a passkey of Ana is revoked",
      "Endorse: the passkey of Ana ends",
    ],
    [
      { kind: "change", name: "Ana", active: false, accounts: [], endorsedBy: ["cy"] },
      "Ana leaves",
      "Endorse, and at once: Ana leaves",
    ],
  ])("%j is called %s", (more, title, label) => {
    const one = proposal(more);
    expect([titleOf(one, PEOPLE), endorseLabel(one, PEOPLE, "bo")]).toEqual([title, label]);
  });

  it("a change says what comes, what goes and what it is called then", () => {
    const change = { kind: "change", active: true, name: "Anna" } as const;
    expect(effectsOf(proposal({ ...change, accounts: ["github:ana"] }), PEOPLE)).toEqual([
      "Ana is called Anna from then on.",
      "They get the accounts github:ana.",
      "They lose the accounts email:ana@example.com.",
      "What is authored by github:ana counts as Anna's.",
    ]);
  });

  it.each<[Partial<ProposalShown>, string, string | null]>([
    [{}, "ana", "it is about you: others endorse it"],
    [{}, "bo", null],
    [{ kind: "key" }, "ana", null],
    [{ endorsedBy: ["cy"] }, "cy", "you have endorsed it"],
    [{ keys: [] }, "cy", "no passkey is registered with the link yet"],
    [{ kind: "revocation", keys: [] }, "cy", null],
    [{ state: "done" }, "cy", "it is not open any more"],
  ])("%j: whether %s may endorse: %s", (more, who, because) => {
    expect(barredBecause(proposal(more), who)).toBe(because);
  });

  it("who could still endorse has a passkey past its cool-down, and is not barred", () => {
    const [key] = person("dee", "Dee").keys;
    if (key === undefined) throw new Error("a person has a key");
    const cooling = person("dee", "Dee", { keys: [{ ...key, usableFrom: NOW + 1 }] });
    const left = person("eve", "Eve", { active: false });
    const everybody = [...PEOPLE, cooling, left];
    expect(whoCan(proposal({ endorsedBy: ["bo"] }), everybody, NOW)).toEqual(["Cy"]);
    expect(whoCan(proposal({ kind: "key", keys: [] }), everybody, NOW)).toEqual(["Bo", "Cy"]);
    expect(whoCan(proposal({}), everybody, NOW + 1)).toEqual(["Bo", "Cy", "Dee"]);
  });

  it.each<[Partial<ProposalShown>, string]>([
    [{}, "2 endorsements"],
    [{ endorsedBy: ["bo"] }, "one endorsement"],
    [{ kind: "key" }, "Ana's, with a passkey they have, and one endorsement"],
    [{ kind: "key", endorsedBy: ["bo"] }, "Ana's, with a passkey they have"],
    [{ kind: "key", endorsedBy: ["ana"] }, "one endorsement"],
  ])("%j misses %s", (more, missing) => {
    expect(missingOf(proposal(more), PEOPLE)).toBe(missing);
  });

  it("nobody stops a revocation or a change of themself", () => {
    expect(mayWithdraw(proposal({}), "ana")).toBe(true);
    expect(mayWithdraw(proposal({ kind: "revocation" }), "ana")).toBe(false);
    expect(mayWithdraw(proposal({ kind: "change" }), "ana")).toBe(false);
    expect(mayWithdraw(proposal({ kind: "change" }), "bo")).toBe(true);
  });
});

describe("what people type about a person", () => {
  it.each([
    ["Ana", "ana"],
    ["Zoë  Ångström-Lee", "zoe.angstrom.lee"],
    ["...", ""],
  ])("%s becomes the id `%s`", (name, id) => {
    expect(idFrom(name)).toBe(id);
  });

  it("accounts get the spelling of facts", () => {
    expect(accountsIn(" Ana@Example.com, github:Ana;gitlab:ana\n")).toEqual([
      "email:ana@example.com",
      "github:ana",
      "gitlab:ana",
    ]);
  });

  it("whatever is typed, what is sent fits the id or is a problem that is shown", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (name, accounts) => {
        const draft = { ...EMPTY_DRAFT, name, accounts };
        const member = memberOf(draft);
        const problems = problemsOf(draft, []);
        if (problems.id === undefined && problems.name === undefined)
          expect(member.person).toMatch(/^[a-z0-9][a-z0-9._-]{0,62}$/);
        if (problems.accounts === undefined)
          for (const account of member.accounts) expect(account).toMatch(/^[a-z-]+:\S+$/);
      }),
    );
  });

  it("one account is one person's", () => {
    const ana = { name: "Ana", id: null, accounts: "ana@example.com" };
    const twin = { name: "Bo", id: "ana", accounts: "ANA@example.com" };
    expect(problemsOf(ana, [twin])).toEqual({
      id: "`ana` is there twice",
      accounts: "`email:ana@example.com` can only be one person's",
    });
  });
});

describe("small texts", () => {
  it.each([
    [0, "now"],
    [999, "now"],
    [1_000, "in 1 second"],
    [-59_999, "59 seconds ago"],
    [23 * HOUR + HOUR - 1, "in 23 hours"],
    [-49 * HOUR, "2 days ago"],
  ])("%i ms from now is %s", (away, text) => {
    expect(relative(NOW + away, NOW)).toBe(text);
  });

  it("the exact time is that of logs", () => {
    expect(utc(0)).toBe("1970-01-01 00:00:00 UTC");
  });

  it("a shortened id keeps both ends, and a short one is whole", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), maxLength: 80 }),
        (id) => {
          const short = shortened(id);
          if (id.length <= 13) expect(short).toBe(id);
          else
            expect([
              short.length,
              id.startsWith(short.slice(0, 6)),
              id.endsWith(short.slice(-6)),
            ]).toEqual([13, true, true]);
        },
      ),
    );
  });

  it("names are listed as people say them", () => {
    expect(listed(["Ana", "Bo", "Cy"])).toBe("Ana, Bo and Cy");
  });

  it("meanings differ in shape and word, not in colour alone; red is for what is stopped", () => {
    const looks = Object.values(LOOKS);
    for (const of of ["glyph", "word", "color"] as const)
      expect(new Set(looks.map((look) => look[of])).size).toBe(looks.length);
    expect(["allow", "hold", "deny", "skipped", "surprise"].map(meaningOfOutcome)).toEqual([
      "done",
      "person",
      "stopped",
      "neutral",
      "unknown",
    ]);
  });

  it.each(["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""])(
    "nobody is led to `%s` after signing in",
    (back) => {
      expect(safeBack(back)).toBe("/");
    },
  );

  it("one is led back to where one was", () => {
    expect(safeBack("/people/bo?tab=keys")).toBe("/people/bo?tab=keys");
  });
});
