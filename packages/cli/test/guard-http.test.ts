/** `interlock guard` in front of an HTTP API of no known kind. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { listening } from "./gate-server.ts";
import { api, JSON_TYPE, PATCH_TYPE, RULES, world } from "./guarded-api.ts";
import { guarding } from "./guarding.ts";
import { POLICY, START } from "./pushing.ts";
import { commit, git, repository } from "./scratch.ts";

describe("a guard in front of an HTTP API", () => {
  it("holds a change until it is allowed, and forwards it byte for byte", async () => {
    const { a, g } = await world();
    a.flags.set("price", '{"on":false,"revision":7}');
    const body = '{ "limit": 1.50,\n "on": true }';
    const send = () => g.send("PUT", "/api/flags/price", { body, headers: JSON_TYPE });
    const held = await send();
    expect([held.status, held.json.code, a.wrote]).toEqual([409, "GUARD_HELD", []]);
    expect(g.server.asked[0]?.facts).toMatchObject({
      change: {
        subject: "PUT /api/flags/price",
        files: [{ path: "keys/api/flags/price/@value.json" }],
      },
    });
    g.approve();
    const done = await send();
    expect([done.status, done.json]).toEqual([200, { done: true }]);
    expect(done.headers.get("interlock-difference")).toBe(null);
    expect(a.wrote).toMatchObject([{ line: "PUT /api/flags/price", body }]);
    expect(g.journal()[0]?.["effects"]).toMatchObject([
      { before: Buffer.from('{\n  "on": false\n}\n').toString("base64") },
    ]);
  });

  it("a patch is judged by what it makes of what is there, under the version that was read", async () => {
    const { a, g } = await world();
    a.flags.set("price", '{"on":true,"old":1,"revision":1}');
    const send = (headers = {}) =>
      g.send("PATCH", "/api/flags/price", {
        body: '{"old":null,"on":false}',
        headers: { ...PATCH_TYPE, ...headers },
      });
    await send();
    g.approve();
    expect((await send({ "if-match": '"another"' })).json.code).toBe("GUARD_RACED");
    a.before = () => {
      a.flags.set("price", '{"on":"by another"}');
      return false;
    };
    expect((await send()).json.code).toBe("GUARD_RACED");
    expect(a.flags.get("price")).toBe('{"on":"by another"}');
    expect(g.journal().at(-1)).toMatchObject({ line: "ended", outcome: "raced" });
  });

  it("an engine that says yes and does something else is told", async () => {
    const { a, g } = await world();
    const send = () =>
      g.send("PUT", "/api/flags/price", { body: '{"on":true}', headers: JSON_TYPE });
    await send();
    g.approve();
    a.before = (response) => {
      a.flags.set("price", '{"on":"never"}');
      response.end("yes");
      return true;
    };
    const done = await send();
    expect(decodeURIComponent(done.headers.get("interlock-difference") ?? "")).toBe(
      "`/api/flags/price` is not what was approved",
    );
    expect(g.said).toEqual([expect.stringMatching(/^ALARM: after PUT/)]);
  });

  it("a connection that breaks leaves the outcome unknown, and says so", async () => {
    const { a, g } = await world();
    const send = () =>
      g.send("PUT", "/api/flags/price", { body: '{"on":true}', headers: JSON_TYPE });
    await send();
    g.approve();
    a.before = (response) => {
      response.destroy();
      return true;
    };
    expect((await send()).json).toMatchObject({ status: 504, code: "GUARD_UNKNOWN_OUTCOME" });
    expect(g.journal().at(-1)).toMatchObject({ outcome: "lost" });
  });

  it("a query and a header that a rule names are a part of the change", async () => {
    const { a, g } = await world();
    a.flags.set("price", "{}");
    await g.send("DELETE", "/api/flags/price?scope=eu");
    expect(g.server.asked[0]?.facts).toMatchObject({
      change: { files: [{ path: "keys/api/flags/price%3fscope=eu/@value.json" }] },
    });
    const scoped = { ...JSON_TYPE, "x-scope": "eu", "x-other": "1" };
    await g.send("PUT", "/api/flags/price", { body: '{"on":true}', headers: scoped });
    g.approve();
    await g.send("PUT", "/api/flags/price", { body: '{"on":true}', headers: scoped });
    expect(a.wrote[0]?.headers).toMatchObject({ "x-scope": "eu", host: new URL(a.url).host });
    expect(a.wrote[0]?.headers).not.toHaveProperty("x-other");
    expect(a.wrote[0]?.headers).not.toHaveProperty("x-asker");
  });

  it.each<[string, string, string, { body?: string; headers?: Record<string, string> }]>([
    ["no rule", "PUT", "/api/users/eve", { body: "{}", headers: JSON_TYPE }],
    ["another case", "PUT", "/API/flags/price", { body: "{}", headers: JSON_TYPE }],
    ["another method", "POST", "/api/flags/price", { body: "{}", headers: JSON_TYPE }],
    ["a method of no standard", "PURGE", "/api/flags/price", {}],
    ["a query", "PUT", "/api/flags/price?dry=1", { body: "{}", headers: JSON_TYPE }],
    ["an escape in the path", "PUT", "/api/flags/pr%69ce", { body: "{}", headers: JSON_TYPE }],
    [
      "another content type",
      "PUT",
      "/api/flags/price",
      { body: "{}", headers: { "content-type": "text/plain" } },
    ],
    [
      "another charset",
      "PUT",
      "/api/flags/price",
      { body: "{}", headers: { "content-type": "application/json; charset=utf-7" } },
    ],
    ["a deletion with a body", "DELETE", "/api/flags/price", { body: "{}", headers: JSON_TYPE }],
  ])("%s is not understood, and not forwarded", async (_name, method, path, more) => {
    const { a, g } = await world();
    const { status, json } = await g.send(method, path, more);
    expect([status, json.code, a.wrote]).toEqual([403, "GUARD_NOT_UNDERSTOOD", []]);
  });

  it("a caller by name and secret: theirs stays here, the engine is shown the guard's own", async () => {
    const { a, g } = await world();
    const home = join(g.state, "..");
    const hash = createHash("sha256").update("secret-of-ana").digest("hex");
    writeFileSync(join(home, "callers"), `ana@example.com ${hash}\n`);
    writeFileSync(join(home, "engine"), "Bearer of-the-guard\n");
    const own = await guarding(a.url, {
      ...{ kind: "http", rules: RULES, caller: { from: "basic", file: join(home, "callers") } },
      upstream: { url: a.url, authorizationFile: join(home, "engine") },
    });
    const send = (secret: string) => {
      const authorization = `Basic ${Buffer.from(`ana@example.com:${secret}`).toString("base64")}`;
      return own.send("PUT", "/api/flags/price", {
        body: "{}",
        headers: { ...JSON_TYPE, authorization },
      });
    };
    const wrong = await send("another");
    expect([wrong.status, wrong.json.code]).toEqual([401, "GUARD_CALLER"]);
    expect(wrong.headers.get("www-authenticate")).toMatch(/^Basic /);
    await send("secret-of-ana");
    expect(own.server.asked[0]?.facts).toMatchObject({
      change: { pushedBy: ["email:ana@example.com"] },
    });
    own.approve();
    await send("secret-of-ana");
    expect(a.wrote[0]?.headers.authorization).toBe("Bearer of-the-guard");
  });

  it("a header that names the caller counts only from a trusted peer", async () => {
    const { g } = await world({
      caller: { from: "header", header: "x-asker", peers: ["192.0.2.1"] },
    });
    await g.send("PUT", "/api/flags/price", { body: "{}", headers: JSON_TYPE });
    expect(g.server.asked[0]?.facts).toMatchObject({ change: { pushedBy: { $unknown: {} } } });
  });

  it("a caller by client certificate; without one nobody gets in", async () => {
    const { a, g } = await world();
    const home = join(g.state, "..");
    const openssl = (...args: readonly string[]) =>
      expect(
        spawnSync(process.env["OPENSSL"] ?? "openssl", args, { cwd: home, encoding: "utf8" }),
      ).toMatchObject({
        status: 0,
      });
    const made = (name: string, cn: string, ...more: readonly string[]) =>
      openssl(
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${cn}`, ...more],
      );
    made("ca", "people");
    made("guard", "localhost", "-addext", "subjectAltName=DNS:localhost");
    for (const [name, issuer] of [
      ["ana", ["-CA", "ca.pem", "-CAkey", "ca.key"]],
      ["eve", []],
    ] as const)
      made(name, "ana@example.com", ...issuer);
    const file = (name: string) => readFileSync(join(home, name), "utf8");
    const own = await guarding(a.url, {
      ...{ kind: "http", rules: RULES, caller: { from: "certificate" } },
      listen: {
        ...{ address: "127.0.0.1:0", cert: join(home, "guard.pem"), key: join(home, "guard.key") },
        clientCa: join(home, "ca.pem"),
      },
    });
    const send = (as: { cert?: string; key?: string }) =>
      new Promise<number | string>((done) => {
        const asked = secureRequest(
          {
            ...{
              port: own.port,
              host: "127.0.0.1",
              servername: "localhost",
              ca: file("guard.pem"),
            },
            ...{ method: "PUT", path: "/api/flags/price", headers: JSON_TYPE, agent: false, ...as },
          },
          (response) => done(response.resume().statusCode ?? 0),
        );
        asked.on("error", (error) => done(error.message));
        asked.end("{}");
      });
    const with_ = (name: string) => ({ cert: file(`${name}.pem`), key: file(`${name}.key`) });
    expect(await send({})).toEqual(expect.any(String));
    expect(await send(with_("eve"))).toEqual(expect.any(String));
    expect(own.server.asked).toEqual([]);
    expect(await send(with_("ana"))).toBe(409);
    expect(own.server.asked[0]?.facts).toMatchObject({
      change: { pushedBy: ["email:ana@example.com"] },
    });
  });

  it("SS5 SS7 where the engine points elsewhere or never ends is not followed", async () => {
    const other: string[] = [];
    const elsewhere = await listening((request, response) => {
      other.push(request.url ?? "");
      response.end("{}");
    });
    const engine = await listening((request, response) => {
      if (request.url === "/api/flags/endless") {
        response.on("error", () => undefined);
        const more = Buffer.alloc(1 << 20, " ");
        const flow = () => {
          while (!response.destroyed && response.write(more));
        };
        response.on("drain", flow);
        return flow();
      }
      response.writeHead(302, { location: `${elsewhere}/there` }).end();
    });
    const g = await guarding(engine, { kind: "http", rules: RULES });
    const read = await g.send("GET", "/api/flags/price");
    expect([read.status, read.headers.get("location")]).toEqual([302, `${elsewhere}/there`]);
    for (const name of ["price", "endless"]) {
      const sent = { body: "{}", headers: JSON_TYPE };
      const { json } = await g.send("PUT", `/api/flags/${name}`, sent);
      expect(json.code).toBe("GUARD_UPSTREAM");
    }
    expect(other).toEqual([]);
  });

  it("a read on a kept connection that the engine closes just then is asked again", async () => {
    const known = new Set<object>();
    let closed = 0;
    const engine = await listening((request, response) => {
      if (known.has(request.socket)) {
        closed++;
        return void request.socket.destroy();
      }
      known.add(request.socket);
      response.end("{}");
    });
    const g = await guarding(engine, { kind: "http", rules: RULES });
    const read = async () => (await g.send("GET", "/api/flags/price")).status;
    expect([await read(), await read(), closed]).toEqual([200, 200, 1]);
  });

  it("(own-policy) the policy is that of a ref, as it is when the change is asked for", async () => {
    const a = await api();
    const { "a.txt": _, ...own } = START;
    const work = repository(own);
    const g = await guarding(a.url, {
      ...{ kind: "http", rules: RULES, files: {} },
      policy: { repository: work, ref: "refs/heads/main" },
    });
    const send = () => g.send("PUT", "/api/flags/price", { body: "{}", headers: JSON_TYPE });
    expect((await send()).json.missing).toMatchObject([{ rule: "two-people", who: ["payments"] }]);
    const softer = POLICY.replace("mode: enforce", "mode: observe");
    commit(work, { "interlock/policy.yaml": softer }, "observe");
    expect((await send()).status).toBe(200);
    // Wherever git keeps it by now, and where there was no such file when the guard first looked.
    commit(work, { "interlock/policy.yaml": POLICY }, "enforce");
    git(work, "gc", "--quiet", "--prune=now");
    const again = (name = "cost") =>
      g.send("PUT", `/api/flags/${name}`, { body: "{}", headers: JSON_TYPE });
    expect((await again()).json.code).toBe("GUARD_HELD");
    commit(work, { "interlock/policy.yaml": softer }, "observe");
    git(work, "pack-refs", "--all", "--prune");
    expect((await again()).status).toBe(200);
    rmSync(join(work, ".git", "refs", "heads", "main"), { force: true });
    rmSync(join(work, ".git", "packed-refs"));
    expect((await again("tax")).json.code).toBe("GUARD_HELD");
  });

  it("equal requests at the same time are one question", async () => {
    const { g } = await world();
    const send = () => g.send("PUT", "/api/flags/price", { body: "{}", headers: JSON_TYPE });
    const all = await Promise.all([send(), send(), send(), send()]);
    expect(new Set(all.map(({ json }) => json.digest)).size).toBe(1);
    expect(g.server.asked.length).toBeLessThan(4);
  });

  it("a policy that cannot be read holds", async () => {
    const { "interlock/policy.yaml": _, ...files } = START;
    const a = await api();
    const broken = { ...files, "interlock/policy.yaml": "policy: [\n" };
    for (const given of [broken, { "a.txt": "" }]) {
      const g = await guarding(a.url, { kind: "http", rules: RULES, files: given });
      const { json } = await g.send("PUT", "/api/flags/price", { body: "{}", headers: JSON_TYPE });
      expect(json.code).toBe("GUARD_HELD");
    }
  });
});
