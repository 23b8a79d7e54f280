// SPDX-License-Identifier: Apache-2.0
import { AGREED_KINDS, endorsementChallenge, isAgreed, type ProposalTerms } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const TERMS: ProposalTerms = {
  ...{ proposal: "p-1", kind: "key", person: "ana", name: null, active: null, accounts: null },
  ...{ credential: null, reason: "a second one", by: "ana" },
  keys: [{ credential: "Y3Jl", keyDigest: "0".repeat(64) }],
};
const SIGNED = {
  product: "https://interlock.example.com",
  ledger: "interlock.example.com/log",
  endorser: "bo",
  nonce: new Uint8Array(32).fill(7),
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const names = fc.constantFrom("ana", "bo", "cy");

describe("who agrees", () => {
  test.each<[string, ProposalTerms["kind"], readonly string[], boolean]>([
    ["one is not enough", "person", ["bo"], false],
    ["one twice is one", "person", ["bo", "bo"], false],
    ["two others", "person", ["bo", "cy"], true],
    ["nobody for themself", "change", ["ana", "bo"], false],
    ["a recovery by its owner and one other", "recovery", ["ana", "bo"], false],
    ["a description by whoever proposed it and one other", "controlplane", ["ana", "bo"], true],
    ["an unwind by whoever proposed it and one other", "unwind", ["ana", "bo"], true],
    ["an unwind by one", "unwind", ["ana"], false],
    ["a baseline by one", "baseline", ["ana"], false],
    ["a further key by two others only", "key", ["bo", "cy"], false],
    ["a further key by its owner and one other", "key", ["ana", "bo"], true],
  ])("%s", (_name, kind, endorsers, agreed) => {
    expect(isAgreed({ ...TERMS, kind }, endorsers)).toBe(agreed);
  });

  test("two-people order and repetition never matter, and more endorsers never disagree", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...AGREED_KINDS),
        fc.array(names, { maxLength: 5 }),
        names,
        (kind, endorsers, more) => {
          const terms = { ...TERMS, kind };
          const agreed = isAgreed(terms, endorsers);
          expect(isAgreed(terms, endorsers.toReversed())).toBe(agreed);
          expect(isAgreed(terms, [...endorsers, ...endorsers])).toBe(agreed);
          if (agreed) expect(isAgreed(terms, [...endorsers, more])).toBe(true);
          if (agreed) expect(new Set(endorsers).size).toBeGreaterThanOrEqual(2);
        },
      ),
    );
  });
});

describe("what is signed", () => {
  test.each<[string, Partial<ProposalTerms>, Partial<typeof SIGNED>]>([
    ["WA14 another key", { keys: [{ credential: "Y3Jl", keyDigest: "1".repeat(64) }] }, {}],
    ["another person", { person: "bo" }, {}],
    ["another kind", { kind: "recovery" }, {}],
    ["other accounts", { accounts: ["github:ana"] }, {}],
    ["another proposal", { proposal: "p-2" }, {}],
    ["another reason", { reason: "lost" }, {}],
    ["a description", { described: "0".repeat(64) }, {}],
    ["another endorser", {}, { endorser: "cy" }],
    ["another site", {}, { product: "https://other.example.com" }],
    ["another ledger", {}, { ledger: "other.example.com/log" }],
    ["another nonce", {}, { nonce: new Uint8Array(32).fill(8) }],
  ])("%s is another challenge", (_name, terms, signed) => {
    expect(hex(endorsementChallenge({ ...TERMS, ...terms }, { ...SIGNED, ...signed }))).not.toBe(
      hex(endorsementChallenge(TERMS, SIGNED)),
    );
  });

  test("a nonce of another length is a bug of ours", () => {
    expect(() => endorsementChallenge(TERMS, { ...SIGNED, nonce: new Uint8Array(31) })).toThrow(
      "a nonce has 32 bytes",
    );
  });
});
