// SPDX-License-Identifier: Apache-2.0
import {
  type Bodies,
  challengeOf,
  entryId,
  entryOf,
  type Signed,
  type Statement,
} from "@interlock/core";
import { sha256Hex } from "@interlock/digest";
import { type Enrolment, toBase64url, verifySignedEntry } from "@interlock/receipt";
import { STATEMENT_AT, softAuthenticator, statementWith } from "@interlock/testkit";
import { describe, expect, test } from "vitest";
import { SITE } from "./world.ts";

const KEY = softAuthenticator({});
const BODY: Bodies["enrolment"] = {
  person: "ana",
  credential: toBase64url(KEY.credentialId),
  key: toBase64url(KEY.publicKey),
  userHandle: toBase64url(KEY.userHandle),
  backupEligible: false,
  backedUp: false,
  signCount: 0,
  aaguid: "0".repeat(32),
  attestation: { format: "none", trust: "none" },
  basis: "endorsed",
  endorsedBy: ["bo"],
  usableFrom: STATEMENT_AT,
};
const SALT = new Uint8Array(32);
const AT = STATEMENT_AT - 1;
const ENTRY = entryOf({ kind: "enrolment", at: AT, subject: null, salt: SALT, body: BODY });
const ENROLMENT: Enrolment = { entry: ENTRY, index: 4, body: BODY };

function sign(statement: Statement): Signed {
  const nonce = new Uint8Array(32).fill(3);
  const challenge = challengeOf(statement, nonce);
  const made = KEY.assert({ rpId: SITE.rpId, origin: SITE.product, challenge });
  return {
    statement,
    nonce: toBase64url(nonce),
    clientData: toBase64url(made.clientDataJson),
    authenticatorData: toBase64url(made.authenticatorData),
    signature: toBase64url(made.signature),
    keyDigest: sha256Hex(KEY.publicKey),
    enrolment: entryId(ENTRY),
  };
}

type Given = Parameters<typeof verifySignedEntry>[0];

async function outcome(
  over: Partial<Given> = {},
  statement: Partial<Statement> = {},
): Promise<string> {
  const signed = sign(statementWith({ credential: BODY.credential, ...statement }));
  const place = { at: STATEMENT_AT, index: 5 };
  const got = await verifySignedEntry({ signed, place, enrolment: ENROLMENT, site: SITE, ...over });
  if (!got.ok) return got.refusal.code;
  return got.value.kind === "refused" ? got.value.refusal.code : got.value.kind;
}

describe("a signed entry before it is recorded", () => {
  test.each(["approve", "reject", "withdraw"] as const)(
    "a statement to %s is verified",
    async (decision) => {
      expect(await outcome({}, { decision })).toBe("verified");
    },
  );

  test.each<readonly [string, Partial<Given>, Partial<Statement>, string]>([
    [
      "WA7 the last millisecond",
      { place: { at: STATEMENT_AT + 3_599_999, index: 5 } },
      {},
      "verified",
    ],
    [
      "WA7 expired",
      { place: { at: STATEMENT_AT + 3_600_000, index: 5 } },
      {},
      "statement-out-of-time",
    ],
    [
      "before it was issued",
      { place: { at: STATEMENT_AT - 1, index: 5 } },
      { issuedAt: STATEMENT_AT },
      "enrolment-cooling",
    ],
    ["WA8 another person's statement", {}, { person: "bo" }, "enrolment-differs"],
    ["WA8 another credential", {}, { credential: "Ym8" }, "enrolment-differs"],
    [
      "at the place of its enrolment",
      { place: { at: STATEMENT_AT, index: 4 } },
      {},
      "enrolment-not-before",
    ],
    ["another organisation", { site: { ...SITE, tenant: "another" } }, {}, "statement-elsewhere"],
    ["WA3 another site", { site: { ...SITE, rpId: "example.com" } }, {}, "rp-id-differs"],
    [
      "an enrolment that was rewritten",
      { enrolment: enrolmentWith({ signCount: 1 }) },
      {},
      "enrolment-missing",
    ],
    ["WA10 a counter below the last one seen", { options: { signCount: 9_999 } }, {}, "held"],
    [
      "WA19 a device-bound key where one is wanted",
      { options: { deviceBound: true } },
      {},
      "verified",
    ],
  ])("%s", async (_name, over, statement, expected) => {
    expect(await outcome(over, statement)).toBe(expected);
  });
});

/** The same key under an enrolment that says something else is another entry. */
function enrolmentWith(over: Partial<Bodies["enrolment"]>): Enrolment {
  const body = { ...BODY, ...over };
  return {
    entry: entryOf({ kind: "enrolment", at: AT, subject: null, salt: SALT, body }),
    index: 4,
    body,
  };
}
