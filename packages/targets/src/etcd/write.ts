// SPDX-License-Identifier: Apache-2.0
/**
 * A batch is one transaction: it compares the fence, the idempotency key and the revision of every
 * item, and etcd applies all of it or nothing. Where a comparison fails, the same transaction answers
 * what stood there, so that the reason is of the very moment.
 */
import type { Json } from "@interlock/digest";
import { overLimit } from "../limits.ts";
import type { Batch, Held, TargetFailure, WriteOutcome } from "../target.ts";
import type { Called, Gateway } from "./gateway.ts";
import { doneKey, fenceKey } from "./layout.ts";
import type { Leases } from "./lease.ts";
import type { Known } from "./read.ts";
import type { EtcdSettings } from "./settings.ts";
import {
  base64,
  etcdAway,
  etcdDamaged,
  failureOf,
  fenceIn,
  overBook,
  rangeOf,
  revisionOf,
  singlesOf,
} from "./wire.ts";

/** How often a batch is sent again because another fence stood there than was known. */
const TRIES = 8;
/** Of the message around each operation: its comparison, the range that tells why, tags and lengths. */
const BYTES_EACH = 96;
/** No key has this revision. */
const NEVER = "-1";
const NO_LEASE = "etcdserver: requested lease not found";

export type Written = {
  readonly outcome: WriteOutcome;
  /** Of the cell's book afterwards, where it was learned. */
  readonly known: Known | null;
};

export async function writeCell(
  { gateway, leases, settings, prefix }: Parts,
  batch: Batch,
  guess: Known,
): Promise<Written> {
  const keys = batch.items.map(({ key }) => key);
  const failure = overLimit(batch) ?? overBook(keys) ?? overEtcdLimit(settings, batch, prefix);
  if (failure !== null) return ended({ kind: "refused", failure });
  let known = guess;
  for (let tries = 0; tries < TRIES; tries++) {
    const lease = await leases.current();
    if (lease.kind !== "ok") return ended(stopped(lease.called));
    const txn = transactionOf(batch, { prefix, known, lease: lease.id });
    const called = await gateway.call("/v3/kv/txn", txn, false);
    if (called.kind === "no" && called.message === NO_LEASE) {
      leases.forget(lease.id);
      continue;
    }
    if (called.kind !== "ok") return ended(stopped(called));
    const judged = judge(called.body, batch, known);
    if (judged.outcome !== null) return { outcome: judged.outcome, known: judged.known };
    known = judged.known;
  }
  return ended({
    kind: "away",
    failure: etcdAway("the cell's fence or our lease changes all the time"),
  });
}

type Parts = {
  readonly gateway: Gateway;
  readonly leases: Leases;
  readonly settings: EtcdSettings;
  readonly prefix: string;
};

const ended = (outcome: WriteOutcome): Written => ({ outcome, known: null });

function stopped(called: Exclude<Called, { kind: "ok" }>): WriteOutcome {
  const failure = failureOf(called);
  if (called.kind === "no") return { kind: "refused", failure };
  return { kind: called.kind === "away" ? "away" : "unknown", failure };
}

/** etcd would refuse it as well, but not before it has travelled. */
function overEtcdLimit(settings: EtcdSettings, batch: Batch, prefix: string): TargetFailure | null {
  const most = settings.txnOps - 2;
  if (batch.items.length > most)
    return {
      code: "TARGET_LIMIT",
      message: `a batch of ${batch.items.length} keys, etcd takes ${most} in a transaction beside our two`,
      help: "write fewer keys at once, or raise `--max-txn-ops` of etcd and `txnOps` here",
    };
  const names = batch.items.map(({ key }) => 3 * Buffer.byteLength(prefix + key) + BYTES_EACH);
  const values = batch.items.map(({ value }) => value?.length ?? 0);
  const book = 3 * (Buffer.byteLength(doneKey(prefix, batch.idempotencyKey)) + BYTES_EACH) * 2;
  const bytes = [...names, ...values].reduce((sum, size) => sum + size, book);
  if (bytes <= settings.requestBytes) return null;
  return {
    code: "TARGET_LIMIT",
    message: `a batch of about ${bytes} bytes, etcd takes ${settings.requestBytes} in a request`,
    help: "write fewer keys at once, or raise `--max-request-bytes` of etcd and `requestBytes` here",
  };
}

