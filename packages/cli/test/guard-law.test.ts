/** What the guard shows of a transaction is what a real etcd makes of it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServer, etcdProgram, startEtcd } from "@interlock/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { etcdEngine } from "../src/guard/etcd/engine.ts";
import { type Upstream, upstreamOf } from "../src/guard/upstream.ts";
import { base64, fetched } from "./guarding.ts";

const home = mkdtempSync(join(tmpdir(), "interlock-law-"));
let etcd: EtcdServer;
let upstream: Upstream;

const direct = (path: string, body: object) =>
  fetched(`${etcd.endpoint}${path}`, { method: "POST", body: JSON.stringify(body) });
const ALL = { key: "AA==", range_end: "AA==" };

/** All keys with their values, as the paths that the guard would give them. */
async function everything(): Promise<Readonly<Record<string, string>>> {
  const { json } = await direct("/v3/kv/range", ALL);
  const all: readonly { key: string; value?: string }[] = json.kvs ?? [];
  return Object.fromEntries(
    all.map(({ key, value = "" }) => {
      const text = Buffer.from(key, "base64").toString();
      return [`keys${text}/@value`, Buffer.from(value, "base64").toString()];
    }),
  );
}

const key = fc.constantFrom("/a", "/a/b", "/b", "/c").map(base64);
const value = fc.constantFrom("", "1", "2", "3").map(base64);
const span = fc.oneof(
  fc.record({ key }),
  fc.constant({ key: base64("/a"), range_end: base64("/b") }),
  fc.constant({ key: base64("/b"), range_end: "AA==" }),
  fc.constant(ALL),
);
const compare = fc.oneof(
  fc.record({
    ...{ key, value, target: fc.constant("VALUE") },
    result: fc.constantFrom("EQUAL", "NOT_EQUAL", "GREATER", "LESS"),
  }),
  fc.record({
    ...{ key, target: fc.constant("VERSION"), version: fc.constantFrom("0", "1", "2") },
    result: fc.constantFrom("EQUAL", "NOT_EQUAL", "GREATER", "LESS"),
  }),
  fc.record({
    ...{ key: fc.constant(base64("/a")), range_end: fc.constant(base64("/c")) },
    ...{ target: fc.constant("CREATE"), create_revision: fc.constant("0") },
    result: fc.constantFrom("GREATER", "EQUAL"),
  }),
);
const ops = (inner: fc.Arbitrary<object>) =>
  fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ request_put: fc.record({ key, value }) }) },
      { weight: 2, arbitrary: fc.record({ request_delete_range: span }) },
      { weight: 1, arbitrary: fc.record({ request_range: span }) },
      {
        weight: 1,
        arbitrary: fc.record({
          request_put: fc.record({ key, ignore_value: fc.constant(true) }),
        }),
      },
      { weight: 2, arbitrary: inner.map((txn) => ({ request_txn: txn })) },
    ),
    { maxLength: 3 },
  );
const txnOf = (inner: fc.Arbitrary<object>) =>
  fc.record({
    compare: fc.array(compare, { maxLength: 2 }),
    success: ops(inner),
    failure: ops(inner),
  });
const txn = txnOf(txnOf(fc.constant({})));

describe.skipIf(etcdProgram() === null)("a transaction against a real etcd", () => {
  beforeAll(async () => {
    etcd = await startEtcd(home);
    const url = new URL(etcd.endpoint);
    upstream = upstreamOf({ url, tls: {}, authorization: null, drop: [], timeoutMs: 30_000 });
  });
  afterAll(async () => {
    upstream.close();
    await etcd.kill();
    rmSync(home, { recursive: true, force: true });
  });

  it("before and after are what was there and what is, and nothing else changes", async () => {
    const engine = etcdEngine({ upstream, formats: [], leases: false, keysMax: 50 });
    const headers = { "content-type": "application/json" };
    let carried = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key, value }), { maxLength: 4 }),
        txn,
        async (there, body) => {
          await direct("/v3/kv/deleterange", ALL);
          for (const one of there) await direct("/v3/kv/put", one);
          const before = await everything();
          const asked = { method: "POST", path: "/v3/kv/txn", query: null, headers };
          const plan = await engine.planOf({ ...asked, body: Buffer.from(JSON.stringify(body)) });
          expect(await everything()).toEqual(before);
          if (!plan.ok) return;
          const expected = new Map(Object.entries(before));
          for (const { path, before: was, after } of plan.value.effects) {
            expect(was === null ? undefined : Buffer.from(was).toString()).toBe(before[path]);
            if (after === null) expected.delete(path);
            else expected.set(path, Buffer.from(after).toString());
          }
          const done = await plan.value.carryOut();
          const refused = done.kind === "answered" && done.answer.status !== 200;
          expect(refused || done.kind === "answered").toBe(true);
          expect(await everything()).toEqual(refused ? before : Object.fromEntries(expected));
          if (!refused) carried++;
        },
      ),
      { numRuns: 150 },
    );
    expect(carried).toBeGreaterThan(50);
  });
});
