/** The webhook as a command: over TLS, following a real server that a real hook asks. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import { freePort } from "@interlock/testkit";
import { expect, it, onTestFailed, onTestFinished, vi } from "vitest";
import { founded, serving, signedIn } from "./organisation.ts";
import { running } from "./pushing.ts";
import { commit, folder, git, interlock, MAIN, put, repository } from "./scratch.ts";

const POLICY = "policy: shop\nversion: 1\nmode: observe\nrules: []\n";
const config = (days: number): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: promise }\ndata: { days: "${days}" }\n`;

function certificate(home: string): void {
  const made = spawnSync(
    process.env["OPENSSL"] ?? "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", "tls.key", "-out", "tls.crt", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost"],
    ],
    { cwd: home },
  );
  expect(made.status).toBe(0);
}

type Answered = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at by field
  readonly json: any;
};

async function webhook(home: string) {
  const child = spawn(process.execPath, [MAIN, "admission", "--settings", "admission.json"], {
    cwd: home,
  });
  const ended = once(child, "close");
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  onTestFailed(() => console.error(said));
  const port = await new Promise<number>((done, fail) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      const at = / at https:\S+:(\d+)\/validate/.exec(said)?.[1];
      if (at !== undefined) done(Number(at));
    });
    child.on("close", () => fail(new Error(said)));
  });
  const ca = readFileSync(join(home, "tls.crt"));
  const send = (method: string, path: string, body = ""): Promise<Answered> =>
    new Promise((done, fail) => {
      // A kept connection may be closed under a request by the other side.
      const terms = { host: "127.0.0.1", servername: "localhost", port, ca, agent: false };
      const asked = secureRequest({ ...terms, method, path }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString("utf8");
        });
        response.on("end", () =>
          done({ status: response.statusCode ?? 0, json: JSON.parse(text) }),
        );
      });
      asked.on("error", fail);
      asked.end(body);
    });
  return { child, ended, send, said: () => said };
}

/** As the API server sends it (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request). */
const creating = (days: string, more: object = {}): string =>
  JSON.stringify({
    ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
    request: {
      uid: `uid-${days}`,
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      ...{ name: "promise", namespace: "shop", operation: "CREATE", dryRun: false },
      userInfo: { username: "ana", groups: ["deployers"] },
      object: {
        ...{ apiVersion: "v1", kind: "ConfigMap", data: { days } },
        metadata: { name: "promise", namespace: "shop", uid: "u" },
      },
      oldObject: null,
      ...more,
    },
  });

