// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "@interlock/digest";
import { type EtcdServer, startEtcd } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEtcd } from "../../src/etcd/target.ts";
import type { Seen, Target } from "../../src/target.ts";
import { batchOf, keysIn, put, textAt, versionAt } from "../place.ts";

const home = mkdtempSync(join(tmpdir(), "interlock-etcd-"));
const CELLS = Array.from({ length: 40 }, (_, at) => `cell-${at}`);
const unused = CELLS.values();
let server: EtcdServer;
let target: Target;

const newCell = (): string => unused.next().value ?? "";

function opened(settings: Readonly<Record<string, Json>> = {}): Target {
  const cells = Object.fromEntries(CELLS.map((cell) => [cell, `/config/${cell}/`]));
  const answered = openEtcd("config", {
    settings: { endpoints: [server.endpoint], cells, ...settings },
    named: new Set(["settings.password"]),
  });
  if (!answered.ok) throw new Error(answered.failure.message);
  return answered.value;
}

/** A call of the gateway, past the driver. */
async function call(path: string, body: Json, token?: string): Promise<Json> {
  const headers = token === undefined ? {} : { authorization: token };
  const options = { method: "POST", body: JSON.stringify(body), headers };
  // What etcd answers is JSON.
  return (await (await fetch(`${server.endpoint}${path}`, options)).json()) as Json;
}
const base64 = (text: string): string => Buffer.from(text).toString("base64");

beforeAll(async () => {
  server = await startEtcd(join(home, "server"));
  target = opened();
});
afterAll(async () => {
  await target.close();
  await server.kill();
  rmSync(home, { recursive: true });
});

describe("one transaction", () => {
  test("carries its items, its fence and its idempotency key together", async () => {
    const cell = newCell();
    const first = batchOf(cell, [put("a", "1", null), put("b", "2", null)], { fence: 4 });
    expect(await target.write(first)).toEqual({ kind: "written" });
    expect(await target.write(first)).toEqual({ kind: "already" });
    expect(await target.read(cell, ["c"])).toMatchObject({ value: { fence: 4 } });
    const prefix = `/config/${cell}/`;
    const range = { key: base64(prefix), range_end: base64(`/config/${cell}0`), keys_only: true };
    expect(await call("/v3/kv/range", range)).toMatchObject({
      kvs: [
        { key: base64(`${prefix}.interlock/done/${first.idempotencyKey}`) },
        { key: base64(`${prefix}.interlock/fence`) },
        { key: base64(`${prefix}a`) },
        { key: base64(`${prefix}b`) },
      ],
    });
  });

  test("a driver that knows an old fence is told the new one, and none of its items is written", async () => {
    const cell = newCell();
    const other = opened();
    expect(await target.write(batchOf(cell, [put("a", "1", null)], { fence: 2 }))).toEqual({
      kind: "written",
    });
    expect(await other.write(batchOf(cell, [put("b", "1", null)], { fence: 3 }))).toEqual({
      kind: "written",
    });
    expect(await target.write(batchOf(cell, [put("c", "1", null)], { fence: 2 }))).toEqual({
      kind: "fenced",
      fence: 3,
    });
    // It knows the larger one now and is not let in by its own knowledge.
    expect(await target.write(batchOf(cell, [put("c", "1", null)], { fence: 2 }))).toEqual({
      kind: "fenced",
      fence: 3,
    });
    expect(await target.write(batchOf(cell, [put("c", "2", null)], { fence: 3 }))).toEqual({
      kind: "written",
    });
    expect(await keysIn(target, cell)).toEqual(["a", "b", "c"]);
    expect(await textAt(target, cell, "c")).toBe("2");
    await other.close();
  });

  test("of two drivers that race for a key one writes, for every key", async () => {
    const cell = newCell();
    const rivals = [target, opened(), opened()];
    for (let round = 0; round < 10; round++) {
      const over = await versionAt(target, cell, "a");
      const outcomes = await Promise.all(
        rivals.map((rival, index) => rival.write(batchOf(cell, [put("a", `${index}`, over)]))),
      );
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["conflict", "conflict", "written"]);
    }
    for (const rival of rivals.slice(1)) await rival.close();
  });

  test("what the limits of etcd exclude is refused before it is sent", async () => {
    const cell = newCell();
    const many = Array.from({ length: 127 }, (_, index) => put(`k${index}`, "", null));
    expect(await target.write(batchOf(cell, many))).toMatchObject({
      kind: "refused",
      failure: { code: "TARGET_LIMIT", message: expect.stringContaining("takes 126") },
    });
    expect(await target.write(batchOf(cell, many.slice(1)))).toEqual({ kind: "written" });
    const large = ["x", "y"].map((key) => put(key, "v".repeat(786_000), null));
    expect(await target.write(batchOf(cell, large))).toMatchObject({
      kind: "refused",
      failure: { code: "TARGET_LIMIT", message: expect.stringContaining("1572864") },
    });
    // The largest that is let through is one that etcd takes.
    const most = ["x", "y"].map((key) => put(key, "v".repeat(785_600), null));
    expect(await target.write(batchOf(cell, most))).toEqual({ kind: "written" });
  });

  test("a lease that an operator took away is replaced, and nothing is written twice", async () => {
    const cell = newCell();
    expect(await target.write(batchOf(cell, [put("a", "1", null)]))).toEqual({ kind: "written" });
    const leases = await call("/v3/lease/leases", {});
    const ids = (leases as { readonly leases: readonly { readonly ID: string }[] }).leases;
    for (const { ID } of ids) await call("/v3/lease/revoke", { ID });
    const over = await versionAt(target, cell, "a");
    expect(await target.write(batchOf(cell, [put("a", "2", over)]))).toEqual({ kind: "written" });
    expect(await textAt(target, cell, "a")).toBe("2");
  });

  test("where others wrote what is no fence, nothing is written and it is said", async () => {
    const cell = newCell();
    await call("/v3/kv/put", {
      key: base64(`/config/${cell}/.interlock/fence`),
      value: base64("seven"),
    });
    expect(await target.write(batchOf(cell, [put("a", "1", null)]))).toMatchObject({
      kind: "refused",
      failure: { code: "TARGET_DAMAGED" },
    });
    expect(await target.read(cell, ["a"])).toMatchObject({
      ok: false,
      failure: { code: "TARGET_DAMAGED" },
    });
  });
});

