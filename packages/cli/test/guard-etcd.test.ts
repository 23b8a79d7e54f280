/** `interlock guard` in front of a real etcd. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServer, etcdProgram, startEtcd } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { etcdEngine } from "../src/guard/etcd/engine.ts";
import { upstreamOf } from "../src/guard/upstream.ts";
import { pendingRecords } from "../src/hook/away.ts";
import { base64, fetched, type Guarding, guarding } from "./guarding.ts";
import { POLICY, START } from "./pushing.ts";

const home = mkdtempSync(join(tmpdir(), "interlock-guard-"));
let etcd: EtcdServer;

const direct = (path: string, body: object) =>
  fetched(`${etcd.endpoint}${path}`, { method: "POST", body: JSON.stringify(body) });
const put = (key: string, value: string) =>
  direct("/v3/kv/put", { key: base64(key), value: base64(value) });
async function valueAt(key: string): Promise<string | null> {
  const { json } = await direct("/v3/kv/range", { key: base64(key) });
  const value = json.kvs?.[0]?.value;
  return json.kvs === undefined ? null : Buffer.from(value ?? "", "base64").toString("utf8");
}
const guard = (more: Parameters<typeof guarding>[1] = {}): Promise<Guarding> =>
  guarding(etcd.endpoint, more);
const putting = (key: string, value: string) => ({ key: base64(key), value: base64(value) });

describe.skipIf(etcdProgram() === null)("a guard in front of etcd", () => {
  beforeAll(async () => {
    etcd = await startEtcd(home);
  });
  afterAll(async () => {
    await etcd.kill();
    rmSync(home, { recursive: true, force: true });
  });

  it("holds a put until two people approved exactly it, then puts it, and journals both images", async () => {
    const g = await guard();
    await put("/held/a.json", '{"limit":1}\n');
    const request = putting("/held/a.json", '{"limit":2}\n');
    const held = await g.post("/v3/kv/put", request);
    expect(held.status).toBe(409);
    expect(held.headers.get("content-type")).toBe("application/problem+json");
    expect(held.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(held.json).toMatchObject({
      ...{ code: "GUARD_HELD", status: 409, change: "C-7", page: `${g.server.url}/changes/C-7` },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      words: expect.arrayContaining([expect.any(String)]),
      missing: [{ rule: "two-people", what: "approvals", who: ["payments"] }],
    });
    expect(held.json.words).toHaveLength(6);
    expect(await valueAt("/held/a.json")).toBe('{"limit":1}\n');
    const again = await g.post("/v3/kv/put", request);
    expect(again.json.digest).toBe(held.json.digest);
    expect(g.server.asked[0]?.place).toMatchObject({
      ...{ repository: "guard:test", target: "refs/guard/live" },
    });
    expect(g.server.asked[0]?.facts).toMatchObject({
      change: {
        ...{ kind: "configuration", pushedBy: ["email:ana@example.com"] },
        files: [{ path: "keys/held/a.json/@value.json" }],
      },
    });
    g.approve();
    const done = await g.post("/v3/kv/put", request);
    expect([done.status, done.json]).toEqual([200, { header: expect.any(Object) }]);
    expect(done.headers.get("interlock-change")).toBe("C-7");
    expect(await valueAt("/held/a.json")).toBe('{"limit":2}\n');
    expect(g.journal()).toMatchObject([
      {
        ...{ line: "forwards", change: "C-7", by: "email:ana@example.com" },
        effects: [{ before: base64('{"limit":1}\n'), after: base64('{"limit":2}\n') }],
      },
      { line: "ended", outcome: "answered", status: 200 },
    ]);
    expect(g.server.wrong).toEqual([]);
  });

  it("an approval of one value is none of another", async () => {
    const g = await guard();
    await g.post("/v3/kv/put", putting("/other", "one"));
    g.approve();
    expect((await g.post("/v3/kv/put", putting("/other", "two"))).status).toBe(409);
    expect((await g.post("/v3/kv/put", putting("/Other", "one"))).status).toBe(409);
    expect(await valueAt("/other")).toBe(null);
    expect((await g.post("/v3/kv/put", putting("/other", "one"))).status).toBe(200);
  });

  it("(bound) an approval is good for one landing, however often the old value comes back", async () => {
    const g = await guard();
    const request = putting("/again", "2");
    await put("/again", "1");
    await g.post("/v3/kv/put", request);
    g.approve();
    expect((await g.post("/v3/kv/put", request)).status).toBe(200);
    await put("/again", "1");
    expect((await g.post("/v3/kv/put", request)).json.code).toBe("GUARD_HELD");
    expect(g.server.asked.at(-1)?.facts).toMatchObject({
      change: { files: [{ path: "keys/again/@again" }, { path: "keys/again/@value" }] },
    });
    g.approve();
    expect((await g.post("/v3/kv/put", request)).status).toBe(200);
    await put("/again", "1");
    expect((await g.post("/v3/kv/put", request)).status).toBe(409);
  });

  it("whoever asks cannot approve, and where nobody watched nobody can", async () => {
    const files = { ...START, "interlock/policy.yaml": POLICY.replace("count: 2", "count: 1") };
    const g = await guard({ files });
    const unseen = await guard({ files, caller: { from: "nothing" } });
    const request = putting("/own", "1");
    for (const one of [g, unseen]) await one.post("/v3/kv/put", request);
    g.approve();
    unseen.approve();
    const as = (by: string) => g.post("/v3/kv/put", request, { "x-asker": by });
    g.server.approvals.splice(1);
    expect((await as("bo@example.com")).status).toBe(409);
    expect((await unseen.post("/v3/kv/put", request)).status).toBe(409);
    expect((await as("ana@example.com")).status).toBe(200);
  });

  it("a range that is deleted shows every key, and a newcomer in it ends the race", async () => {
    const g = await guard();
    await put("/range/a", "1");
    await put("/range/b", "2");
    const request = { key: base64("/range/"), range_end: base64("/range0") };
    const held = await g.post("/v3/kv/deleterange", request);
    expect(held.status).toBe(409);
    expect(g.server.asked[0]?.facts).toMatchObject({
      change: {
        files: [
          { path: "keys/range/a/@value", status: "deleted" },
          { path: "keys/range/b/@value", status: "deleted" },
        ],
      },
    });
    g.approve();
    await put("/range/c", "3");
    expect((await g.post("/v3/kv/deleterange", request)).status).toBe(409);
    await direct("/v3/kv/deleterange", { key: base64("/range/c") });
    const done = await g.post("/v3/kv/deleterange", request);
    expect(done.json).toMatchObject({ deleted: "2" });
    expect(await valueAt("/range/a")).toBe(null);
  });

  it("a transaction shows what the branch that is taken writes, nested ones too", async () => {
    const g = await guard();
    await put("/txn/switch", "on");
    const op = (key: string, value: string) => ({ requestPut: putting(key, value) });
    const compare = (value: string) => [
      { key: base64("/txn/switch"), target: "VALUE", result: "EQUAL", value: base64(value) },
    ];
    const inner = {
      compare: compare("off"),
      success: [op("/txn/no", "1")],
      failure: [op("/txn/b", "2")],
    };
    const request = {
      compare: compare("on"),
      success: [
        op("/txn/a", "1"),
        { request_txn: inner },
        { request_range: { key: base64("/txn/a") } },
      ],
      failure: [{ request_delete_range: { key: base64("/"), range_end: base64("0") } }],
    };
    await g.post("/v3/kv/txn", request);
    expect(g.server.asked[0]?.facts).toMatchObject({
      change: { files: [{ path: "keys/txn/a/@value" }, { path: "keys/txn/b/@value" }] },
    });
    g.approve();
    const done = await g.post("/v3/kv/txn", request);
    expect(done.json).toMatchObject({ succeeded: true, responses: [{}, {}, {}] });
    expect([await valueAt("/txn/a"), await valueAt("/txn/b"), await valueAt("/txn/no")]).toEqual([
      ...["1", "2", null],
    ]);
  });

  it("the branch cannot turn between reading and writing", async () => {
    const g = await guard();
    await put("/turn/switch", "on");
    const request = {
      compare: [{ key: base64("/turn/switch"), target: "VALUE", value: base64("on") }],
      success: [{ request_put: putting("/turn/good", "1") }],
      failure: [{ request_put: putting("/turn/bad", "1") }],
    };
    await g.post("/v3/kv/txn", request);
    g.approve();
    await put("/turn/switch", "off");
    const turned = await g.post("/v3/kv/txn", request);
    expect([turned.status, turned.json.code]).toEqual([409, "GUARD_HELD"]);
    expect([await valueAt("/turn/good"), await valueAt("/turn/bad")]).toEqual([null, null]);
  });

  it.each<[string, string, object, string]>([
    ["a put", "/v3/kv/put", putting("/race", "mine"), "/race"],
    ["a put of a new key", "/v3/kv/put", putting("/race/new", "mine"), "/race/new"],
    ["a deletion", "/v3/kv/deleterange", { key: base64("/race") }, "/race"],
    [
      "a range",
      "/v3/kv/deleterange",
      { key: base64("/race"), range_end: base64("/rack") },
      "/race/z",
    ],
  ])(
    "%s does not overwrite what was written after it was judged",
    async (_name, path, body, key) => {
      await put("/race", "1");
      const upstream = upstreamOf({
        ...{
          url: new URL(etcd.endpoint),
          tls: {},
          authorization: null,
          drop: [],
          timeoutMs: 10_000,
        },
      });
      const engine = etcdEngine({ upstream, formats: [], leases: false, keysMax: 10 });
      const headers = { "content-type": "application/json" };
      const sent = Buffer.from(JSON.stringify(body));
      const plan = await engine.planOf({ method: "POST", path, query: null, headers, body: sent });
      await put(key, "by somebody else");
      expect(plan.ok && (await plan.value.carryOut()).kind).toBe("raced");
      expect(await valueAt(key)).toBe("by somebody else");
      await direct("/v3/kv/deleterange", { key: base64(key) });
      upstream.close();
    },
  );

  it("a put that changes nothing passes without a question, and is journalled", async () => {
    const g = await guard();
    await put("/same", "1");
    expect((await g.post("/v3/kv/put", putting("/same", "1"))).status).toBe(200);
    expect(g.server.asked).toEqual([]);
    expect(g.journal()[0]).toMatchObject({ because: "it changes nothing", effects: [] });
  });

  it("reads pass, a watch as it comes", async () => {
    const g = await guard();
    await put("/read", "1");
    const read = await g.post("/v3/kv/range", { key: base64("/read") });
    expect(read.json.kvs).toHaveLength(1);
    const watch = await fetch(`${g.url}/v3/watch`, {
      method: "POST",
      body: JSON.stringify({ create_request: { key: base64("/read") } }),
    });
    const reader = watch.body?.getReader();
    let told = "";
    /** Until it is told; a stream that ends before fails. */
    const tells = async (what: string) => {
      while (!told.includes(what)) {
        const { done = true, value = [] } = (await reader?.read()) ?? {};
        expect([done, told]).toEqual([false, told]);
        told += Buffer.from(value).toString("utf8");
      }
    };
    await tells('"created":true');
    await put("/read", "2");
    await tells(`"value":"${base64("2")}"`);
    await reader?.cancel();
  });

  it.each<[string, string, unknown]>([
    ["a call that is in no list", "/v3/auth/user/add", {}],
    ["an older name of one", "/v3beta/kv/put", putting("/x", "1")],
    ["a lease", "/v3/lease/grant", { TTL: "5" }],
    ["upkeep", "/v3/maintenance/defragment", {}],
    ["history that goes", "/v3/kv/compaction", { revision: "1" }],
    ["a put under a lease", "/v3/kv/put", { ...putting("/x", "1"), lease: "7" }],
    ["a field that nobody knows", "/v3/kv/put", { ...putting("/x", "1"), force: true }],
    ["a name in other case", "/v3/kv/put", { Key: base64("/x"), value: "" }],
    ["one field by both of its names", "/v3/kv/put", { key: "eA==", prev_kv: true, prevKv: true }],
    ["base64 of another kind", "/v3/kv/put", { key: "_w==", value: "" }],
    [
      "a key twice",
      "/v3/kv/txn",
      { success: [1, 2].map((n) => ({ request_put: putting("/x", `${n}`) })) },
    ],
    ["two operations in one", "/v3/kv/txn", { success: [{ request_put: {}, request_range: {} }] }],
    ["no object", "/v3/kv/put", "[]"],
  ])("PX3 %s is not understood, and not forwarded", async (_name, path, body) => {
    const g = await guard();
    const { status, json } = await g.post(path, body);
    expect([status, json.code]).toEqual([403, "GUARD_NOT_UNDERSTOOD"]);
    expect([await valueAt("/x"), g.server.asked]).toEqual([null, []]);
  });

  it("more keys than can be compared at once are not understood", async () => {
    const g = await guard({ keysMax: 2 });
    for (const name of ["a", "b", "c"]) await put(`/many/${name}`, "1");
    const request = { key: base64("/many/"), range_end: base64("/many0") };
    expect((await g.post("/v3/kv/deleterange", request)).json.detail).toMatch(/more than 2 keys/);
  });

  it("(fail-closed) while the server is away `ifDown` of the policy says what goes on, and it is on record", async () => {
    const lets = `${POLICY}ifDown:\n  - { tier: 3, away: server, then: proceed }\n`;
    const catalog =
      'systems:\n  - { id: shop, tier: 3, owner: payments, paths: ["keys/away/**"] }\n';
    const files = { ...START, "interlock/policy.yaml": lets, "interlock/catalog.yaml": catalog };
    const holds = await guard({ away: true });
    const held = await holds.post("/v3/kv/put", putting("/away/a", "1"));
    expect([held.status, held.json.detail]).toEqual([409, expect.stringContaining("is away")]);
    expect(await valueAt("/away/a")).toBe(null);
    const goes = await guard({ away: true, files });
    expect((await goes.post("/v3/kv/put", putting("/elsewhere", "1"))).status).toBe(409);
    expect((await goes.post("/v3/kv/put", putting("/away/a", "1"))).status).toBe(200);
    expect(await valueAt("/away/a")).toBe("1");
    expect(goes.journal()[0]).toMatchObject({ because: expect.stringContaining("`ifDown`") });
    const [record] = pendingRecords(goes.state);
    expect(record?.record).toMatchObject({
      place: { repository: "guard:test", target: "refs/guard/live" },
      pushedBy: ["email:ana@example.com"],
    });
    const narrowed = await guard({ away: true, files, allowIfDown: [4] });
    expect((await narrowed.post("/v3/kv/put", putting("/away/b", "1"))).status).toBe(409);
  });

  it("people can read the change where they sign it", async () => {
    const g = await guard();
    g.server.contents.wanted = true;
    await g.post("/v3/kv/put", putting("/shown", "new"));
    expect(g.server.contents.inputs[0]?.entries).toMatchObject([{ path: "keys/shown/@value" }]);
    expect(g.server.contents.blobs.map((b) => Buffer.from(b).toString())).toEqual(["new"]);
    expect(g.said).toEqual([]);
  });

  it("an engine that is away is told apart from a refusal", async () => {
    const g = await guarding("http://127.0.0.1:9", {});
    for (const path of ["/v3/kv/put", "/v3/kv/range"])
      expect((await g.post(path, putting("/x", "1"))).json).toMatchObject({
        ...{ status: 502, code: "GUARD_UPSTREAM" },
      });
  });
});
