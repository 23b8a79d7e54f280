/**
 * The first day, with nothing stood in for: a server, three founders, a bare repository behind the
 * hook, a push that is refused, two passkeys, the push that goes through, the receipt on a copy of the
 * files without the server, and a row that somebody changed. In between what landed is reverted, and
 * pushed once more (38).
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, type Json } from "@interlock/digest";
import { freePort, opened } from "@interlock/testkit";
import { sql } from "kysely";
import { expect, it } from "vitest";
import { founded, serving, signedIn } from "./organisation.ts";
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

it("push refused, two others sign, push accepted and not again after a revert (approvals-end), receipt verified offline, a rewritten entry found", async () => {
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

  git(work, "revert", "--no-edit", "HEAD");
  const reverting = await push();
  const revert = /\/changes\/([0-9a-f]{20})/.exec(reverting.says)?.[1] ?? "";
  for (const person of [bo, cy]) expect((await person.approve(revert)).status).toBe(200);
  expect((await push()).status).toBe(0);
  git(work, "revert", "--no-edit", "HEAD");
  const again = await push();
  expect([again.status, again.says]).toEqual([1, expect.stringContaining(`/changes/${change}`)]);
  expect(again.says).toMatch(/it landed as entry \d+ says: ask for approvals again/);
  for (const person of [bo, cy]) expect((await person.approve(change)).status).toBe(200);
  expect((await push()).status).toBe(0);

  let receipt = await bo.call("GET", `/api/v1/changes/${change}/receipt`);
  while (receipt.body["code"] === "LEDGER_STALE") {
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
