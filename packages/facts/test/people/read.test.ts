// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalAccount, readPeople } from "../../src/people/read.ts";

const people = (text: string) => readPeople("people.yaml", text);

describe("people.yaml", () => {
  it("gives every account in one form", () => {
    expect(
      people(
        "persons:\n  - id: ana\n    accounts: ['@Ana', Ana@example.com]\n    teams: ['@pay']\nmachines:\n  - account: renovate@example.com\n    mayTouch: '**/package.json'\n",
      ),
    ).toEqual({
      persons: [
        {
          id: "ana",
          accounts: ["github:ana", "email:ana@example.com"],
          agents: [],
          teams: ["pay"],
          active: true,
        },
      ],
      machines: [
        { account: "email:renovate@example.com", purpose: "", mayTouch: ["**/package.json"] },
      ],
    });
  });

  it.each([
    ["persons: [{ id: ana, active: false }]", false],
    ["persons: [{ id: ana, active: true }]", true],
    ["persons: [{ id: ana }]", true],
  ])("%s: active is %s", (text, active) => {
    expect(people(text).persons[0]?.active).toBe(active);
  });

  it.each([
    [
      "an account that is a number",
      "persons: [{ id: ana, accounts: [1234] }]",
      "`accounts` has an entry that is no text",
    ],
    [
      "an empty account",
      "persons: [{ id: ana, accounts: [''] }]",
      "`accounts` has an entry that is no text",
    ],
    [
      "a team that is a mapping",
      "persons: [{ id: ana, teams: [{ a: 1 }] }]",
      "`teams` has an entry that is no text",
    ],
    [
      "somebody who is gone, in words",
      "persons: [{ id: ana, active: 'no' }]",
      "`active` is neither `true` nor `false`",
    ],
    [
      "somebody who is gone, as nothing",
      "persons: [{ id: ana, active: }]",
      "`active` is neither `true` nor `false`",
    ],
    ["an alias", "persons: [&a { id: ana }, *a]", "aliases"],
    [
      "a field that nobody reads",
      "persons: [{ id: ana, admin: true }]",
      "no field `admin` is known",
    ],
    ["no id", "persons: [{ accounts: [a] }]", "a person needs an `id`"],
    ["a key twice", "persons: []\npersons: []", "people.yaml"],
    ["a list", "- a", "the file is not a mapping"],
  ])("%s is refused", (_, text, says) => {
    expect(() => people(text)).toThrow(GateError);
    expect(() => people(text)).toThrow(says);
  });

  it("is read or refused with a reason, whatever the text", () => {
    const piece = fc.constantFrom(
      "persons:",
      "machines:",
      "- ",
      "id: a",
      "\n",
      "  ",
      "[",
      "]",
      "{",
      "}",
      "&a ",
      "*a",
      ": ",
      "accounts: ",
      "'",
      "!!set ",
      "<<: ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          people(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(GateError);
        }
      }),
    );
  });

  it("writes an account the same way twice", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(canonicalAccount(canonicalAccount(text))).toBe(canonicalAccount(text));
      }),
    );
  });
});