it("what a push brought past a real gate is let in, and nothing else; P4 away, only what was allowed", async () => {
  const server = await serving(folder(), await freePort(), /set up your organisation.*\n/);
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const work = repository({ "interlock/policy.yaml": POLICY });
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "push", "-q", bare, "main");
  const { change } = JSON.parse(interlock(work, "facts", "HEAD").stdout);
  const bo = await signedIn(origin, keys.get("bo"));
  const token = async (name: string, repository: string, ...verbs: readonly string[]) => {
    const made = await bo.call("POST", "/api/v1/tokens", { name, repository, verbs });
    return String(made.body["secret"]);
  };
  const home = folder();
  put(home, {
    hook: await token("the hook", change.repository, "gate"),
    token: await token("the webhook", change.repository, "read"),
    "admission.json": JSON.stringify({
      ...{ version: 1, name: "eu", mode: "enforce", state: "state", tokenFile: "token" },
      ...{ listen: { address: "127.0.0.1:0", cert: "tls.crt", key: "tls.key" }, server: origin },
      timeoutMs: 25_000,
      ...{ ref: "refs/heads/main", manifests: [{ prefix: "deploy/", namespace: "shop" }] },
      ...{ pollSeconds: 600, tiers: [{ namespace: "reports", tier: 3 }], allowIfDown: [3] },
    }),
  });
  certificate(home);
  const hook = ["hook", "install", "--server", origin, "--token-file", join(home, "hook")];
  expect(interlock(bare, ...hook, "--protect", "main").status).toBe(0);
  const push = async (files: Record<string, string>) => {
    commit(work, files, "manifests");
    const env = { REMOTE_USER: "ana@example.com" };
    expect((await running(work, ["git", "push", bare, "main"], env)).status).toBe(0);
  };
  // TK1: what another repository's token reads is not this one's.
  const strange = await token("another", "somebody/else", "read");
  const told = await fetch(`${origin}/api/v1/admission/changes`, {
    method: "POST",
    headers: { authorization: `Bearer ${strange}`, "content-type": "application/json" },
    body: JSON.stringify({ ref: "refs/heads/main", prefixes: [""], after: -1 }),
  });
  expect(await told.json()).toMatchObject({ changes: [], more: false });

  const first = await webhook(home);
  let asked = 0;
  const ask = async (text: string, of = first) => {
    const { status, json } = await of.send("POST", "/validate?timeout=10s", text);
    expect(status).toBe(200);
    asked++;
    return json.response;
  };
  /** Within a quarter of a second of a refusal the server is not asked again. */
  const admitted = async (days: string) =>
    await vi.waitFor(
      async () => {
        const answer = await ask(creating(days));
        expect(answer.allowed).toBe(true);
        return answer;
      },
      { timeout: 30_000, interval: 100 },
    );
  expect(await ask(creating("1"))).toMatchObject({
    ...{ uid: "uid-1", allowed: false },
    status: { code: 403, message: expect.stringContaining("no allowed change contains") },
    auditAnnotations: { outcome: "refused" },
  });
  // Without waiting for the next look: a refusal is asked about once more.
  await push({ "deploy/promise.yaml": config(1), "other/promise.yaml": config(9) });
  expect(await admitted("1")).toMatchObject({
    auditAnnotations: { outcome: "admitted", change: expect.stringMatching(/^[0-9a-f]{20}$/) },
  });
  expect((await ask(creating("9"))).allowed).toBe(false);
  await push({ "deploy/promise.yaml": config(2) });
  await admitted("2");
  const onRecord = asked;
  expect((await ask(creating("3", { dryRun: true }))).allowed).toBe(false);
  for (const [method, path, body, status] of [
    ["POST", "/validate", "{", 400],
    ["POST", "/validate", "x".repeat(9 << 20), 413],
    ["GET", "/validate", "", 405],
    ["GET", "/", "", 404],
    ["GET", "/readyz", "", 200],
    ["GET", "/livez", "", 200],
  ] as const)
    expect([path, (await first.send(method, path, body)).status]).toEqual([path, status]);
  const journal = () =>
    readFileSync(join(home, "state", "admission-journal.jsonl"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const lines = journal();
  expect(lines).toHaveLength(onRecord);
  expect(lines.map(({ outcome }) => outcome).filter((one, i, all) => one !== all[i - 1])).toEqual([
    "refused",
    "admitted",
    "refused",
    "admitted",
  ]);
  expect(lines.find(({ outcome }) => outcome === "admitted")).toMatchObject({
    ...{ by: "ana", operation: "CREATE", namespace: "shop" },
  });

  await server.stop();
  expect((await ask(creating("2"))).allowed).toBe(true);
  // What the server answered a moment ago counts for that moment: it is refused either way.
  await vi.waitFor(
    async () => {
      const away = await ask(creating("4"));
      expect(away.allowed).toBe(false);
      expect(away.status.message).toContain("the server is away");
    },
    { timeout: 30_000, interval: 100 },
  );
  first.child.kill("SIGTERM");
  expect(await first.ended).toEqual([0, null]);
  // A restart without the server forgets nothing.
  const settings = join(home, "admission.json");
  writeFileSync(settings, readFileSync(settings, "utf8").replace('"enforce"', '"observe"'));
  const again = await webhook(home);
  const known = await ask(creating("2"), again);
  expect([known.allowed, known.warnings]).toEqual([true, undefined]);
  const would = await ask(creating("6"), again);
  expect([would.allowed, would.warnings]).toEqual([
    true,
    [expect.stringContaining("interlock would refuse this: ConfigMap `shop/promise` is not as in")],
  ]);
  const object = {
    ...{ apiVersion: "v1", kind: "ConfigMap" },
    metadata: { name: "promise", namespace: "reports" },
  };
  const low = await ask(creating("5", { namespace: "reports", object }), again);
  expect([low.auditAnnotations.outcome, low.warnings]).toEqual([
    "admitted",
    [expect.stringContaining("the server is away")],
  ]);
});
