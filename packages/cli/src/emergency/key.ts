// SPDX-License-Identifier: Apache-2.0
/** A person's emergency key: a file on their own machine, of use to nobody without its passphrase. */
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scryptSync,
  sign,
} from "node:crypto";
import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type EmergencyStatement,
  emergencyMessage,
  GateError,
  type Infer,
  int,
  object,
  problemsOf,
  text,
} from "@interlock/core";
import { emergencyKeyId, formatEmergency, fromBase64url } from "@interlock/receipt";
import { readText } from "../files/read.ts";
import { writeWhole } from "../files/write.ts";
import { loginsFile } from "../remote/logins.ts";

const KEY_FILE = object({
  version: int(1, 1),
  server: text({ max: 2_000 }),
  person: text({ max: 200 }),
  key: text({ max: 43, form: "32-bytes" }),
  /** Of scrypt (RFC 7914), whose result is the passphrase of the PKCS #8 below. */
  salt: text({ max: 43, form: "32-bytes" }),
  privateKey: text({ max: 4_000 }),
});
export type KeyFile = Infer<typeof KEY_FILE>;

export const PASSPHRASE_MIN = 12;
/** N of the OWASP Password Storage Cheat Sheet, with r = 8, p = 1: 128 MiB a guess. */
const SCRYPT = { N: 1 << 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const CIPHER = "aes-256-cbc";

type Environment = Readonly<Record<string, string | undefined>>;
export const keyPath = (env: Environment): string =>
  join(dirname(loginsFile(env)), "emergency-key.json");
export const journalPath = (env: Environment): string =>
  join(dirname(loginsFile(env)), "emergency-journal.jsonl");

const stretched = (passphrase: string, salt: Uint8Array): string =>
  scryptSync(passphrase.normalize("NFC"), salt, 32, SCRYPT).toString("hex");

/** Makes a key and writes it; one that is there is never replaced. Throws `GateError`. */
export function makeKey(
  path: string,
  owner: { readonly server: string; readonly person: string },
  passphrase: string,
): KeyFile {
  if (existsSync(path))
    throw new GateError(
      "INPUT_INVALID",
      `there is an emergency key in \`${path}\` already`,
      "use it, or revoke it in the browser and move the file away",
    );
  if ([...passphrase].length < PASSPHRASE_MIN)
    throw new GateError(
      "INPUT_INVALID",
      `the passphrase has fewer than ${PASSPHRASE_MIN} characters`,
      "take a longer one, such as five words",
    );
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const salt = randomBytes(32);
  const file: KeyFile = {
    ...{ version: 1, ...owner },
    key: publicKey.export({ format: "jwk" }).x ?? "",
    salt: salt.toString("base64url"),
    privateKey: privateKey.export({
      ...{ type: "pkcs8", format: "pem", cipher: CIPHER },
      passphrase: stretched(passphrase, salt),
    }) as string, // PEM is text
  };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeWhole(path, `${JSON.stringify(file, null, 2)}\n`, 0o600);
  return file;
}

/** Reads a key file that only its owner may read. Throws `GateError`. */
export function readKey(path: string): KeyFile {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new GateError(
      "INPUT_UNREADABLE",
      `there is no emergency key in \`${path}\``,
      "make one while all is well: `interlock emergency enrol`",
    );
  if (!stat.isFile() || (process.getuid !== undefined && (stat.mode & 0o077) !== 0))
    throw new GateError("INPUT_INVALID", `others may read \`${path}\``, `chmod 600 ${path}`);
  const raw = parsed(readText(path));
  const problem = problemsOf(KEY_FILE, raw, "no such field of a key file")[0];
  if (problem === undefined) return raw as KeyFile; // the walk above has checked every field
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\` is no emergency key: \`${problem.path}\`: ${problem.message}`,
    "take the copy that you kept, or enrol another one",
  );
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Unlocks the key. Throws `GateError` for a passphrase that does not fit. */
export function unlocked(file: KeyFile, passphrase: string): KeyObject {
  const salt = fromBase64url(file.salt) ?? new Uint8Array();
  try {
    return createPrivateKey({ key: file.privateKey, passphrase: stretched(passphrase, salt) });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new GateError(
      "INPUT_INVALID",
      "the passphrase does not open the emergency key",
      "try again; nobody can recover it, so enrol another key if it is lost",
    );
  }
}

export const keyIdOf = ({ key }: KeyFile): string =>
  emergencyKeyId(fromBase64url(key) ?? new Uint8Array());

/** The statement, signed, as a line to hand on. */
export const signedLine = (statement: EmergencyStatement, key: KeyObject): string =>
  formatEmergency({ statement, signature: sign(null, emergencyMessage(statement), key) });
