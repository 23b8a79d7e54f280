/**
 * The first day, with nothing stood in for: a server, three founders, a bare repository behind the
 * hook, a push that is refused, two passkeys, the push that goes through, the receipt on a copy of the
 * files without the server, and a row that somebody changed.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { canonicalJson, type Json } from "@interlock/digest";
import { fromBase64url, toBase64url } from "@interlock/receipt";
import { opened, type SoftAuthenticator, softAuthenticator } from "@interlock/testkit";
import { sql } from "kysely";
import { expect, it, onTestFailed, onTestFinished } from "vitest";
import { running } from "./pushing.ts";
import { commit, folder, git, interlock, MAIN, put, repository } from "./scratch.ts";

const FILES = {
  CODEOWNERS: "* @payments\n",
  "interlock/policy.yaml": `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: the journey
`,
  "interlock/people.yaml": `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`,
  "rates.txt": "one\n",
};

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A browser of one person, as far as the API can tell. */
function browser(origin: string) {
  let cookie = "";
  return async (method: string, path: string, body?: object, bearer?: string): Promise<Answer> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        origin,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(bearer === undefined
          ? cookie === ""
            ? {}
            : { cookie }
          : { authorization: `Bearer ${bearer}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
}

const secretIn = (link: unknown): string => String(link).split("#")[1] ?? "";
const bytes = (text: unknown): Uint8Array => fromBase64url(String(text)) ?? new Uint8Array();

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Starts the command and waits until it listens; the first time it says how to set it up. */
async function serving(data: string, port: number, until: RegExp) {
  const origin = `http://localhost:${port}`;
  const child = spawn(
    process.execPath,
    [MAIN, "serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--origin", origin],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let said = "";
  const ended = new Promise<number | null>((done) => child.on("close", done));
  onTestFailed(() => console.error(said));
  const stop = async () => {
    child.kill("SIGTERM");
    return await ended;
  };
  onTestFinished(async () => {
    await stop();
  });
  await new Promise<void>((ready, failed) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (until.test(said)) ready();
    });
    child.on("close", () => failed(new Error(`the server ended: ${said}`)));
  });
  const verifierKey = /log key (\S+)/.exec(said)?.[1] ?? "";
  return { origin, verifierKey, setUp: secretIn(/set up .*: (\S+)/.exec(said)?.[1]), stop };
}

function assertionOver(key: SoftAuthenticator, origin: string, challenge: unknown, nonce: unknown) {
  const made = key.assert({ rpId: "localhost", origin, challenge: bytes(challenge) });
  return {
    nonce,
    credential: toBase64url(made.credentialId),
    clientData: toBase64url(made.clientDataJson),
    authenticatorData: toBase64url(made.authenticatorData),
    signature: toBase64url(made.signature),
    userHandle: made.userHandle === null ? null : toBase64url(made.userHandle),
  };
}

/** The founding ceremony: a passkey each, on the final host. */
async function founded(
  origin: string,
  setUp: string,
): Promise<ReadonlyMap<string, SoftAuthenticator>> {
  const anybody = browser(origin);
  const founders = ["ana", "bo", "cy"].map((person) => ({
    person,
    name: person.toUpperCase(),
    accounts: [`email:${person}@example.com`],
  }));
  const begun = await anybody("POST", "/api/v1/set-up", { tenant: "Shop", founders }, setUp);
  expect([begun.status, begun.body["detail"]]).toEqual([200, undefined]);
  const keys = new Map<string, SoftAuthenticator>();
  for (const { person, link } of begun.body["links"] as readonly {
    person: string;
    link: string;
  }[]) {
    const secret = secretIn(link);
    const options = await anybody("POST", "/api/v1/invitation/options", {}, secret);
    const { user, challenge } = options.body["publicKey"] as {
      user: { id: string };
      challenge: string;
    };
    const key = softAuthenticator({ userHandle: bytes(user.id) });
    const made = key.register({ rpId: "localhost", origin, challenge: bytes(challenge) });
    const registration = {
      nonce: options.body["nonce"],
      credential: toBase64url(made.credentialId),
      clientData: toBase64url(made.clientDataJson),
      attestationObject: toBase64url(made.attestationObject),
    };
    const registered = await anybody("POST", "/api/v1/invitation/keys", registration, secret);
    expect([registered.status, registered.body["detail"]]).toEqual([200, undefined]);
    keys.set(person, key);
  }
  const complete = await anybody("POST", "/api/v1/set-up/complete", {}, setUp);
  expect([complete.status, complete.body["detail"]]).toEqual([200, undefined]);
  return keys;
}

