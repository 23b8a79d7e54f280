// SPDX-License-Identifier: Apache-2.0
/** Verifies one entry in this browser: what it says, where it is in the tree, and who signed the tree. */
import {
  type Entry,
  type EntryContent,
  entryOf,
  isEntryKind,
  leafOf,
  readBody,
  readLeaf,
} from "@interlock/core";
import { isDigest } from "@interlock/digest";
import type { EntryShown } from "@interlock/protocol";
import { fromBase64url } from "@interlock/receipt";
import {
  bundlePath,
  compareHeads,
  decodeBundle,
  type FetchStored,
  formatTlogProof,
  leafHash,
  openCheckpoint,
  type Policy,
  parsePolicy,
  proveInclusion,
  type StoredTree,
  TILE_WIDTH,
  tileReader,
  verifyInclusion,
  weighCheckpoint,
} from "@interlock/tlog";

/** A step of a verification; `unchecked`: nothing is wrong, and nothing is shown either. */
export type Step = {
  readonly name: string;
  readonly state: "passed" | "failed" | "unchecked";
  readonly says: string;
};

export type Verification = {
  readonly steps: readonly Step[];
  /** The checkpoint, to be remembered once every step has passed or could not be taken. */
  readonly checkpoint: string | null;
  /** A `.tlog-proof` (c2sp.org/tlog-proof) of the entry. */
  readonly proof: Uint8Array | null;
};

export type Verifying = {
  readonly entry: EntryShown;
  readonly policy: string;
  /** Kept by this browser: the keys that it saw first, and the newest checkpoint that it has verified. */
  readonly kept: { readonly policy: string | null; readonly checkpoint: string | null };
};

const passed = (name: string, says: string): Step => ({ name, state: "passed", says });
const failed = (name: string, says: string): Step => ({ name, state: "failed", says });
const unchecked = (name: string, says: string): Step => ({ name, state: "unchecked", says });

/** Takes every step that can be taken; after a step without which the next says nothing, it ends. */
export async function verifyEntry({ entry, policy, kept }: Verifying): Promise<Verification> {
  const trusted = kept.policy ?? policy;
  const steps: Step[] = [keyStep(policy, kept.policy)];
  const end = (step: Step): Verification => ({
    steps: [...steps, step],
    checkpoint: null,
    proof: null,
  });
  const read = parsePolicy(new TextEncoder().encode(trusted));
  if (!read.ok) return end(failed("keys", read.failure.message));
  const note = await fetchStored("checkpoint");
  if (note === null)
    return end(unchecked("checkpoint", "the log has published no checkpoint yet; ask again soon"));
  const weighed = await weighCheckpoint(read.value, note);
  if (!weighed.ok) return end(failed("checkpoint", weighed.failure.message));
  const { origin, size, root } = weighed.value.checkpoint;
  steps.push(passed("checkpoint", `the log ${origin} signed a tree of ${size} entries`));
  steps.push(witnessStep(weighed.value.cosigned, read.value));
  const tree: StoredTree = { size, root, fetch: fetchStored };
  steps.push(await consistencyStep(tree, kept.checkpoint, read.value));
  if (entry.index >= size)
    return end(unchecked("inclusion", "the entry is durable, and not under a checkpoint yet"));
  const leaf = await leafAt(entry.index, size);
  if (leaf === null) return end(failed("entry", "the log does not show this entry"));
  steps.push(contentStep(entry, leaf));
  const included = await inclusionOf(tree, entry.index, leaf);
  steps.push(included.step);
  const text = new TextDecoder().decode(note);
  const proof =
    included.hashes === null
      ? null
      : formatTlogProof({
          ...{
            untrustedExtra: null,
            index: entry.index,
            hashes: included.hashes,
            checkpoint: note,
          },
        });
  return { steps, checkpoint: steps.some(({ state }) => state === "failed") ? null : text, proof };
}

function keyStep(policy: string, kept: string | null): Step {
  if (kept === null)
    return unchecked(
      "keys",
      "this browser sees the log's keys for the first time and keeps them; compare them with those that your operators printed",
    );
  return kept === policy
    ? passed("keys", "the log's keys are those that this browser saw first")
    : failed("keys", "the server names other keys than those that this browser saw first");
}

