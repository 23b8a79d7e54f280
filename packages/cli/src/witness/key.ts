// SPDX-License-Identifier: Apache-2.0
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { GateError } from "@interlock/core";
import { type SignBytes, type VerifierKey, verifierKey } from "@interlock/tlog";
import { readText } from "../files/read.ts";

/** The key with which a witness cosigns. */
export type WitnessKey = { readonly verifier: VerifierKey; readonly sign: SignBytes };

/** The last 32 bytes of the SPKI form are the raw Ed25519 key (RFC 8410 section 4). */
const RAW_KEY_LENGTH = 32;
/** As a key's name may be (c2sp.org/signed-note), and short enough to be read aloud. */
const NAME = /^[^\s+\p{Cc}]{1,200}$/u;

/** Reads an Ed25519 private key in PEM. Throws `GateError`. */
export function readWitnessKey(path: string, name: string): WitnessKey {
  if (!NAME.test(name))
    throw new GateError(
      "USAGE",
      `\`${name}\` is no name of a witness`,
      "use a host name of yours, such as `witness.example.com`",
    );
  const key = privateKeyOf(readText(path), path);
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  const raw = new Uint8Array(spki.subarray(-RAW_KEY_LENGTH));
  return {
    verifier: verifierKey(name, "cosignature", raw),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, key))),
  };
}

function privateKeyOf(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    // What the parser says may quote the key.
    if (!(error instanceof Error)) throw error;
  }
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\` holds no Ed25519 private key`,
    "make one with `interlock witness --new-key`",
  );
}

/** Makes a key that only its owner may read. Throws `GateError` where a file is there already. */
export function makeWitnessKey(path: string): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    throw new GateError(
      "OUTPUT_UNWRITABLE",
      `the key \`${path}\` cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      "name a file that is not there; with another key it would be another witness",
    );
  }
  try {
    writeSync(file, pem);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
