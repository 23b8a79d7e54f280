/** What an enforcement point keeps of a log that witnesses cosign later than it is asked for. */
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Entry, entryId, leafOf } from "@interlock/core";
import { digestOf } from "@interlock/digest";
import {
  cosign,
  formatNote,
  formatVerifierKey,
  parseNote,
  parsePolicy,
  verifierKey,
} from "@interlock/tlog";
import { expect, it } from "vitest";
import { lookFor } from "../src/provable/look.ts";
import { SEEN_FILE } from "../src/provable/pinned.ts";
import { entriesOf, grow, LOG, newLog } from "./log-files.ts";
import { folder } from "./scratch.ts";

const NAME = "witness.example.com";
const utf8 = (text: string) => new TextEncoder().encode(text);

function witness() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  const key = verifierKey(NAME, "cosignature", new Uint8Array(raw));
  const signs = (bytes: Uint8Array) =>
    Promise.resolve(new Uint8Array(sign(null, bytes, privateKey)));
  const cosigned = async (checkpoint: Uint8Array): Promise<Uint8Array> => {
    const note = parseNote(checkpoint);
    if (!note.ok) throw new Error(note.failure.message);
    const { text, signatures } = note.value;
    const second = await cosign(text, key, Math.floor(Date.now() / 1_000), signs);
    return formatNote({ text, signatures: [...signatures, second] });
  };
  return { key, cosigned };
}

it("LG17 a checkpoint is kept with the cosignatures that made it provable, whenever they come", async () => {
  const { key, cosigned } = witness();
  const lines = [
    `log ${formatVerifierKey(LOG.key)}`,
    `witness w ${formatVerifierKey(key)}`,
    "quorum w",
  ];
  const policy = parsePolicy(utf8(`${lines.join("\n")}\n`));
  if (!policy.ok) throw new Error(policy.failure.message);
  const subject = digestOf("interlock/test/v1", "a change");
  const decision: Entry = { entry: 1, kind: "decision", at: 1, subject, body: subject };
  const log = newLog();
  const bare = await grow(log, [leafOf(decision), ...entriesOf(3, "later")]);
  const full = await cosigned(bare);
  const gitDir = folder();
  const look = (checkpoint: Uint8Array) =>
    lookFor(
      { index: 0, entry: entryId(decision), digest: subject },
      {
        ...{ gitDir, policy: policy.value },
        fetch: (path) =>
          Promise.resolve(path === "checkpoint" ? checkpoint : (log.files.get(path) ?? null)),
      },
    );
  const kept = () => readFileSync(join(gitDir, SEEN_FILE), "utf8").includes(`— ${NAME} `);

  expect([await look(bare), kept()]).toMatchObject([{ kind: "unwitnessed" }, false]);
  expect([await look(full), kept()]).toMatchObject([{ kind: "provable", witnesses: [NAME] }, true]);
  expect([await look(bare), kept()]).toMatchObject([{ kind: "unwitnessed" }, true]);
});
