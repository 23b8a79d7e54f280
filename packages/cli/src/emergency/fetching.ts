// SPDX-License-Identifier: Apache-2.0
/** Makes a roster from the entries of the ledger, each proven to be in it. */
import { GateError } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import { emergencyApi } from "@interlock/protocol";
import { fromBase64url } from "@interlock/receipt";
import {
  acceptCheckpoint,
  compareHeads,
  leafHash,
  openCheckpoint,
  type Policy,
  parsePolicy,
  proveInclusion,
  type StoredTree,
  tileReader,
  verifyInclusion,
} from "@interlock/tlog";
import { sourceOf } from "../ledger/source.ts";
import { asked, type Remote } from "../remote/client.ts";
import type { EmergencyRoster } from "./roster.ts";

type Sent = ReturnType<typeof emergencyApi.emergencyRoster.answer.parse>;
type SentEntry = NonNullable<Sent["entries"]>[number];

/**
 * The roster as the ledger has it now. `known` is the one from before: its log must continue, under the
 * same founding and the trust policy that was pinned with it. Throws `GateError`.
 */
export async function fetchRoster(
  remote: Remote,
  {
    known,
    policy: given,
  }: { readonly known: EmergencyRoster | null; readonly policy: string | null },
): Promise<EmergencyRoster> {
  const usable = known !== null && known.server === remote.server && given === null ? known : null;
  const query = usable === null ? {} : { known: String(usable.last) };
  const sent = await asked(remote, emergencyApi.emergencyRoster, { query });
  const checkedAt = Date.now();
  if (sent.entries === null && usable !== null) return { ...usable, checkedAt };
  const policy = given ?? usable?.policy ?? sent.policy;
  const trust = trusted(policy);
  const { tree, note } = await treeNow(remote, trust);
  if (usable !== null) await continues(tree, usable, trust);
  const entries = sent.entries ?? [];
  if (entries.some(({ index }) => index >= tree.size))
    throw unproven("its newest entries about people are in no checkpoint yet");
  await proven(tree, entries);
  const folded = await folding(entries);
  if (usable !== null && usable.founding !== folded.founding)
    throw unproven("another organisation was founded there");
  return {
    ...{ version: 1, server: remote.server, policy, checkedAt, last: sent.last, checkpoint: note },
    ...folded,
  };
}

const unproven = (why: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `the roster of the server does not hold: ${why}`,
    "try again; if it stays so, compare with `interlock ledger verify` and tell whoever runs the server",
  );

function trusted(policy: string): Policy {
  const read = parsePolicy(new TextEncoder().encode(policy));
  if (read.ok) return read.value;
  throw unproven(`its trust policy is none: ${read.failure.message}`);
}

async function treeNow(
  { server }: Remote,
  trust: Policy,
): Promise<{ readonly tree: StoredTree; readonly note: string }> {
  const fetch = sourceOf(`${server}/log`);
  const bytes = await fetch("checkpoint");
  if (bytes === null) throw unproven("it publishes no checkpoint");
  const accepted = await acceptCheckpoint(trust, bytes, { now: Math.floor(Date.now() / 1_000) });
  if (!accepted.ok) throw unproven(accepted.failure.message);
  const { size, root } = accepted.value.checkpoint;
  return { tree: { size, root, fetch }, note: new TextDecoder().decode(bytes) };
}

/** A log that went back, or tells another history, makes no roster (LG1). */
async function continues(tree: StoredTree, known: EmergencyRoster, trust: Policy): Promise<void> {
  const before = await openCheckpoint(
    new TextEncoder().encode(known.checkpoint),
    trust.logs.map(({ key }) => key),
  );
  if (!before.ok)
    throw unproven(`the kept checkpoint is of another log: ${before.failure.message}`);
  const { size, root } = before.value.checkpoint;
  const is = await compareHeads(tree, { size, root });
  if (!is.ok) throw unproven(is.failure.message);
  if (is.value !== "same" && is.value !== "grown")
    throw unproven(`its log is ${is.value === "older" ? "older than before" : "another history"}`);
}

async function proven(tree: StoredTree, entries: readonly SentEntry[]): Promise<void> {
  const { hashes } = tileReader(tree);
  const { size, root } = tree;
  for (const { index, leaf } of entries) {
    const bytes = fromBase64url(leaf);
    const proof = await proveInclusion(index, size, hashes);
    if (bytes === null || !proof.ok) throw unproven(`entry ${index} cannot be looked up`);
    const claim = { leafHash: leafHash(bytes), index, size, root, proof: proof.value };
    if (!verifyInclusion(claim).ok) throw unproven(`entry ${index} is not in its log`);
  }
}

/** Signatures under agreements are verified as the server itself does. by (agreed) */
async function folding(
  entries: readonly SentEntry[],
): Promise<Pick<EmergencyRoster, "founding" | "persons" | "keys">> {
  const { fold, NOBODY_YET, peopleEntryIn } = await import("@interlock/server");
  const { entryId, readLeaf } = await import("@interlock/core");
  let roster = NOBODY_YET;
  let founding: string | null = null;
  for (const sent of entries) {
    const leaf = fromBase64url(sent.leaf) ?? new Uint8Array();
    const read = readLeaf(new TextDecoder().decode(leaf));
    if (!read.ok) throw unproven(`entry ${sent.index} is no entry`);
    const { kind } = read.entry;
    const body = bodyOf(sent);
    if (body === null) continue;
    const { index } = sent;
    const item = peopleEntryIn({ index, kind, leaf: Buffer.from(leaf), body });
    if (item === null) continue;
    if (item.kind === "founding") founding ??= entryId(item.entry);
    roster = (await fold(roster, item)).roster;
  }
  if (founding === null) throw unproven("no organisation is founded");
  return {
    founding,
    persons: [...roster.persons.values()].map(({ id, active, accounts }) => ({
      id,
      active,
      accounts,
    })),
    keys: [...roster.emergencyKeys.values()].map(
      ({ person, credential, key, usableFrom, revokedAt }) => ({
        ...{ person, credential, key, usableFrom },
        ...(revokedAt === null ? {} : { revokedAt }),
      }),
    ),
  };
}

/**
 * `null`: erased, which gives nobody anything. `peopleEntryIn` makes the leaf again from the rest: what
 * does not fit is none. by (leaf-binding)
 */
function bodyOf({ salt, body }: SentEntry) {
  const bytes = salt === null ? null : fromBase64url(salt);
  return bytes === null
    ? null
    : ({ kind: "kept", salt: Buffer.from(bytes), text: canonicalJson(body as Json) } as const);
}
