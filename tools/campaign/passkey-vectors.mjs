// SPDX-License-Identifier: Apache-2.0
// `npm run campaign:passkeys -- WEBAUTHN WYCHEPROOF`: every published vector against our verifier.
// WEBAUTHN is a checkout of w3c/webauthn (its index.bs holds the vectors), WYCHEPROOF one of
// C2SP/wycheproof. Neither is part of this repository.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../packages/digest/dist/index.js";
import { attempt } from "../../packages/receipt/dist/refusal.js";
import { verifyAssertion } from "../../packages/receipt/dist/webauthn/assertion.js";
import { readPublicKey } from "../../packages/receipt/dist/webauthn/cose.js";
import { verifyRegistration } from "../../packages/receipt/dist/webauthn/registration.js";
import { verifySignature } from "../../packages/receipt/dist/webauthn/signature.js";
import { encodeCbor } from "../../packages/testkit/dist/index.js";

const fromHex = (hex) => new Uint8Array(Buffer.from(hex, "hex"));
const SITE = { rpId: "example.org", origins: ["https://example.org"] };

/** Algorithms and frames that we refuse on purpose; everything else must verify. */
const REFUSED = [
  [/ES384|ES512|Ed448/, "key-not-allowed"],
  [/crossOrigin|topOrigin/, "cross-origin"],
];

function vectorsIn(text) {
  const sections = text.slice(text.indexOf("# Test Vectors #")).split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const blocks = [...section.matchAll(/<xmp[^>]*>([\s\S]*?)<\/xmp>/g)].map(([, b = ""]) =>
      Object.fromEntries([...b.matchAll(/^(\w+) = h'([0-9a-f]*)'/gm)].map(([, k, v]) => [k, v])),
    );
    const [registration, authentication] = blocks;
    const name = section.slice(0, section.indexOf(" ##"));
    return registration?.attestationObject !== undefined && authentication?.signature !== undefined
      ? [{ name, registration, authentication }]
      : [];
  });
}

/** Vectors clear UV at random; with the flag cleared we must refuse, and with a right one verify. */
function expectedOf(name, flags) {
  const deliberate = REFUSED.find(([pattern]) => pattern.test(name));
  if (deliberate?.[1] === "cross-origin") return "cross-origin";
  if ((flags & 0x04) === 0) return "user-not-verified";
  return deliberate?.[1] ?? "verified";
}

async function webauthn(folder) {
  const vectors = vectorsIn(readFileSync(join(folder, "index.bs"), "utf8"));
  const wrong = [];
  const counts = new Map();
  const count = (what) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const { name, registration, authentication } of vectors) {
    const authData = authDataOf(registration.attestationObject);
    const made = await verifyRegistration(
      {
        credentialId: fromHex(registration.credential_id),
        clientDataJson: fromHex(registration.clientDataJSON),
        attestationObject: fromHex(registration.attestationObject),
      },
      { ...SITE, challenge: fromHex(registration.challenge) },
    );
    const first = made.kind === "verified" ? "verified" : made.refusal.code;
    if (first !== expectedOf(name, authData[32])) wrong.push(`${name}, registration: ${first}`);
    count(`registration ${first}`);
    const used = fromHex(authentication.authenticatorData);
    const verdict = await verifyAssertion(
      {
        credentialId: fromHex(registration.credential_id),
        clientDataJson: fromHex(authentication.clientDataJSON),
        authenticatorData: used,
        signature: fromHex(authentication.signature),
        userHandle: null,
      },
      enrolmentOf(authData, registration),
      { ...SITE, challenge: fromHex(authentication.challenge), person: "ana", deviceBound: false },
    );
    const second = verdict.kind === "refused" ? verdict.refusal.code : verdict.kind;
    if (second !== expectedOf(name, used[32])) wrong.push(`${name}, authentication: ${second}`);
    count(`authentication ${second}`);
    // Whatever the flags and the frame, the signature itself is right where the algorithm is ours.
    const message = Buffer.concat([used, sha256(fromHex(authentication.clientDataJSON))]);
    const signature = fromHex(authentication.signature);
    const { publicKey } = enrolmentOf(authData, registration);
    const signed = await outcomeOf(publicKey, message, signature);
    const ours = /ES384|ES512|Ed448/.test(name) ? "key-not-allowed" : "accepted";
    if (signed !== ours) wrong.push(`${name}, signature: ${signed}`);
    count(`signature ${signed}`);
  }
  report(`WebAuthn: ${vectors.length} pairs`, counts, wrong);
  return wrong.length === 0 && vectors.length > 0;
}