describe("keys", () => {
  test("are listed page by page around our own, whatever they begin with", async () => {
    const cell = newCell();
    const keys = ["!", "-", ".interlocj", ".interlock0", "/", "0", "a/b", "z", "é", "日"];
    expect(
      await target.write(
        batchOf(
          cell,
          keys.map((key) => put(key, key, null)),
        ),
      ),
    ).toEqual({
      kind: "written",
    });
    for (const limit of [1, 2, 3, 10, 11]) {
      const pages: (readonly string[])[] = [];
      for (let after: string | undefined; ; ) {
        const page = await target.list(cell, after === undefined ? { limit } : { limit, after });
        if (!page.ok) throw new Error(page.failure.message);
        pages.push(page.value.keys);
        after = page.value.next;
        if (after === undefined) break;
      }
      expect(pages.flat()).toEqual(keys);
      expect(pages.every((page) => page.length <= limit)).toBe(true);
    }
  });

  test("below our own book are neither read nor written", async () => {
    const outcome = await target.write(batchOf(newCell(), [put(".interlock/fence", "9", null)]));
    expect(outcome).toMatchObject({ kind: "refused", failure: { code: "TARGET_REFUSED" } });
  });

  test("more than one answer holds are read at one revision", async () => {
    const cell = newCell();
    const keys = Array.from({ length: 14 }, (_, index) => `k${index}`);
    const values = keys.map((key) => put(key, "v".repeat(1_000_000), null));
    for (const item of values)
      expect(await target.write(batchOf(cell, [item]))).toEqual({ kind: "written" });
    const now = await target.read(cell, keys);
    if (!now.ok) throw new Error(now.failure.message);
    expect([...now.value.items.values()].map((held) => held?.value.length)).toEqual(
      keys.map(() => 1_000_000),
    );
  });
});

async function take(watch: AsyncIterable<Seen>, count: number): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for await (const one of watch) {
    seen.push(one);
    if (seen.length === count) break;
  }
  return seen;
}

describe("watching", () => {
  test("goes on within a batch from every place, and over a crash of the server", async () => {
    const cell = newCell();
    const stop = new AbortController();
    const [begun] = await take(target.watch(null, stop.signal), 1);
    expect(begun?.kind).toBe("gap");
    await target.write(batchOf(cell, [put("a", "1", null), put("b", "1", null)]));
    await server.kill();
    const watching = take(target.watch(begun?.at ?? null, stop.signal), 3);
    await server.start();
    const version = await versionAt(target, cell, "a");
    await target.write(batchOf(cell, [put("a", "2", version)]));
    const seen = await watching;
    expect(seen.map((one) => one.kind === "changed" && [one.cell, one.key])).toEqual([
      [cell, "a"],
      [cell, "b"],
      [cell, "a"],
    ]);
    // From the middle of the batch both of its keys are told again.
    const again = await take(target.watch(seen[0]?.at ?? null, stop.signal), 3);
    expect(again).toEqual(seen);
    stop.abort();
  });

  test("says that it does not know what a compaction took away, or what was set back", async () => {
    const cell = newCell();
    const stop = new AbortController();
    await target.write(batchOf(cell, [put("a", "1", null)]));
    const { header } = (await call("/v3/maintenance/status", {})) as {
      readonly header: { readonly revision: string };
    };
    await call("/v3/kv/compaction", { revision: header.revision });
    const [first] = await take(target.watch("2", stop.signal), 1);
    expect(first).toEqual({ kind: "gap", at: header.revision });
    const [future] = await take(target.watch("999999999", stop.signal), 1);
    expect(future).toEqual({ kind: "gap", at: header.revision });
    stop.abort();
  });

  test("ends when it is aborted, also while the server is away", async () => {
    const stop = new AbortController();
    const away = opened({ endpoints: ["http://127.0.0.1:9"] });
    const watching = take(away.watch("1", stop.signal), 1);
    stop.abort();
    expect(await watching).toEqual([]);
    const open = new AbortController();
    const stream = target.watch(null, open.signal)[Symbol.asyncIterator]();
    expect(await stream.next()).toMatchObject({ done: false, value: { kind: "gap" } });
    const next = stream.next();
    open.abort();
    expect((await next).done).toBe(true);
    await away.close();
  });
});

