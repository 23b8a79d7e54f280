// SPDX-License-Identifier: Apache-2.0
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { GateError } from "@interlock/core";
import { type SignBytes, type VerifierKey, verifierKey } from "@interlock/tlog";

/** The key that signs checkpoints; its name is the log's origin. */
export type LogKey = { readonly verifier: VerifierKey; readonly sign: SignBytes };

/** The last 32 bytes of the SPKI form are the raw Ed25519 key (RFC 8410 section 4). */
const RAW_KEY_LENGTH = 32;

/**
 * Opens the key file, or makes one where there is none. Two servers that start at once agree on the
 * first: the file is created exclusively, and whoever comes second reads it.
 */
export function openLogKey(path: string, origin: string): LogKey {
  const pem = readIfThere(path) ?? createKey(path) ?? readIfThere(path);
  if (pem === null)
    throw new GateError(
      "LEDGER_KEY",
      `the key \`${path}\` went away while it was read`,
      "start again",
    );
  return logKey(privateKeyOf(pem, path), origin);
}

/** Opens a key file that somebody named: one made in its place would be another log under its name. */
export function readLogKey(path: string, origin: string): LogKey {
  let pem: string | null;
  try {
    pem = readIfThere(path);
  } catch (error) {
    throw noKey(path, error instanceof Error ? error.message : String(error));
  }
  if (pem === null) throw noKey(path, "there is no such file");
  return logKey(privateKeyOf(pem, path), origin);
}

const noKey = (path: string, because: string): GateError =>
  new GateError(
    "LEDGER_KEY",
    `the log's key \`${path}\` cannot be read: ${because}`,
    "put it there, readable for the server; for a log that is new make one with `openssl genpkey -algorithm ed25519`",
  );

/** The key of a log from an Ed25519 private key. */
export function logKey(key: KeyObject, origin: string): LogKey {
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    verifier: verifierKey(origin, "ed25519", new Uint8Array(spki.subarray(-RAW_KEY_LENGTH))),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, key))),
  };
}

function privateKeyOf(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
  throw new GateError(
    "LEDGER_KEY",
    `\`${path}\` holds no Ed25519 private key`,
    "put the key of this log back from its backup; with another key it would be another log",
  );
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** `null`: somebody else was first. Only the owner may read it. */
function createKey(path: string): string | null {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  let file: number;
  try {
    file = openSync(path, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return null;
    throw error;
  }
  try {
    writeSync(file, pem);
    // A checkpoint may be signed a moment later: a key that is lost with the power is a lost log.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return pem;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : null;
