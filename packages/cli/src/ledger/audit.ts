// SPDX-License-Identifier: Apache-2.0
/** Full audit of a log: every tile and every entry against the checkpoint. */

import { GateError } from "@interlock/core";
import {
  acceptCheckpoint,
  type FetchStored,
  type Policy,
  readEntries,
  type StoredTree,
  type WeighedCheckpoint,
} from "@interlock/tlog";
import type { Progress } from "../output/progress.ts";
import { type Compared, compared, type Remembered } from "./remembered.ts";

export type Finding = {
  readonly step: "checkpoint" | "rollback" | "fork" | "consistency" | "entries";
  readonly state: "ok" | "failed" | "not-shown";
  readonly says: string;
};

export type Audit = {
  readonly verified: boolean;
  readonly findings: readonly Finding[];
  readonly origin: string | null;
  readonly size: number | null;
  /** The checkpoint as it was read, to be remembered; `null` where it was not accepted. */
  readonly checkpoint: Uint8Array | null;
};

export type AuditTerms = {
  readonly fetch: FetchStored;
  readonly policy: Policy;
  /** Checkpoints seen before; the log must continue each of its own. */
  readonly seen: readonly Remembered[];
  /** Milliseconds since 1970 UTC. */
  readonly now: number;
  readonly progress: Progress;
};

/** Throws `GateError` where the log cannot be read at all; what it holds is a finding. */
export async function audit(terms: AuditTerms): Promise<Audit> {
  const { fetch, policy, now } = terms;
  const checkpoint = await fetch("checkpoint");
  if (checkpoint === null)
    throw new GateError(
      "INPUT_UNREADABLE",
      "there is no `checkpoint` below the log's prefix",
      "check `--log`: the URL or the directory below which `checkpoint` and `tile/` lie",
    );
  const weighed = await acceptCheckpoint(policy, checkpoint, { now: Math.floor(now / 1_000) });
  if (!weighed.ok) {
    const says = weighed.failure.message;
    return { ...NOTHING_SHOWN, findings: [{ step: "checkpoint", state: "failed", says }] };
  }
  const { origin, size, root } = weighed.value.checkpoint;
  const findings: Finding[] = [signedBy(weighed.value)];
  const tree: StoredTree = { size, root, fetch };
  for (const seen of terms.seen.filter((s) => s.origin === origin))
    findings.push(compare(size, await compared(tree, seen)));
  for (const seen of terms.seen.filter((s) => s.origin !== origin))
    findings.push(otherLog(seen, origin));
  if (findings.every(({ state }) => state === "ok"))
    findings.push(await everyEntry(tree, terms.progress));
  const verified = findings.every(({ state }) => state === "ok");
  return { verified, findings: [...findings, ...NOT_SHOWN], origin, size, checkpoint };
}

const NOTHING_SHOWN = { verified: false, origin: null, size: null, checkpoint: null };

const signedBy = ({ checkpoint, assurance }: WeighedCheckpoint): Finding => ({
  step: "checkpoint",
  state: "ok",
  says: `the log \`${checkpoint.origin}\` signed a tree of ${checkpoint.size} entries; ${assurance.says}`,
});

/** A log that is older than what was seen, or another, is an alarm and no mere failure. */
function compare(size: number, { seen, is }: Compared): Finding {
  const file = `\`${seen.path}\` (${seen.head.size} entries)`;
  if (!is.ok && seen.head.size > size)
    return {
      step: "rollback",
      state: "failed",
      says: `ALARM: the log shows ${size} entries and ${file} had more, which it no longer has: ${is.failure.message}`,
    };
  if (!is.ok)
    return {
      step: "consistency",
      state: "failed",
      says: `that it continues ${file} could not be shown: ${is.failure.message}`,
    };
  switch (is.value) {
    case "same":
      return { step: "consistency", state: "ok", says: `it is the tree of ${file}` };
    case "grown":
      return { step: "consistency", state: "ok", says: `it begins with all that ${file} had` };
    case "older":
      return {
        step: "rollback",
        state: "failed",
        says: `ALARM: the log shows ${size} entries and ${file} had more: it was rolled back`,
      };
    case "forked":
      return {
        step: "fork",
        state: "failed",
        says: `ALARM: the log signed ${file} and another history: keep both files as evidence`,
      };
  }
}

const otherLog = (seen: Remembered, origin: string): Finding => ({
  step: "consistency",
  state: "failed",
  says: `\`${seen.path}\` is of the log \`${seen.origin}\`, and this is \`${origin}\``,
});

async function everyEntry(tree: StoredTree, progress: Progress): Promise<Finding> {
  let read = 0;
  try {
    for await (const checked of readEntries(tree)) {
      if (!checked.ok) return { step: "entries", state: "failed", says: checked.failure.message };
      read = checked.value.start + checked.value.entries.length;
      progress.at(read, tree.size);
    }
  } finally {
    progress.end();
  }
  return {
    step: "entries",
    state: "ok",
    says: `all ${read} entries, and every tile above them, are those of the checkpoint`,
  };
}

const NOT_SHOWN: readonly Finding[] = [
  {
    step: "entries",
    state: "not-shown",
    says: "what the entries mean, and whether their signatures are good: verify receipts for that",
  },
  {
    step: "checkpoint",
    state: "not-shown",
    says: "that the log has nothing newer than this checkpoint",
  },
];
