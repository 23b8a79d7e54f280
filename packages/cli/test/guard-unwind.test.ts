/** Changes that a guard carried out, taken away again through the guard. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServer, etcdProgram, startEtcd } from "@interlock/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderOf, keyOf, leasePath, valuePath } from "../src/guard/path.ts";
import { JSON_TYPE, world } from "./guarded-api.ts";
import { base64, fetched, type Guarding, guarding } from "./guarding.ts";

const unwind = (name: unknown): string => `/.well-known/interlock/unwind/${String(name)}`;
/** As the journal calls the change that was carried out `nth`. */
const nthIn = (g: Guarding, nth: number) =>
  g.journal().filter(({ line }) => line === "forwards")[nth]?.["id"];
const decisions = (keys: readonly { key: string; decision: string }[]) =>
  Object.fromEntries(keys.map(({ key, decision }) => [key, decision]));

it("of every path that a key was given, the key is told", () => {
  const key = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.array(fc.constantFrom(..."/%.@a0 ~")).map((all) => Buffer.from(all.join(""))),
  );
  fc.assert(
    fc.property(key, (bytes) => {
      for (const path of [`${folderOf(bytes)}/@again`, leasePath(bytes), valuePath(bytes, [])])
        expect(Buffer.from(keyOf(path)).equals(Buffer.from(bytes))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe.skipIf(etcdProgram() === null)("unwinding what went through a guard into etcd", () => {
  const home = mkdtempSync(join(tmpdir(), "interlock-guard-"));
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd(home);
  });
  afterAll(async () => {
    await etcd.kill();
    rmSync(home, { recursive: true, force: true });
  });

  const direct = (path: string, body: object) =>
    fetched(`${etcd.endpoint}${path}`, { method: "POST", body: JSON.stringify(body) });
  const put = (key: string, value: string) =>
    direct("/v3/kv/put", { key: base64(key), value: base64(value) });
  async function holds(...keys: readonly string[]): Promise<readonly (string | null)[]> {
    const all = keys.map(async (key) => {
      const { json } = await direct("/v3/kv/range", { key: base64(key) });
      const [kv] = json.kvs ?? [];
      return kv === undefined ? null : Buffer.from(kv.value ?? "", "base64").toString("utf8");
    });
    return await Promise.all(all);
  }
  const writing = (values: Record<string, string>) => ({
    success: Object.entries(values).map(([key, value]) => ({
      request_put: { key: base64(key), value: base64(value) },
    })),
  });
  /** Held, approved by two, carried out. */
  async function landed(g: Guarding, values: Record<string, string>): Promise<void> {
    const request = writing(values);
    expect((await g.post("/v3/kv/txn", request)).json.code).toBe("GUARD_HELD");
    g.approve();
    expect((await g.post("/v3/kv/txn", request)).status).toBe(200);
  }
  async function unwound(g: Guarding, name: unknown) {
    expect((await g.send("POST", unwind(name))).json.code).toBe("GUARD_HELD");
    g.approve();
    return await g.send("POST", unwind(name));
  }

  it("(way-back) an unwind is a change like any other: held, approved, carried out, and itself undone", async () => {
    const g = await guarding(etcd.endpoint, {});
    await put("/u/a", "1");
    await landed(g, { "/u/a": "2", "/u/new": "x" });
    const first = nthIn(g, 0);
    const plan = await g.send("GET", unwind(first));
    expect([plan.status, decisions(plan.json.keys)]).toEqual([
      200,
      { "/u/a": "restore", "/u/new": "restore" },
    ]);
    expect(plan.json.unwinds).toMatchObject({ change: "C-7", by: "email:ana@example.com" });
    expect(plan.text).not.toContain(base64("1"));
    expect(await holds("/u/a", "/u/new")).toEqual(["2", "x"]);
    const done = await unwound(g, first);
    expect([done.status, done.headers.get("interlock-kept")]).toEqual([200, null]);
    expect(g.server.asked.at(-1)?.facts).toMatchObject({
      change: {
        subject: expect.stringMatching(/^unwind of C-7: etcd txn: /),
        files: [{ path: "keys/u/a/@value" }, { path: "keys/u/new/@value" }],
      },
    });
    expect(await holds("/u/a", "/u/new")).toEqual(["1", null]);
    // Asked for again there is nothing to do, and nothing is written.
    const again = await g.send("POST", unwind(first));
    expect([again.status, decisions(again.json.keys)]).toEqual([
      200,
      { "/u/a": "done", "/u/new": "done" },
    ]);
    expect(g.journal()).toHaveLength(4);
    expect((await unwound(g, nthIn(g, 1))).status).toBe(200);
    expect(await holds("/u/a", "/u/new")).toEqual(["2", "x"]);
    expect(g.server.wrong).toEqual([]);
  });

  it("what was written since stays, and who wrote it is told", async () => {
    const g = await guarding(etcd.endpoint, {});
    await put("/k/mine", "1");
    await landed(g, { "/k/mine": "2", "/k/theirs": "2", "/k/past": "2", "/k/back": "2" });
    await landed(g, { "/k/theirs": "3" });
    await put("/k/past", "by hand");
    await direct("/v3/kv/deleterange", { key: base64("/k/back") });
    const first = nthIn(g, 0);
    const { json } = await g.send("GET", unwind(first));
    expect(decisions(json.keys)).toEqual({
      ...{ "/k/mine": "restore", "/k/theirs": "keep", "/k/past": "keep", "/k/back": "done" },
    });
    const because = (key: string) =>
      json.keys.find((one: { key: string }) => one.key === key).because;
    expect(because("/k/theirs")).toMatch(/^`C-7` wrote it since, by email:ana@example.com at /);
    expect(because("/k/past")).toBe("it was written since, past this guard");
    const done = await unwound(g, first);
    expect([done.status, done.headers.get("interlock-kept")]).toEqual([200, "2"]);
    expect(await holds("/k/mine", "/k/theirs", "/k/past", "/k/back")).toEqual([
      ...["1", "3", "by hand", null],
    ]);
    const rest = await g.send("POST", unwind(first));
    expect([rest.status, rest.json.code]).toEqual([409, "GUARD_KEPT"]);
    expect(rest.json.detail).toContain("`/k/past`: it was written since, past this guard");
  });

  it("is refused where nothing of that name was carried out, and where a lease would have to come back", async () => {
    const g = await guarding(etcd.endpoint, { leases: true });
    const none = await g.send("POST", unwind("C-8"));
    expect([none.status, none.json.code]).toEqual([404, "GUARD_UNKNOWN_CHANGE"]);
    for (const [method, path] of [
      ["PUT", unwind("C-7")],
      ["POST", `${unwind("C-7")}?force=1`],
    ] as const)
      expect((await g.send(method, path)).json.code).toBe("GUARD_NOT_UNDERSTOOD");
    const { json } = await direct("/v3/lease/grant", { TTL: "600" });
    await direct("/v3/kv/put", { key: base64("/l"), value: base64("1"), lease: json.ID });
    await landed(g, { "/l": "2" });
    const leased = await g.send("POST", unwind("C-7"));
    expect([leased.status, leased.json.detail]).toEqual([
      403,
      "`/l` was under a lease, which cannot be brought back",
    ]);
    const odd = await g.send("POST", unwind("C-7"), { body: "{}" });
    expect([odd.status, odd.json.code]).toEqual([400, "GUARD_MALFORMED"]);
  });
});

describe("unwinding what went through a guard into an HTTP API", () => {
  const cases = [
    { was: '{"on":false}', method: "PUT", body: '{"on":true}', wrote: "PUT", now: false },
    { was: '{"on":false}', method: "DELETE", body: undefined, wrote: "PUT", now: false },
    { was: null, method: "PUT", body: '{"on":true}', wrote: "DELETE", now: null },
  ] as const;
  it.each(cases)(
    "$method over $was is undone by $wrote",
    async ({ was, method, body, wrote, now }) => {
      const { a, g } = await world();
      if (was !== null) a.flags.set("price", was);
      const send = () =>
        g.send(method, "/api/flags/price", body === undefined ? {} : { body, headers: JSON_TYPE });
      await send();
      g.approve();
      expect((await send()).status).toBe(200);
      const name = nthIn(g, 0);
      expect((await g.send("GET", unwind(name))).json.keys).toMatchObject([
        { key: "/api/flags/price", decision: "restore" },
      ]);
      expect((await g.send("POST", unwind(name))).json.code).toBe("GUARD_HELD");
      g.approve();
      expect((await g.send("POST", unwind(name))).status).toBe(200);
      expect(a.wrote.at(-1)?.line).toBe(`${wrote} /api/flags/price`);
      const there = a.flags.get("price");
      expect(there === undefined ? null : JSON.parse(there).on).toBe(now);
      expect(decisions((await g.send("POST", unwind(name))).json.keys)).toEqual({
        "/api/flags/price": "done",
      });
      a.flags.set("price", '{"on":"by another"}');
      expect((await g.send("POST", unwind(name))).json.code).toBe("GUARD_KEPT");
      expect(JSON.parse(a.flags.get("price") ?? "").on).toBe("by another");
    },
  );
});
