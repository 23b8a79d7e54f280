// SPDX-License-Identifier: Apache-2.0
/** Two made-up people sign a made-up change of a scratch copy, and the hook there looks at it. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { EmergencyStatement } from "@interlock/core";
import { emergencyKeyId, fromBase64url } from "@interlock/receipt";
import { signedLine } from "../emergency/key.ts";
import { keepRoster } from "../emergency/roster.ts";
import { toSign } from "../emergency/signing.ts";

export const REHEARSER = "rehearsal@localhost";
const SIGNERS = ["rehearsal-one", "rehearsal-two"] as const;
const MINUTES = 5;

type Signer = { readonly person: string; readonly key: string; readonly secret: KeyObject };

/** Gives a copy a roster of its own; what it returns signs for these people, and for no real repository. */
export function rehearsing(bare: string, server: string) {
  const signers = SIGNERS.map((person): Signer => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    return { person, key: publicKey.export({ format: "jwk" }).x ?? "", secret: privateKey };
  });
  keepRoster(bare, {
    ...{ version: 1, server, policy: "quorum none\n", founding: "0".repeat(64) },
    ...{ checkedAt: Date.now(), last: 0, checkpoint: "" },
    persons: [
      ...signers.map(({ person }) => ({ id: person, active: true, accounts: [] })),
      // Somebody wrote and pushed it, and is known: nobody may sign what an unknown person wrote.
      { id: "rehearsal", active: true, accounts: [`email:${REHEARSER}`] },
    ],
    keys: signers.map(({ person, key }) => ({
      ...{ person, key, credential: idOf(key), usableFrom: 0 },
    })),
  });
  return async (repo: string, range: string, ref: string): Promise<readonly string[]> => {
    const wanted = { range, ref, reason: "a rehearsal", incident: "rehearsal", minutes: MINUTES };
    const lines: string[] = [];
    for (const { person, key, secret } of signers) {
      const file = { ...{ version: 1, server, person, key }, salt: key, privateKey: "" };
      const { statement } = await toSign(repo, file, wanted);
      lines.push(signedLine(statement satisfies EmergencyStatement, secret));
    }
    return lines;
  };
}

const idOf = (key: string): string => emergencyKeyId(fromBase64url(key) ?? new Uint8Array());
