// SPDX-License-Identifier: Apache-2.0
/** The ledger of a server on both engines: durable entries, checkpoints, proofs, refusal to fork. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  headFile,
  type LedgerFailure,
  type LogKey,
  logKey,
  openLedger,
  prepare,
} from "@interlock/server";
import { latestCheckpoint, ledgerSize, type Store } from "@interlock/store";
import { ENGINES, opened } from "@interlock/testkit";
import {
  formatVerifierKey,
  openCheckpoint,
  parsePolicy,
  verifierKey,
  verifyTlogProof,
} from "@interlock/tlog";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";

const AT = 1_772_712_000_000;
/** Far beyond what it takes; only what hangs meets it. */
const PATIENCE = { timeout: 60_000, interval: 5 };
const ORIGIN = "log.example.com/interlock";
const KEY = logKey(generateKeyPairSync("ed25519").privateKey, ORIGIN);
const TRUST = policyText();

function policyText() {
  const text = `log ${formatVerifierKey(KEY.verifier)}\nquorum none\n`;
  const policy = parsePolicy(new TextEncoder().encode(text));
  if (!policy.ok) throw new Error(policy.failure.message);
  return policy.value;
}

/** Some entry; the number tells it apart. */
const entry = (n: number) =>
  prepare({
    kind: "revocation",
    at: AT + n,
    subject: null,
    body: { person: "ana", credential: "AAAA", reason: `reason ${n}`, by: ["ana"] },
  });

function headPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-head-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "head");
}

type Given = {
  readonly store: Store;
  readonly head: string;
  readonly failures?: LedgerFailure[];
  readonly key?: LogKey;
};

const start = ({ store, head, failures = [], key = KEY }: Given) =>
  openLedger({
    ...{ store, key, memory: headFile(head), witnesses: [], periodMs: 5 },
    now: () => AT,
    fetch: () => Promise.reject(new Error("no witness is asked")),
    onFailure: (failure) => failures.push(failure),
  });