async function outcomeOf(coseKey, message, signature) {
  const got = await attempt(() => verifySignature(readPublicKey(coseKey), message, signature));
  return got.ok ? "accepted" : got.refusal.code;
}

/** Found by its own header, not by our reader. */
function authDataOf(attestationObject) {
  const marker = Buffer.from("hauthData");
  const bytes = fromHex(attestationObject);
  const at = Buffer.from(bytes).indexOf(marker) + marker.length;
  return bytes[at] === 0x58 ? bytes.slice(at + 2) : bytes.slice(at + 3);
}

function enrolmentOf(authData, registration) {
  const credentialId = fromHex(registration.credential_id);
  const publicKey = authData.slice(55 + credentialId.length);
  return {
    person: "ana",
    credentialId,
    publicKey,
    userHandle: new Uint8Array(),
    backupEligible: (authData[32] & 0x08) !== 0,
    signCount: 0,
  };
}

/** The three files of signatures as WebAuthn uses them, and how their keys are written in COSE. */
const FILES = [
  [
    "ecdsa_secp256r1_sha256_test.json",
    ({ publicKey: k }) => {
      const point = fromHex(k.uncompressed);
      return [
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, point.slice(1, 33)],
        [-3, point.slice(33)],
      ];
    },
  ],
  [
    "ed25519_test.json",
    ({ publicKey: k }) => [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, fromHex(k.pk)],
    ],
  ],
  [
    "rsa_signature_2048_sha256_test.json",
    ({ publicKey: k }) => [
      [1, 3],
      [3, -257],
      [-1, fromHex(k.modulus.replace(/^00/, ""))],
      [-2, fromHex(k.publicExponent.length % 2 === 0 ? k.publicExponent : `0${k.publicExponent}`)],
    ],
  ],
];

async function wycheproof(folder) {
  let fine = true;
  for (const [file, toCose] of FILES) {
    const { testGroups } = JSON.parse(readFileSync(join(folder, "testvectors_v1", file), "utf8"));
    const counts = new Map();
    const wrong = [];
    for (const group of testGroups)
      for (const vector of group.tests) {
        const key = encodeCbor(new Map(toCose(group)));
        const code = await outcomeOf(key, fromHex(vector.msg), fromHex(vector.sig));
        counts.set(`${vector.result}: ${code}`, (counts.get(`${vector.result}: ${code}`) ?? 0) + 1);
        // A key outside the allow-list is refused whatever its signatures are worth.
        const allowed = vector.result === "valid" ? ["accepted", "key-not-allowed"] : [];
        const right = vector.result === "valid" ? allowed.includes(code) : code !== "accepted";
        if (!right) wrong.push(`${file} ${vector.tcId} (${vector.comment}): ${code}`);
      }
    report(`Wycheproof ${file}`, counts, wrong);
    fine &&= wrong.length === 0;
  }
  return fine;
}

function report(title, counts, wrong) {
  process.stdout.write(`${title}\n`);
  for (const [what, number] of [...counts].sort()) process.stdout.write(`  ${number} ${what}\n`);
  for (const line of wrong) process.stdout.write(`  WRONG ${line}\n`);
}

const [specification = "", vectors = ""] = process.argv.slice(2);
if (!existsSync(join(specification, "index.bs")) || !existsSync(join(vectors, "testvectors_v1"))) {
  process.stderr.write(
    "error: two folders are needed: checkouts of w3c/webauthn and of C2SP/wycheproof\n" +
      "  help: npm run campaign:passkeys -- ../webauthn ../wycheproof\n",
  );
  process.exit(64);
}
const results = [await webauthn(specification), await wycheproof(vectors)];
process.exit(results.every(Boolean) ? 0 : 1);
