// SPDX-License-Identifier: Apache-2.0
/** Who else can write where a driver writes, as real targets tell it. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "@interlock/digest";
import { etcdProgram, sharedPostgres, startEtcd } from "@interlock/testkit";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { openTarget } from "../src/open.ts";
import type { OtherWriters } from "../src/others.ts";
import type { Target } from "../src/target.ts";

async function asked(kind: Target["kind"], settings: Json): Promise<OtherWriters> {
  const opened = await openTarget({ name: "t", kind, settings }, async (name) => name.slice(4));
  if (!opened.ok) throw new Error(opened.failure.message);
  const told = await opened.value.otherWriters?.();
  await opened.value.close();
  if (told?.ok !== true) throw new Error(told?.failure.message ?? "it tells nobody");
  return told.value;
}

function home(): string {
  const made = mkdtempSync(join(tmpdir(), "interlock-others-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe("files", () => {
  const settings = (root: string) => ({ root, cells: { eu: "eu" } });
  const shop = (): string => {
    const root = join(home(), "shop");
    mkdirSync(join(root, "eu"), { recursive: true });
    writeFileSync(join(root, "eu", "rates"), "1");
    for (const place of [root, join(root, "eu")]) chmodSync(place, 0o755);
    chmodSync(join(root, "eu", "rates"), 0o644);
    return root;
  };

  it("of its own user alone are nobody else's", async () => {
    expect(await asked("files", settings(shop()))).toEqual({ others: [], unseen: [] });
  });

  it.each([
    ["eu/rates", 0o646],
    ["eu", 0o757],
    ["", 0o777],
  ])("%s that everybody writes is told with what closes it", async (place, mode) => {
    const root = shop();
    chmodSync(join(root, place), mode);
    expect((await asked("files", settings(root))).others).toContainEqual({
      who: "everybody on this machine",
      because: `\`${join(root, place)}\` is theirs to write`,
      close: `chmod o-w ${join(root, place)}`,
    });
  });

  it("a folder above that everybody writes lets them put another in its place", async () => {
    const root = shop();
    chmodSync(join(root, ".."), 0o777);
    const [one] = (await asked("files", settings(root))).others;
    expect(one?.because).toContain(`another folder in the place of \`${root}\``);
  });

  it.skipIf(process.getuid?.() !== 0)("owners and groups beside our own are told", async () => {
    const root = shop();
    chownSync(join(root, "eu"), 12_345, 23_456);
    chmodSync(join(root, "eu"), 0o775);
    expect((await asked("files", settings(root))).others.map(({ who }) => who)).toEqual([
      "the user with the id 12345",
      "the group with the id 23456",
    ]);
  });
});

it("who pushes to a repository elsewhere is not told, and who knows it is", async () => {
  const settings = {
    repository: "https://git.example.com/shop.git",
    cells: { eu: { branch: "live", folder: "eu" } },
  };
  expect(await asked("git", settings)).toEqual({
    others: [],
    unseen: [expect.stringContaining("who else can push to `live` of `https://git.example.com/")],
  });
});

const cluster = await sharedPostgres();
describe.skipIf(cluster === null)("postgres", () => {
  it("tells superusers, owners, members and whoever was granted writing, and nobody who only reads", async () => {
    const url = cluster?.newDatabase() ?? "";
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    // Roles are of the whole cluster, which other files share.
    const own = `o${process.pid}_${Math.floor(performance.timeOrigin) % 1e6}`;
    const role = (name: string) => `"${own} ${name}"`;
    const roles = ["driver", "reader", "writer", "column", "member", "writers", "owner"];
    onTestFinished(async () => {
      for (const name of roles)
        await client.query(`drop owned by ${role(name)}; drop role ${role(name)}`);
      await client.end();
    });
    for (const name of roles)
      await client.query(`create role ${role(name)} ${name === "writers" ? "" : "login"}`);
    await client.query(`alter role ${role("member")} noinherit`);
    await client.query(`
      create table "Shop ""Rates" (key text primary key, value bytea);
      alter table "Shop ""Rates" owner to ${role("owner")};
      grant select on "Shop ""Rates" to ${role("reader")}, ${role("driver")};
      grant update on "Shop ""Rates" to ${role("writer")};
      grant update (value) on "Shop ""Rates" to ${role("column")};
      grant delete on "Shop ""Rates" to ${role("writers")};
      grant ${role("writers")} to ${role("member")};`);
    const told = await asked("postgres", {
      url: `env:${url}`,
      cells: { eu: 'Shop "Rates' },
      createFence: true,
    });
    const made = await client.query("select to_regclass('interlock_fence') as fences");
    expect(made.rows).toEqual([{ fences: null }]);
    const named = told.others.filter(({ who }) => who.startsWith(own));
    expect(Object.fromEntries(named.map(({ who, because }) => [who, because]))).toEqual({
      [`${own} owner`]: expect.stringMatching(/^owns "Shop ""Rates"/),
      [`${own} writer`]: expect.stringMatching(/^was granted writing/),
      [`${own} column`]: expect.stringMatching(/^was granted writing/),
      [`${own} member`]: expect.stringMatching(/^was granted writing/),
    });
    await client.query(`alter role ${role("reader")} superuser`);
    const after = await asked("postgres", { url: `env:${url}`, cells: { eu: 'Shop "Rates' } });
    expect(after.others).toContainEqual({
      who: `${own} reader`,
      because: "a superuser writes everywhere",
      close: expect.stringContaining("nosuperuser"),
    });
    await client.query(`grant insert on "Shop ""Rates" to public`);
    const everybody = await asked("postgres", { url: `env:${url}`, cells: { eu: 'Shop "Rates' } });
    expect(everybody.others.map(({ who }) => who)).toContain(`${own} driver`);
  });
});

describe.skipIf(etcdProgram() === null)("etcd", () => {
  it("tells whoever reaches it without authentication, then users by their roles, then only root", async () => {
    const folder = home();
    const etcd = await startEtcd(join(folder, "etcd"));
    onTestFinished(() => etcd.kill());
    const call = async (path: string, body: object) =>
      await fetch(`${etcd.endpoint}${path}`, { method: "POST", body: JSON.stringify(body) });
    const cells = { eu: "/shop/eu/" };
    const settings = { endpoints: [etcd.endpoint], cells };
    expect((await asked("etcd", settings)).others).toMatchObject([
      { who: "whoever reaches etcd in the network", close: expect.stringContaining("auth enable") },
    ]);
    const perm = (permType: number, key: string, end: string) => ({
      permType,
      key: Buffer.from(key).toString("base64"),
      range_end: Buffer.from(end, "latin1").toString("base64"),
    });
    const users: readonly [string, object | null][] = [
      ["root", null],
      ["interlock", perm(2, "/shop/", "/shop0")],
      ["one-key", perm(1, "/shop/eu/rates", "")],
      ["all", perm(2, "\0", "\0")],
      ["reader", perm(0, "/shop/", "/shop0")],
      ["beside", perm(2, "/shop/us/", "/shop/us0")],
      ["nobody", null],
      ["it's; reboot", perm(2, "/shop/", "/shop0")],
    ];
    for (const [name, given] of users) {
      await call("/v3/auth/user/add", { name, password: "secret" });
      await call("/v3/auth/role/add", { name });
      if (given !== null) await call("/v3/auth/role/grant", { name, perm: given });
      await call("/v3/auth/user/grant", { user: name, role: name });
    }
    await call("/v3/auth/enable", {});
    const as = (user: string) => ({ ...settings, user, password: "env:secret" });
    const { others } = await asked("etcd", as("root"));
    expect(others.map(({ who }) => who).sort()).toEqual([
      ...["all", "interlock", "it's; reboot", "one-key"],
    ]);
    expect(others.find(({ who }) => who.startsWith("it"))?.close).toBe(
      String.raw`etcdctl user revoke-role -- 'it'\''s; reboot' 'it'\''s; reboot'`,
    );
    expect(await asked("etcd", as("interlock"))).toEqual({
      others: [],
      unseen: [expect.stringContaining("only its root is told")],
    });
  });
});

describe("kubernetes", () => {
  const rule = (verbs: readonly string[], more: object = {}) => ({
    ...{ apiGroups: [""], resources: ["configmaps"], verbs },
    ...more,
  });
  const role = (name: string, ...rules: readonly object[]) => ({ metadata: { name }, rules });
  const binding = (name: string, kind: string, to: string, ...subjects: readonly object[]) => ({
    ...{ metadata: { name }, roleRef: { kind, name: to }, subjects },
  });
  const user = (name: string) => ({ kind: "User", name });
  const RBAC: Readonly<Record<string, readonly object[]>> = {
    clusterroles: [
      role("admin", { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }),
      role("view", rule(["get", "list"])),
      role("edit", rule(["patch"])),
    ],
    clusterrolebindings: [
      binding("admins", "ClusterRole", "admin", { kind: "Group", name: "platform" }),
      binding("viewers", "ClusterRole", "view", user("ana")),
    ],
    "namespaces/shop/roles": [
      role("rates", rule(["update"], { resourceNames: ["rates"] })),
      role("other", rule(["update"], { resourceNames: ["other"] })),
      role("apps", rule(["patch"], { apiGroups: ["apps"], resources: ["deployments"] })),
    ],
    "namespaces/shop/rolebindings": [
      binding("rates", "Role", "rates", { kind: "ServiceAccount", namespace: "ci", name: "job" }),
      binding("other", "Role", "other", user("bo")),
      binding("apps", "Role", "apps", user("cy")),
      binding("edit", "ClusterRole", "edit", user("dee")),
      binding("gone", "Role", "gone", user("eve")),
      binding("a; reboot #", "ClusterRole", "edit", user("fay")),
    ],
  };
  async function server(allowed: boolean): Promise<string> {
    const listening = createServer((request, response) => {
      const path = (request.url ?? "").replace("/apis/rbac.authorization.k8s.io/v1/", "");
      const items = RBAC[path];
      response.writeHead(!allowed ? 403 : items === undefined ? 404 : 200);
      response.end(JSON.stringify({ items: items ?? [] }));
    });
    await new Promise<void>((done) => listening.listen(0, "127.0.0.1", done));
    onTestFinished(() => void listening.close());
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
  }
  const settings = (origin: string) => ({ server: origin, cells: { eu: "shop/rates" } });

  it("tells whom a bound role lets write the object, and nobody else", async () => {
    const { others } = await asked("kubernetes", settings(await server(true)));
    expect(others.map(({ who }) => who)).toEqual([
      ...["group platform", "service account ci/job", "user dee", "user fay"],
    ]);
    // What is copied into a shell is one word, whatever whoever named it wanted.
    expect(others[3]?.close).toMatch(/^kubectl delete rolebinding -n shop -- 'a; reboot #', /);
    expect(others[1]).toEqual({
      who: "service account ci/job",
      because: "rolebinding `rates` lets it write `shop/rates`",
      close: "kubectl delete rolebinding -n shop -- rates, unless that is this server's own",
    });
  });

  it("says what it may not read", async () => {
    expect(await asked("kubernetes", settings(await server(false)))).toEqual({
      others: [],
      unseen: [expect.stringContaining("kubectl auth can-i patch configmaps -n shop --as USER")],
    });
  });
});
