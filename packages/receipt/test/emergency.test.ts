import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type EmergencyStatement, emergencyMessage } from "@interlock/core";
import {
  emergencyKeyId,
  emergencySigners,
  formatEmergency,
  fromBase64url,
  readEmergency,
  toBase64url,
} from "@interlock/receipt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const MINUTE = 60_000;
const NOW = 1_900_000_000_000;

type Own = { readonly person: string; readonly key: string; readonly secret: KeyObject };
const keyOf = (person: string): Own => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { person, key: publicKey.export({ format: "jwk" }).x ?? "", secret: privateKey };
};
const idOf = ({ key }: Own): string => emergencyKeyId(fromBase64url(key) ?? new Uint8Array());

const [bo, bosOther, cy, stranger] = [keyOf("bo"), keyOf("bo"), keyOf("cy"), keyOf("cy")];
const revoked = keyOf("cy");
const fresh = keyOf("cy");

const landing = {
  ...{ repository: "git:1", target: "refs/heads/main", base: "a".repeat(40), head: "b".repeat(40) },
  ...{ digest: "c".repeat(64), at: NOW },
};
const { at: _at, ...place } = landing;

const signedBy = (own: Own, more: Partial<EmergencyStatement> = {}): string => {
  const statement = {
    ...{ version: 1, ...place, person: own.person, key: idOf(own) },
    ...{ reason: "orders fall", incident: "inc-1" },
    ...{ issuedAt: NOW - MINUTE, expiresAt: NOW + 20 * MINUTE, ...more },
  };
  return formatEmergency({
    statement,
    signature: sign(null, emergencyMessage(statement), own.secret),
  });
};

const known = (own: Own, more: object = {}) =>
  [
    idOf(own),
    { person: own.person, key: own.key, usableFrom: 1, revokedAt: null, ...more },
  ] as const;
const expected = {
  landing,
  keys: new Map([
    ...[known(bo), known(bosOther), known(cy)],
    ...[known(revoked, { revokedAt: NOW - 1 }), known(fresh, { usableFrom: NOW })],
  ]),
  barred: (person: string) => (person === "dee" ? "they contributed to the change" : null),
};

describe("emergency signatures", () => {
  it("two-people: of two distinct persons they count, in any order and however often", async () => {
    const both = [signedBy(cy), signedBy(bo), signedBy(bo)];
    const found = await emergencySigners(both, expected);
    expect([found.signers, found.refused]).toEqual([["bo", "cy"], []]);
    const twice = await emergencySigners([signedBy(bo), signedBy(bosOther)], expected);
    expect([twice.signers, twice.refused]).toEqual([["bo"], ["`bo` signed twice and counts once"]]);
  });

  it.each<[string, string, RegExp]>([
    ["another digest", signedBy(cy, { digest: "f".repeat(64) }), /for another content/],
    ["another ref", signedBy(cy, { target: "refs/heads/x" }), /for another ref/],
    ["another repository", signedBy(cy, { repository: "git:2" }), /for another repository/],
    ["another commit", signedBy(cy, { head: "d".repeat(40) }), /for another commit/],
    ["another state of the ref", signedBy(cy, { base: "d".repeat(40) }), /for another state/],
    ["expired", signedBy(cy, { expiresAt: NOW }), /it was good until/],
    ["in the future", signedBy(cy, { issuedAt: NOW + 6 * MINUTE }), /in the future/],
    ["longer than an hour", signedBy(cy, { expiresAt: NOW + 60 * MINUTE }), /not within 60 min/],
    ["without a reason", signedBy(cy, { reason: " " }), /no reason is given/],
    ["a forged key", signedBy(stranger), /no such emergency key of this person/],
    ["a forged signature", signedBy({ ...stranger, key: cy.key }), /`cy`: the signature/],
    ["another's key", signedBy(bo, { person: "cy" }), /no such emergency key of this person/],
    ["a revoked key", signedBy(revoked), /its key was revoked/],
    ["a key in its cool-down", signedBy(fresh), /in its cool-down until/],
    ["a field more", withField(signedBy(cy)), /no such field/],
    ["a part less", signedBy(cy).split(".").slice(0, 2).join("."), /a part of it is missing/],
    ["nothing like it", "hello", /does not begin with/],
    ["too much", `interlock-emergency-1.${"A".repeat(9_000)}`, /longer than 8000 bytes/],
  ])("bound: %s does not count", async (_name, line, says) => {
    const found = await emergencySigners([signedBy(bo), line], expected);
    expect(found.signers).toEqual(["bo"]);
    expect(found.refused.join()).toMatch(says);
  });

  it("a text that was read is the only one of its signature, and noise is refused", () => {
    const line = signedBy(cy);
    const read = readEmergency(`${line}\n`);
    expect(typeof read === "string" ? read : formatEmergency(read)).toBe(line);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(line.length), (noise, at) => {
        const text = line.slice(0, at) + noise + line.slice(at + noise.length);
        const found = readEmergency(text);
        if (typeof found !== "string") expect(formatEmergency(found)).toBe(text.trim());
      }),
    );
  });
});

function withField(line: string): string {
  const [prefix, content = "", signature] = line.split(".");
  const statement = JSON.parse(new TextDecoder().decode(fromBase64url(content) ?? undefined));
  const more = toBase64url(new TextEncoder().encode(JSON.stringify({ ...statement, x: 1 })));
  return [prefix, more, signature].join(".");
}