function witnessStep(cosigned: readonly { readonly witness: string }[], policy: Policy): Step {
  if (cosigned.length > 0)
    return passed(
      "witnesses",
      `cosigned by ${cosigned.length} of ${policy.witnesses.length}: ${cosigned.map(({ witness }) => witness).join(", ")}`,
    );
  return unchecked(
    "witnesses",
    policy.witnesses.length === 0
      ? "no witness is set up: tamper-evident to anyone holding an older checkpoint; a split view is not excluded"
      : "no witness has cosigned this checkpoint yet: a split view is not excluded",
  );
}

async function consistencyStep(
  tree: StoredTree,
  kept: string | null,
  policy: Policy,
): Promise<Step> {
  const name = "consistency";
  if (kept === null)
    return unchecked(
      name,
      "this browser has verified no checkpoint of this log before; it keeps this one",
    );
  const seen = await openCheckpoint(
    new TextEncoder().encode(kept),
    policy.logs.map(({ key }) => key),
  );
  if (!seen.ok)
    return failed(name, `the checkpoint that this browser kept: ${seen.failure.message}`);
  const { size, root } = seen.value.checkpoint;
  const is = await compareHeads(tree, { size, root });
  if (!is.ok) return failed(name, `it could not be shown: ${is.failure.message}`);
  if (is.value === "same") return passed(name, "it is the tree that this browser saw last");
  if (is.value === "grown")
    return passed(name, `it begins with the ${size} entries that this browser saw last`);
  return failed(
    name,
    is.value === "older"
      ? `the log shows ${tree.size} entries and had ${size} when this browser looked last: it was rolled back`
      : "the log signed another history than the one that this browser saw last",
  );
}

/** That the content shown here is what the leaf commits to. */
function contentStep(entry: EntryShown, leaf: Uint8Array): Step {
  const name = "entry";
  const read = readLeaf(new TextDecoder().decode(leaf));
  if (!read.ok) return failed(name, "its leaf cannot be read");
  if (entry.salt === null)
    return sameHead(entry, read.entry)
      ? unchecked(name, "what it says was erased; kind and time are those of the leaf")
      : failed(name, "its kind or time is not that of the leaf");
  const made = madeAgain(entry);
  if (typeof made === "string") return failed(name, made);
  const bytes = leafOf(made);
  return bytes.length === leaf.length && bytes.every((byte, at) => byte === leaf[at])
    ? passed(name, "its leaf, made again from what is shown, is the one in the log")
    : failed(name, "its leaf, made again from what is shown, is not the one in the log");
}

const sameHead = ({ kind, at }: EntryShown, leaf: Entry): boolean =>
  kind === leaf.kind && at === leaf.at;

function madeAgain({ kind, at, digest, salt, body }: EntryShown): Entry | string {
  const bytes = salt === null ? null : fromBase64url(salt);
  if (bytes?.length !== 32) return "its salt is none";
  if (!isEntryKind(kind)) return `this page does not know entries of the kind ${kind}`;
  const read = readBody(kind, body);
  if (!read.ok) return "what it says has not the form of its kind";
  const subject = digest !== null && isDigest(digest) ? digest : null;
  // One kind goes in and its own body with it; the compiler cannot follow that through the union.
  const content = { kind, at, subject, salt: bytes, body: read.body } as unknown as EntryContent;
  return entryOf(content);
}

async function inclusionOf(tree: StoredTree, index: number, leaf: Uint8Array) {
  const name = "inclusion";
  const hashes = await proveInclusion(index, tree.size, tileReader(tree).hashes);
  if (!hashes.ok) return { step: failed(name, hashes.failure.message), hashes: null };
  const { size, root } = tree;
  const proof = hashes.value;
  const included = verifyInclusion({ leafHash: leafHash(leaf), index, size, root, proof });
  return included.ok
    ? {
        step: passed(
          name,
          `entry ${index} is in the tree, by ${proof.length} hashes up to its root`,
        ),
        hashes: proof,
      }
    : { step: failed(name, included.failure.message), hashes: null };
}

async function leafAt(index: number, size: number): Promise<Uint8Array | null> {
  const bundle = Math.floor(index / TILE_WIDTH);
  const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH);
  const bytes = await fetchStored(bundlePath({ index: bundle, width }));
  const leaves = bytes === null ? null : decodeBundle(bytes, width);
  return leaves?.ok === true ? (leaves.value[index % TILE_WIDTH] ?? null) : null;
}

/** The files of the log, as anybody reads them. */
const fetchStored: FetchStored = async (path) => {
  const response = await fetch(`/log/${path}`, { redirect: "error" });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the log answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};