describe.each(ENGINES)("on $name", ({ home }) => {
  let place: Awaited<ReturnType<typeof home>>;
  beforeAll(async () => {
    place = await home();
  });
  afterAll(() => place.remove());

  const fresh = async () => {
    const own = await home();
    const store = await opened(own.place);
    onTestFinished(async () => {
      await store.close();
      own.remove();
    });
    return store;
  };

  it("P2 every entry has a proof that verifies offline from its leaf alone", async () => {
    const store = await fresh();
    const ledger = start({ store, head: headPath() });
    const entries = Array.from({ length: 300 }, (_, n) => entry(n));
    const appended = await Promise.all(entries.map((one) => ledger.appendSoon([one])));
    const indexes = appended.map((one) => (one.kind === "committed" ? one.value[0] : -1));
    expect([...indexes].sort((a, b) => Number(a) - Number(b))).toEqual(entries.map((_, n) => n));
    const published = await ledger.published(299, 120_000);
    expect(published).toMatchObject({ ok: true, value: { size: 300 } });
    for (const n of [0, 1, 255, 256, 299]) {
      const proof = await ledger.proof(Number(indexes[n]));
      if (!proof.ok) throw new Error(proof.failure.message);
      const leaf = entries[n]?.entry.leaf ?? new Uint8Array();
      expect(await verifyTlogProof(leaf, proof.value, TRUST)).toMatchObject({ ok: true });
      const other = entry(1_000).entry.leaf;
      expect(await verifyTlogProof(other, proof.value, TRUST)).toMatchObject({ ok: false });
    }
    await ledger.close();
  });

  it("publishes a signed checkpoint of the empty log", async () => {
    const store = await fresh();
    const ledger = start({ store, head: headPath() });
    await ledger.close();
    const checkpoint = await latestCheckpoint(store.db);
    const bytes = new TextEncoder().encode(checkpoint?.note ?? "");
    const signed = await openCheckpoint(bytes, [KEY.verifier]);
    expect(signed).toMatchObject({ ok: true, value: { checkpoint: { origin: ORIGIN, size: 0 } } });
  });

  it("goes on where it stopped, and P3 every checkpoint continues the one before", async () => {
    const store = await fresh();
    const head = headPath();
    for (const run of [0, 1, 2]) {
      const ledger = start({ store, head });
      await ledger.appendSoon(Array.from({ length: 200 }, (_, n) => entry(run * 1_000 + n)));
      await ledger.close();
      expect(headFile(head).read()?.size).toBe((run + 1) * 200);
    }
    expect((await latestCheckpoint(store.db))?.size).toBe(600);
  });

  it("a server with another key signs nothing on this database", async () => {
    const store = await fresh();
    const first = start({ store, head: headPath() });
    await first.appendSoon([entry(1)]);
    await first.close();
    const failures: LedgerFailure[] = [];
    const key = logKey(generateKeyPairSync("ed25519").privateKey, ORIGIN);
    const other = start({ store, head: headPath(), failures, key });
    await other.appendSoon([entry(2)]);
    await other.close();
    expect(failures).toMatchObject([{ code: "LEDGER_KEY" }]);
    expect((await latestCheckpoint(store.db))?.size).toBe(1);
    const again = start({ store, head: headPath() });
    await again.close();
    expect((await latestCheckpoint(store.db))?.size).toBe(2);
  });

  it("rollback-refused: P9 a server whose store is behind what it signed refuses to sign", async () => {
    const store = await fresh();
    const head = headPath();
    writeFileSync(head, `7 ${"ab".repeat(32)}\n`);
    const failures: LedgerFailure[] = [];
    const ledger = start({ store, head, failures });
    const appended = await ledger.appendSoon([entry(1)]);
    expect(appended.kind).toBe("committed");
    await vi.waitUntil(() => ledger.failure() !== null, PATIENCE);
    const published = await ledger.published(0, 200);
    expect(published).toMatchObject({ ok: false, failure: { code: "LEDGER_BEHIND" } });
    expect(failures.map(({ code }) => code)).toContain("LEDGER_BEHIND");
    await ledger.close();
    expect(await latestCheckpoint(store.db)).toBeNull();
    expect(headFile(head).read()?.size).toBe(7);
  });

  it.each([
    ["as many entries, but other ones", 3],
    ["more entries, but other ones below", 5],
  ])(
    "LG4 another database under the same key is a fork, and nothing is signed: %s",
    async (_, n) => {
      const head = headPath();
      const own = start({ store: await fresh(), head });
      await own.appendSoon([entry(1), entry(2), entry(3)]);
      await own.close();
      const other = await fresh();
      const failures: LedgerFailure[] = [];
      const ledger = start({ store: other, head, failures });
      await ledger.appendSoon(Array.from({ length: n }, (_one, k) => entry(100 + k)));
      await ledger.close();
      expect(ledger.failure()).toMatchObject({ code: "LEDGER_FORKED" });
      expect((await latestCheckpoint(other.db))?.size ?? 0).toBe(0);
    },
  );

  it("dies after the head is remembered and before the checkpoint is stored: the same is signed again", async () => {
    const store = await fresh();
    const head = headPath();
    const first = start({ store, head });
    await first.appendSoon([entry(1), entry(2)]);
    await first.close();
    const whole = await latestCheckpoint(store.db);
    if (whole === null) throw new Error("nothing was published");
    // What a crash leaves behind: the head says 2, the store has no checkpoint of it.
    await store.db.deleteFrom("ledger_checkpoint").where("size", "=", 2).execute();
    const before = await latestCheckpoint(store.db);
    await store.db
      .updateTable("ledger_published")
      .set({ size: before?.size ?? null })
      .execute();
    const again = start({ store, head });
    await again.appendSoon([entry(3)]);
    await again.close();
    expect(again.failure()).toBeNull();
    expect(await ledgerSize(store.db)).toBe(3);
    expect((await latestCheckpoint(store.db))?.size).toBe(3);
  });

  it("what another server published is remembered, and its loss is refused", async () => {
    const store = await fresh();
    const first = start({ store, head: headPath() });
    await first.appendSoon([entry(1), entry(2)]);
    await first.close();
    const head = headPath();
    const second = start({ store, head });
    await second.close();
    expect(headFile(head).read()?.size).toBe(2);
    const restored = start({ store: await fresh(), head });
    await restored.close();
    expect(restored.failure()).toMatchObject({ code: "LEDGER_BEHIND" });
  });

  it("a round that takes longer than a period is followed by one, whose end is all that closing waits for", async () => {
    const store = await fresh();
    let rounds = 0;
    const { version } = store;
    const superseded = () => {
      rounds += 1;
      return version.superseded();
    };
    let answer = (): void => undefined;
    const silent = new Promise<never>((_, away) => {
      answer = () => away(new TypeError("fetch failed"));
    });
    let asked = false;
    const { publicKey } = generateKeyPairSync("ed25519");
    const raw = new Uint8Array(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
    const ledger = openLedger({
      ...{ store: { ...store, version: { ...version, superseded } }, key: KEY, now: () => AT },
      ...{ memory: headFile(headPath()), periodMs: 1, onFailure: () => undefined },
      witnesses: [{ key: verifierKey("w.example.com", "cosignature", raw), url: "https://w" }],
      fetch: () => {
        asked = true;
        return silent;
      },
    });
    await ledger.appendSoon([entry(1)]);
    await vi.waitUntil(() => asked, PATIENCE);
    const before = rounds;
    // Periods go by while the witness says nothing.
    for (let period = 0; period < 50; period++) await pause(1);
    expect(rounds).toBe(before);
    const closed = ledger.close();
    answer();
    await closed;
    expect(rounds).toBe(before + 1);
    expect((await latestCheckpoint(store.db))?.size).toBe(1);
  });

  it("two servers on one store publish one history", async () => {
    const store = await fresh();
    const servers = [headPath(), headPath()].map((head) => start({ store, head }));
    await Promise.all(
      servers.map(async (ledger, s) => {
        for (let n = 0; n < 40; n++) await ledger.appendSoon([entry(s * 1_000 + n)]);
      }),
    );
    for (const ledger of servers) await ledger.close();
    const last = start({ store, head: headPath() });
    await last.close();
    expect((await latestCheckpoint(store.db))?.size).toBe(80);
    for (const ledger of servers)
      expect(["LEDGER_STALE", undefined]).toContain(ledger.failure()?.code);
  });
});
