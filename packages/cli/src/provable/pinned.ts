// SPDX-License-Identifier: Apache-2.0
/** Which log, and which of its witnesses, an enforcement point believes: kept beside it, and changed by a person. */
import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { emergencyApi } from "@interlock/protocol";
import { MAX_POLICY_LENGTH, type Policy, parsePolicy, readableName } from "@interlock/tlog";
import { readRoster } from "../emergency/roster.ts";
import { readText } from "../files/read.ts";
import { writeWhole } from "../files/write.ts";
import { rememberedAt } from "../ledger/remembered.ts";
import { asked, type Remote } from "../remote/client.ts";

/** A trust policy (c2sp.org/tlog-policy), for people to read and compare. */
export const TRUST_FILE = "interlock-trust.txt";
/** The newest checkpoint that was seen, as its log signed it. */
export const SEEN_FILE = "interlock-checkpoint";

export type Pinned = {
  readonly policy: Policy;
  /** Said once, by the push that pinned it; `null`: it was there. */
  readonly says: string | null;
};

function trustIn(path: string, content: string): Policy {
  const bytes = new TextEncoder().encode(content);
  const read = bytes.length > MAX_POLICY_LENGTH ? null : parsePolicy(bytes);
  if (read?.ok === true && read.value.logs.length > 0) return read.value;
  const why = read === null ? "it is too long" : read.ok ? "it names no log" : read.failure.message;
  throw new GateError(
    "INPUT_INVALID",
    `\`${path}\` is no trust policy: ${why}`,
    "write it as c2sp.org/tlog-policy says, or get it from whoever runs the server, and pin it with `--trust FILE`",
  );
}

/** The pinned policy, or `null`. Throws `GateError` for one that is damaged: it is never replaced by itself. */
export function pinnedAt(gitDir: string): Policy | null {
  const content = pinnedText(gitDir);
  return content === null ? null : trustIn(join(gitDir, TRUST_FILE), content);
}

/** The same, word for word. */
export function pinnedText(gitDir: string): string | null {
  const path = join(gitDir, TRUST_FILE);
  return existsSync(path) ? readText(path) : null;
}

/** Keeps a trust policy. A checkpoint of a log that it does not know stays as a file of another name. */
export async function pin(gitDir: string, content: string): Promise<Policy> {
  const policy = trustIn("--trust", content);
  const seen = join(gitDir, SEEN_FILE);
  if (existsSync(seen)) {
    try {
      await rememberedAt(seen, policy);
    } catch (error) {
      if (!(error instanceof GateError)) throw error;
      renameSync(seen, `${seen}.before`);
    }
  }
  writeWhole(join(gitDir, TRUST_FILE), content, 0o644);
  return policy;
}

/**
 * The pinned policy; the first time the one that the emergency roster was verified by, or else what
 * the server gives out, which then stays. Throws `GateError` where there is none to be had.
 */
export async function pinnedOrFirst(gitDir: string, remote: Remote): Promise<Pinned> {
  const policy = pinnedAt(gitDir);
  if (policy !== null) return { policy, says: null };
  const roster = readRoster(gitDir);
  const given =
    roster?.server === remote.server
      ? roster.policy
      : (await asked(remote, emergencyApi.emergencyRoster, { query: {} })).policy;
  const note = `# taken from ${remote.server} at ${new Date().toISOString()}: compare it with whoever runs the server\n`;
  const first = await pin(gitDir, `${note}${given}`);
  return {
    policy: first,
    says: `from now on only ${shownTrust(first)} counts here, as \`${remote.server}\` says; compare \`${TRUST_FILE}\` with whoever runs it`,
  };
}

/** One line for people. */
export function shownTrust(policy: Policy): string {
  const logs = policy.logs.map(({ key }) => `\`${key.name}\``).join(", ");
  if (policy.quorum === null) return `the log ${logs}, without witnesses,`;
  const names = policy.witnesses.map((one) => `\`${one.key.name}\``).join(", ");
  return `the log ${logs} with the quorum \`${readableName(policy.quorum)}\` of the witnesses ${names}`;
}