async function signedIn(origin: string, key: SoftAuthenticator | undefined) {
  if (key === undefined) throw new Error("no such founder");
  const call = browser(origin);
  const options = await call("POST", "/api/v1/sign-in/options", {});
  const { challenge } = options.body["publicKey"] as { challenge: string };
  const done = await call(
    "POST",
    "/api/v1/sign-in",
    assertionOver(key, origin, challenge, options.body["nonce"]),
  );
  expect([done.status, done.body["detail"]]).toEqual([200, undefined]);
  const approve = async (change: string): Promise<Answer> => {
    const asked = await call("POST", `/api/v1/changes/${change}/statements`, {
      decision: "approve",
    });
    if (asked.status !== 200) return asked;
    const { challenge: signed, nonce } = asked.body;
    return await call(
      "POST",
      `/api/v1/changes/${change}/signatures`,
      assertionOver(key, origin, signed, nonce),
    );
  };
  return { call, approve };
}

it("push refused, two others sign, push accepted, receipt verified offline, a rewritten entry found", async () => {
  const data = folder();
  const port = await freePort();
  const server = await serving(data, port, /set up your organisation.*\n/);
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const work = repository(FILES);
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "push", "-q", bare, "main");
  const facts = JSON.parse(interlock(work, "facts", "HEAD").stdout) as {
    change: { repository: string };
  };

  const bo = await signedIn(origin, keys.get("bo"));
  const token = await bo.call("POST", "/api/v1/tokens", {
    name: "the hook",
    repository: facts.change.repository,
    verbs: ["gate"],
  });
  expect([token.status, token.body["detail"]]).toEqual([200, undefined]);
  const file = join(folder(), "token");
  writeFileSync(file, String(token.body["secret"]));
  const installed = interlock(bare, "hook", "install", "--server", origin, "--token-file", file);
  expect([installed.status, installed.stderr]).toEqual([0, ""]);

  const head = commit(work, { "rates.txt": "two\n" }, "raise the rates");
  const push = () =>
    running(work, ["git", "push", bare, "main"], { REMOTE_USER: "ana@example.com" });
  const refused = await push();
  expect(refused.status).toBe(1);
  const change = /\/changes\/([0-9a-f]{20})/.exec(refused.says)?.[1] ?? "";
  expect(refused.says).toContain("needs 2 approval(s) by owners with a passkey");
  expect(change).not.toBe("");

  const ana = await signedIn(origin, keys.get("ana"));
  expect((await ana.approve(change)).body).toMatchObject({ code: "NOT_ALLOWED" });
  expect((await bo.approve(change)).status).toBe(200);
  expect((await push()).status).toBe(1);
  const cy = await signedIn(origin, keys.get("cy"));
  expect((await cy.approve(change)).status).toBe(200);
  const accepted = await push();
  expect([accepted.status, git(bare, "rev-parse", "main")]).toEqual([0, head]);

  let receipt = await bo.call("GET", `/api/v1/changes/${change}/receipt`);
  for (let wait = 0; receipt.body["code"] === "LEDGER_STALE" && wait < 100; wait++) {
    await new Promise((done) => setTimeout(done, 50));
    receipt = await bo.call("GET", `/api/v1/changes/${change}/receipt`);
  }
  expect(await server.stop()).toBe(0);
  const files = folder();
  const site = {
    ...{ ledger: `${new URL(origin).host}/log`, tenant: "Shop", product: origin },
    ...{ rpId: "localhost", origins: [origin] },
  };
  const decision = receipt.body["decision"] as { body: object };
  const lie = { ...decision, body: { ...decision.body, approvals: 0 } };
  put(files, {
    "trust.txt": `log ${server.verifierKey}\nquorum none\n`,
    "site.json": JSON.stringify(site),
    "receipt.json": canonicalJson(receipt.body as Json),
    "lie.json": canonicalJson({ ...receipt.body, decision: lie } as Json),
  });
  const verify = (...args: readonly string[]) =>
    running(files, [process.execPath, MAIN, "ledger", "verify", ...args, "--policy", "trust.txt"]);
  const verified = await verify("receipt.json", "--site", "site.json");
  expect([verified.status, verified.says]).toEqual([
    0,
    expect.stringContaining("signed by `bo`, `cy`"),
  ]);
  expect((await verify("lie.json", "--site", "site.json")).status).toBe(1);

  const audit = async () => {
    const again = await serving(data, port, /log key .*\n/);
    const audited = await verify("--log", `${origin}/log`, "--remember", "seen");
    await again.stop();
    return audited;
  };
  expect((await audit()).status).toBe(0);
  await rewriteAnEntry(data);
  const found = await audit();
  expect(found.status).toBe(1);
  expect(found.says).toMatch(/entry|tile/);
}, 300_000);

/** What somebody with the database can do, its triggers included. */
async function rewriteAnEntry(data: string): Promise<void> {
  const store = await opened({ directory: join(data, "database") });
  await sql`alter table ledger_entry disable trigger all`.execute(store.db);
  await sql`update ledger_entry set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"kind":"approval"', '"kind":"rejection"'), 'UTF8')
    where kind = 'approval'`.execute(store.db);
  await sql`alter table ledger_entry enable trigger all`.execute(store.db);
  await store.close();
}
