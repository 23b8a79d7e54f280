// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFilter, parsePath } from "../../src/scim/filter.ts";
import { patchedGroup } from "../../src/scim/group-input.ts";
import { patchedUser, readUser, type UserDraft } from "../../src/scim/user-input.ts";

const DRAFT: UserDraft = {
  ...{ userName: "dee@example.com", externalId: "1", displayName: "Dee", active: true },
  emails: [{ email: "dee@example.com", type: "work" }],
};
const NAME = fc.constantFrom("userName", "externalId", "displayName", "id", "members");

describe("filters and paths", () => {
  it.each<readonly [string, ReturnType<typeof parseFilter>]>([
    ['userName eq "a"', { attribute: "username", value: "a" }],
    [' USERNAME  EQ  "a" ', { attribute: "username", value: "a" }],
    ['externalId eq "a\\"b\\u0041"', { attribute: "externalid", value: 'a"bA' }],
    [
      'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a"',
      { attribute: "username", value: "a" },
    ],
    ['userName eq "a" or userName eq "b"', null],
    ['userName eq "a" and active eq true', null],
    ['userName co "a"', null],
    ["userName eq a", null],
    ['userName eq "a\\"', null],
    ['userName eq "\\ud800"', null],
    ["", null],
  ])("%s", (text, filter) => {
    expect(parseFilter(text)).toEqual(filter);
  });

  it("every comparison of a text is read as it was written", () => {
    fc.assert(
      fc.property(NAME, fc.string({ unit: "grapheme", maxLength: 200 }), (name, value) => {
        const read = parseFilter(`${name} eq ${JSON.stringify(value)}`);
        expect(read).toEqual({ attribute: name.toLowerCase(), value });
        expect(parsePath(`emails[${name} eq ${JSON.stringify(value)}].value`)).toEqual({
          ...{ attribute: "emails", filter: read, sub: "value" },
        });
      }),
    );
  });

  it("no text throws", () => {
    const piece = fc.constantFrom(
      "eq",
      '"',
      "\\",
      "[",
      "]",
      ".",
      " ",
      "a",
      "members",
      "\n",
      "\ud800",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 60 }).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(text, (given) => {
        parseFilter(given);
        parsePath(given);
      }),
    );
  });
});

describe("what a PATCH makes of a user", () => {
  const op = (op: string, path: string | undefined, value?: unknown) => ({ op, path, value });
  it.each<readonly [string, object, Partial<UserDraft>]>([
    ["a boolean as a text", op("Replace", "active", "False"), { active: false }],
    [
      "fields without a path",
      op("replace", undefined, { active: false, displayName: "D" }),
      { active: false, displayName: "D" },
    ],
    [
      "a flat name of a part",
      op("Add", undefined, { "name.givenName": "D", userName: "d" }),
      { userName: "d" },
    ],
    [
      "an address by its type",
      op("Replace", 'emails[type eq "work"].value', "D@example.com"),
      { emails: [{ email: "d@example.com", type: "work" }] },
    ],
    [
      "an address of a new type",
      op("Add", 'emails[type eq "home"].value', "d@x.example"),
      {
        emails: [
          { email: "d@x.example", type: "home" },
          { email: "dee@example.com", type: "work" },
        ],
      },
    ],
    ["no address", op("remove", "emails"), { emails: [] }],
    ["an address by its value", op("remove", 'emails[value eq "DEE@example.com"]'), { emails: [] }],
    [
      "one more address",
      op("add", "emails", { value: "d@example.com" }),
      {
        emails: [
          { email: "d@example.com", type: null },
          { email: "dee@example.com", type: "work" },
        ],
      },
    ],
    [
      "other addresses",
      op("replace", "emails", [{ value: "e@example.com" }]),
      { emails: [{ email: "e@example.com", type: null }] },
    ],
    ["no name to show", op("remove", "displayName"), { displayName: null }],
    [
      "what is not kept",
      op("add", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "x"),
      {},
    ],
    ["a title", op("replace", "title", "x"), {}],
  ])("%s", (_name, operation, change) => {
    const patched = patchedUser(DRAFT, { Operations: [operation] });
    expect(patched).toEqual({ ok: true, value: { ...DRAFT, ...change } });
  });

  it.each<readonly [string, unknown]>([
    ["no operations", {}],
    ["none of them", { Operations: [] }],
    ["a removed name", { Operations: [op("remove", "userName")] }],
    ["a removed state", { Operations: [op("remove", "active")] }],
    ["a number for a state", { Operations: [op("replace", "active", 1)] }],
    ["null for a name", { Operations: [op("replace", "userName", null)] }],
    ["a list without a path", { Operations: [op("add", undefined, [])] }],
  ])("refuses %s", (_name, body) => {
    expect(patchedUser(DRAFT, body)).toMatchObject({
      ok: false,
      failure: { code: "INPUT_INVALID" },
    });
  });

  it("whatever comes in is refused or a sound user", () => {
    const path = fc.oneof(
      fc.constantFrom("active", "emails", "userName", "__proto__", 'emails[type eq "x"].value'),
      fc.string(),
    );
    const operation = fc.record({
      op: fc.constantFrom("add", "remove", "replace", "x"),
      path: fc.option(path),
      value: fc.anything(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 5 }), (Operations) => {
        const patched = patchedUser(DRAFT, { Operations });
        if (patched.ok) expect(typeof patched.value.active).toBe("boolean");
        patchedGroup({ displayName: "g", externalId: null, members: new Set() }, { Operations });
      }),
    );
  });

  it("TK7 fields that nobody asked for change nothing", () => {
    const read = readUser({
      userName: "dee",
      person: "ana",
      keys: ["x"],
      roles: [{ value: "admin" }],
    });
    expect(read).toEqual({
      ok: true,
      value: { userName: "dee", externalId: null, displayName: null, emails: [], active: true },
    });
  });
});

describe("what a PATCH makes of a group", () => {
  it("adding and removing members leaves the others alone", () => {
    const id = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme-ascii" });
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.uniqueArray(id), (there, added) => {
        const draft = { displayName: "g", externalId: null, members: new Set(there) };
        const value = added.map((one) => ({ value: one }));
        const add = { op: "Add", path: "members", value };
        const remove = added.map((one) => ({
          ...{ op: "remove", path: `members[value eq ${JSON.stringify(one)}]` },
        }));
        const patched = patchedGroup(draft, { Operations: [add, ...remove] });
        const rest = there.filter((one) => !added.includes(one));
        expect(patched).toEqual({ ok: true, value: { ...draft, members: new Set(rest) } });
      }),
    );
  });
});