describe("a server that is not there", () => {
  test("is away to a write, since nothing was sent, and another endpoint is asked", async () => {
    const cell = newCell();
    const away = opened({ endpoints: ["http://127.0.0.1:9"] });
    expect(await away.write(batchOf(cell, [put("a", "1", null)]))).toMatchObject({
      kind: "away",
      failure: { code: "TARGET_AWAY", message: expect.stringContaining("ECONNREFUSED") },
    });
    expect(await away.health()).toMatchObject({ answers: false });
    const second = opened({ endpoints: ["http://127.0.0.1:9", server.endpoint] });
    expect(await second.write(batchOf(cell, [put("a", "1", null)]))).toEqual({ kind: "written" });
    expect(await second.health()).toMatchObject({
      answers: true,
      says: expect.stringMatching(/^etcd 3\./),
    });
    await away.close();
    await second.close();
  });
});

describe("users", () => {
  test("sign in, their token is renewed, and what they may not do is refused", async () => {
    await call("/v3/auth/user/add", { name: "root", password: "root-secret" });
    await call("/v3/auth/role/add", { name: "root" });
    await call("/v3/auth/user/grant", { user: "root", role: "root" });
    await call("/v3/auth/role/add", { name: "config" });
    const range = { key: base64("/config/"), range_end: base64("/config0") };
    await call("/v3/auth/role/grant", { name: "config", perm: { permType: 2, ...range } });
    await call("/v3/auth/user/add", { name: "interlock", password: "own-secret" });
    await call("/v3/auth/user/grant", { user: "interlock", role: "config" });
    await call("/v3/auth/enable", {});
    const cell = newCell();
    const user = opened({ user: "interlock", password: "own-secret" });
    expect(await user.write(batchOf(cell, [put("a", "1", null)]))).toEqual({ kind: "written" });
    // A simple token does not outlive the server that gave it.
    await server.kill();
    await server.start();
    expect(await textAt(user, cell, "a")).toBe("1");
    const stop = new AbortController();
    expect((await take(user.watch(null, stop.signal), 1))[0]?.kind).toBe("gap");
    stop.abort();
    const refused = { kind: "refused", failure: { code: "TARGET_REFUSED" } };
    const nobody = opened();
    expect(await nobody.write(batchOf(cell, [put("b", "1", null)]))).toMatchObject(refused);
    const wrong = opened({ user: "interlock", password: "not-it" });
    expect(await wrong.write(batchOf(cell, [put("b", "1", null)]))).toMatchObject(refused);
    const cells = { elsewhere: "/other/" };
    const elsewhere = opened({ user: "interlock", password: "own-secret", cells });
    expect(await elsewhere.write(batchOf("elsewhere", [put("b", "1", null)]))).toMatchObject(
      refused,
    );
    const token = (await call("/v3/auth/authenticate", {
      name: "root",
      password: "root-secret",
    })) as { readonly token: string };
    await call("/v3/auth/disable", {}, token.token);
    for (const one of [user, nobody, wrong, elsewhere]) await one.close();
  });
});

describe("TLS", () => {
  test("is verified, by the authority of the settings alone", async () => {
    const cert = join(home, "cert.pem");
    const key = join(home, "key.pem");
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    const named = ["-subj", "/CN=etcd", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    const openssl = process.env["OPENSSL"] ?? "openssl";
    execFileSync(openssl, [...made, ...named, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const secure = await startEtcd(join(home, "secure"), { tls: { cert, key } });
    const ca = readFileSync(cert, "utf8");
    const trusting = opened({ endpoints: [secure.endpoint], tls: { ca } });
    const cell = newCell();
    expect(await trusting.write(batchOf(cell, [put("a", "1", null)]))).toEqual({
      kind: "written",
    });
    expect(await textAt(trusting, cell, "a")).toBe("1");
    const doubting = opened({ endpoints: [secure.endpoint] });
    // What is not verified is never spoken to, so nothing is in doubt.
    expect(await doubting.write(batchOf(cell, [put("b", "1", null)]))).toMatchObject({
      kind: "away",
      failure: { message: expect.stringContaining("self-signed") },
    });
    await trusting.close();
    await doubting.close();
    await secure.kill();
  });
});