type Book = { readonly prefix: string; readonly known: Known; readonly lease: string };

function transactionOf(batch: Batch, { prefix, known, lease }: Book): Json {
  const fence = fenceKey(prefix);
  const done = doneKey(prefix, batch.idempotencyKey);
  const isNewFence = known.revision === null || batch.fence > known.fence;
  return {
    compare: [
      comparing(done, null),
      // A larger fence that still stands there must stop it, so then nothing may equal what is known.
      comparing(fence, known.fence > batch.fence ? NEVER : known.revision),
      ...batch.items.map(({ key, over }) => comparing(prefix + key, over)),
    ],
    success: [
      putting(done, "", { lease }),
      ...(isNewFence ? [putting(fence, String(batch.fence))] : []),
      ...batch.items.map(({ key, value }) =>
        value === null
          ? { request_delete_range: { key: base64(prefix + key) } }
          : putting(prefix + key, value),
      ),
    ],
    failure: [
      { request_range: rangeOf(done, { keys_only: true }) },
      { request_range: rangeOf(fence) },
      ...batch.items.map(({ key }) => ({
        request_range: rangeOf(prefix + key, { keys_only: true }),
      })),
    ],
  };
}

/** A revision is a positive number; what is none was never read here. That of an absent key is 0. */
const revisionIn = (version: string | null): string =>
  version === null ? "0" : /^[1-9]\d{0,17}$/.test(version) ? version : NEVER;

const comparing = (path: string, version: string | null): Json => ({
  key: base64(path),
  target: "MOD",
  result: "EQUAL",
  mod_revision: revisionIn(version),
});

const putting = (
  path: string,
  value: string | Uint8Array,
  more: Record<string, Json> = {},
): Json => ({ request_put: { key: base64(path), value: base64(value), ...more } });

type Judged = { readonly outcome: WriteOutcome | null; readonly known: Known };

/** `null` as the outcome: only the fence was another than was known, so it is worth another try. */
function judge(body: Json, batch: Batch, known: Known): Judged {
  if (succeeded(body)) {
    const isNewFence = known.revision === null || batch.fence > known.fence;
    const after = isNewFence ? { revision: revisionOf(body), fence: batch.fence } : known;
    return { outcome: { kind: "written" }, known: after };
  }
  const singles = singlesOf(body);
  if (singles === null || singles.length !== batch.items.length + 2)
    // A transaction that is understood only in half may have been applied.
    return { outcome: { kind: "unknown", failure: etcdDamaged("an answer to a write") }, known };
  const [done, fenceHeld, ...items] = singles;
  const fence = fenceIn(fenceHeld ?? null);
  if (fence === null) return { outcome: refusedFor(`the fence of \`${batch.cell}\``), known };
  const now = { revision: fenceHeld?.version ?? null, fence };
  if (done !== null) return { outcome: { kind: "already" }, known: now };
  if (fence > batch.fence) return { outcome: { kind: "fenced", fence }, known: now };
  const keys = conflictsOf(batch, items);
  if (keys.length > 0) return { outcome: { kind: "conflict", keys, done: [] }, known: now };
  return { outcome: null, known: now };
}

function conflictsOf(batch: Batch, items: readonly (Held | null)[]): readonly string[] {
  return batch.items
    .filter(({ over }, index) => (items[index]?.version ?? null) !== over)
    .map(({ key }) => key);
}

const refusedFor = (what: string): WriteOutcome => ({
  kind: "refused",
  failure: etcdDamaged(what),
});

function succeeded(body: Json): boolean {
  return (
    typeof body === "object" && body !== null && "succeeded" in body && body.succeeded === true
  );
}
