/** A person's terminal and a pipeline, against a real server, with software passkeys. */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@interlock/testkit";
import { beforeAll, expect, it } from "vitest";
import { bodyOf, listening } from "./gate-server.ts";
import { founded, serving, signedIn } from "./organisation.ts";
import { commit, folder, git, interlock, repository } from "./scratch.ts";
import { logIn, type Terminal, terminal, tokenFor } from "./terminal.ts";

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
ifDown: [{ tier: 3, then: proceed }]
`,
  "interlock/people.yaml": `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`,
  "rates.txt": "one\n",
};

let server: Awaited<ReturnType<typeof serving>>;
let keys: Awaited<ReturnType<typeof founded>>;
beforeAll(async () => {
  server = await serving(folder(), await freePort(), /set up your organisation.*\n/);
  keys = await founded(server.origin, server.setUp);
});

/** A repository on the founded server that several have cloned, and a change that ana made. */
async function shop() {
  const { origin } = server;
  const work = repository(FILES);
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "remote", "add", "origin", bare);
  git(work, "push", "-q", "origin", "main");
  const head = commit(work, { "rates.txt": "two\n" }, "raise the rates");
  git(work, "push", "-q", "origin", "HEAD:review");
  const clone = join(folder(), "clone");
  git(work, "clone", "-q", bare, clone);
  const ana = await signedIn(origin, keys.get("ana"));
  const bo = await signedIn(origin, keys.get("bo"));
  const cy = await signedIn(origin, keys.get("cy"));
  return { origin, work, bare, clone, head, ana, bo, cy };
}

const idIn = (says: string): string => /\/changes\/([0-9a-f]{20})/.exec(says)?.[1] ?? "";

it("a change is submitted, approved from terminals with passkeys, and the pipeline goes on", async () => {
  const { origin, work, clone, head, ana, bo, cy } = await shop();
  const his = terminal(folder(), clone);
  const hers = terminal(folder(), work);
  await Promise.all([logIn(hers, origin, ana), logIn(his, origin, bo)]);
  expect((await hers.run("whoami")).says).toMatch(/^ana \(ANA\) on http/);
  expect(statSync(his.file).mode & 0o777).toBe(0o600);

  const submitted = await hers.run("change", "submit", "--target", "main");
  expect([submitted.status, submitted.says]).toEqual([
    0,
    expect.stringContaining("needs 2 approval(s)"),
  ]);
  const id = idIn(submitted.says);
  expect(submitted.says).toContain("shown by `ana`; what lands is judged where it lands");
  expect(submitted.says).not.toContain("cannot be read");
  const listed = await his.run("change", "list", "--outcome", "hold", "--target", "main");
  expect(listed.says).toContain(`hold   ${id}`);
  const shown = await his.run("change", "show", `${origin}/changes/${id}`);
  expect(shown.says).toContain("needs 2 approval(s) by owners with a passkey");
  const words = /words +(.*)/.exec(submitted.says)?.[1] ?? "";
  expect(shown.says).toContain(words);

  // The pipeline waits beside the people.
  const secret = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  const pipeline = terminal(folder(), clone, { INTERLOCK_TOKEN: secret });
  const to = ["--server", origin, "--pusher", "ana@example.com"];
  const gate = pipeline.start("gate", "--change", id, "--wait", "--timeout", "600", ...to);
  await gate.says(/hold {2}waits for 2 approval/);

  const refused = await hers.run("approve", id, "--no-wait");
  expect([refused.status, refused.says]).toEqual([
    3,
    expect.stringContaining("so your approval would not count"),
  ]);
  const approving = his.start("approve", id);
  expect(await approving.says(/words +(.*)/)).toBe(words);
  expect(await approving.says(/open +(\S+)/)).toBe(`${origin}/changes/${id}#sign=approve`);
  expect((await bo.approve(id)).status).toBe(200);
  expect(await approving.status).toBe(0);
  expect(approving.said()).toMatch(/approved by bo at .*, entry \d+\nentry [0-9a-f]{64}\n/);
  await gate.says(/waits for .*1 of 2/);
  await cy.approve(id);
  expect([await gate.status, gate.said()]).toEqual([0, expect.stringContaining("✓ allow")]);
  const once = await pipeline.run(
    "gate",
    "--base",
    "origin/main",
    "--head",
    head,
    "--target",
    "main",
    ...to,
    "--json",
  );
  expect(JSON.parse(once.says)).toMatchObject({
    change: id,
    effective: "allow",
    words: words.split(" "),
  });

  const out = await his.run("logout");
  expect([out.status, readFileSync(his.file, "utf8")]).toEqual([
    0,
    expect.not.stringContaining("ilt_"),
  ]);
  expect((await his.run("whoami")).says).toContain("not signed in");
}, 300_000);

it("a file of sessions that others may read is refused, and one that is damaged", async () => {
  const home = folder();
  const dir = folder();
  const here = terminal(home, dir);
  const none = await here.run("whoami");
  expect([none.status, none.says]).toEqual([3, expect.stringContaining("interlock login")]);
  const login = { server: "https://a.example", secret: "ilt_canary", session: "s", person: "ana" };
  const file = { version: 1, logins: [{ ...login, name: "Ana", expiresAt: 1 }] };
  mkdirSync(join(home, "config/interlock"), { recursive: true });
  writeFileSync(here.file, JSON.stringify(file), { mode: 0o600 });
  chmodSync(here.file, 0o640);
  const open = await here.run("whoami");
  expect([open.status, open.says]).toEqual([3, expect.stringContaining("others may read")]);
  chmodSync(here.file, 0o600);
  writeFileSync(here.file, '{"version":1,"logins":[{"secret":"ilt_canary"');
  const broken = await here.run("whoami");
  expect([broken.status, broken.says]).toEqual([3, expect.stringContaining("it is no JSON")]);
  expect(open.says + broken.says).not.toContain("ilt_canary");
  const http = await here.run("login", "--server", "http://interlock.example.com");
  expect([http.status, http.says]).toEqual([64, expect.stringContaining("is not `https://…`")]);
});

it("two people break the glass in an incident, and what they left is reviewed", async () => {
  const { origin, work, clone, head, ana, bo, cy } = await shop();
  const his = terminal(folder(), clone);
  const hers = terminal(folder(), work);
  await Promise.all([logIn(hers, origin, ana), logIn(his, origin, bo)]);
  const id = idIn((await hers.run("change", "submit", "--target", "main")).says);
  const opened = await hers.run("incident", "open", "no orders", "--system", "checkout", "--json");
  const { incident } = JSON.parse(opened.says);
  expect((await his.run("incident", "list")).says).toContain("no orders (checkout)  open");

  const words = ["waive", id, "--rule", "two-people", "--reason", "it burns"];
  for (const [more, status, says] of [
    [["--break-glass"], 64, "`--break-glass` and `--incident` go together"],
    [["--hours", "0"], 64, "is no number of hours"],
    [["--hours", "5", "--break-glass", "--incident", incident], 3, "lasts 4 hours at most"],
    [["--break-glass", "--incident", "inc-1"], 3, "there is no open incident"],
  ] as const) {
    const refused = await his.run(...words, ...more, "--no-wait");
    expect([refused.status, refused.says]).toEqual([status, expect.stringContaining(says)]);
  }
  const waiving = his.start(...words, "--break-glass", "--incident", incident);
  await waiving.says(new RegExp(`waives +two-people \\(break-glass for ${incident}\\)`));
  expect(await waiving.says(/open +(\S+)/)).toBe(
    `${origin}/changes/${id}#sign=override&rule=two-people&incident=${incident}&reason=it+burns`,
  );
  const waives = { rule: "two-people", breakGlass: true, incident };
  const glass = { decision: "override", reason: "it burns", waives };
  for (const person of [bo, cy]) expect((await person.signs(id, glass)).status).toBe(200);
  expect(await waiving.status).toBe(0);
  expect(waiving.said()).toContain(`overridden by bo (two-people, break-glass for ${incident})`);

  const secret = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  const pipeline = terminal(folder(), clone, { INTERLOCK_TOKEN: secret });
  const to = ["--server", origin, "--pusher", "ana@example.com", "--target", "main"];
  const gate = await pipeline.run("gate", "--base", "origin/main", "--head", head, ...to);
  expect([gate.status, gate.says]).toEqual([0, expect.stringContaining("✓ allow")]);
  const listed = await hers.run("debt", "list");
  expect(listed.says).toContain(`change ${id} to refs/heads/main`);
  expect(listed.says).toContain(`holds payments; broken by bo, cy for ${incident}`);
  const debt = listed.says.slice(0, 64);
  const reviewing = hers.start("debt", "review", debt, "--reason", "it was right");
  expect(await reviewing.says(/open +(\S+)/)).toBe(
    `${origin}/changes/${id}#sign=settle&debt=${debt}&reason=it+was+right`,
  );
  await ana.signs(id, { decision: "settle", reason: "it was right", settles: debt });
  expect(await reviewing.status).toBe(0);
  expect((await his.run("debt", "list")).says).toContain("reviewed by ana: it was right");
  const closed = await hers.run("incident", "close", incident, "--reason", "orders are back");
  expect(closed.says).toContain("closed by ana at");
  expect((await his.run("incident", "list")).says).toBe("no incident is open\n");
}, 300_000);

// The last, since it ends the server.
it("what is here and what the server shows must be one change", async () => {
  const { origin, work, clone, head, ana, bo } = await shop();
  const his = terminal(folder(), clone);
  const hers = terminal(folder(), work);
  await Promise.all([logIn(hers, origin, ana), logIn(his, origin, bo)]);
  const id = idIn((await hers.run("change", "submit", "--target", "main")).says);
  git(clone, "fetch", "-q", "origin");
  const lying = await liar(origin, his);
  const refused = await his.run("approve", id, "--server", lying, "--no-wait");
  expect(refused.status).toBe(3);
  expect(refused.says).toContain("the change that is here is not the one that the server shows");
  expect(refused.says).toMatch(/`rates.txt` is modified .*, 4 bytes\) here, and .* 4096 bytes/);
  expect(refused.says).not.toContain("#sign");
  const elsewhere = repository({ "a.txt": "a\n" });
  const foreign = await his.run("approve", id, "--repo", elsewhere, "--no-wait");
  expect(foreign.says).toContain("the change is of the repository");
  // Opposing it needs no clone, and says what was not looked at.
  const rejecting = his.start("reject", id, "--reason", "not today", "--repo", elsewhere);
  await rejecting.says(/! not compared with the repository here/);
  expect(await rejecting.says(/open +(\S+)/)).toBe(
    `${origin}/changes/${id}#sign=reject&reason=not+today`,
  );
  rejecting.kill("SIGINT");
  expect(await rejecting.status).toBe(130);
  const { body } = await bo.call("GET", `/api/v1/changes/${id}`);
  expect(body["signatures"]).toEqual([]);
  await bo.signs(id, { decision: "reject", reason: "not today" });
  const shown = await hers.run("change", "show", id);
  expect(shown.says).toMatch(/rejected by bo at .*: not today/);
  const withdrawing = his.start("withdraw", id, "--json");
  await withdrawing.says(/open +(\S+)/);
  await bo.signs(id, { decision: "withdraw" });
  expect(await withdrawing.status).toBe(0);
  expect(withdrawing.said()).toContain('"kind": "withdrawal"');

  const secret = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  const token = join(folder(), "token");
  writeFileSync(token, `${secret}\n`);
  const pipeline = terminal(folder(), clone, { INTERLOCK_SERVER: origin });
  const gate = (...more: readonly string[]) => {
    const to = ["--base", "origin/main", "--head", head, "--target", "main"];
    return pipeline.run("gate", ...to, "--token-file", token, ...more);
  };
  expect((await gate("--pusher", "ana@example.com")).status).toBe(1);
  expect((await his.run("gate", "--change", id)).status).toBe(64);
  expect((await gate("--allow-if-down", "1")).status).toBe(64);
  await server.stop();
  const held = await gate();
  expect([held.status, held.says]).toEqual([
    1,
    expect.stringMatching(/is away: .*ECONNREFUSED[\s\S]*it has no tier/),
  ]);
  expect((await gate("--tier", "3", "--allow-if-down", "4")).says).toContain(
    "`--allow-if-down` does not name it",
  );
  const on = await gate("--tier", "3");
  expect([on.status, on.says]).toEqual([0, expect.stringContaining("goes on without a decision")]);
  expect((await his.run("logout")).says).toContain("the session is still open");
  expect((await his.run("logout", "--forget")).status).toBe(0);
}, 300_000);

/** A server in between that shows another digest, and other facts, than those that stand there. */
async function liar(origin: string, { file }: Terminal): Promise<string> {
  const url = await listening(async (request, response) => {
    const { method = "GET", headers } = request;
    const body = await bodyOf(request);
    const real = await fetch(`${origin}${request.url}`, {
      method,
      headers: {
        authorization: headers.authorization ?? "",
        ...(body.length === 0 ? {} : { "content-type": "application/json" }),
      },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const shown = (await real.text())
      .replace(/"digest":"[0-9a-f]{64}"/, `"digest":"${"ab".repeat(32)}"`)
      .replace('"bytesAfter":4', '"bytesAfter":4096');
    response.writeHead(real.status, { "content-type": "application/json" });
    response.end(shown);
  });
  const { logins } = JSON.parse(readFileSync(file, "utf8"));
  const more = { ...logins[0], server: url };
  writeFileSync(file, JSON.stringify({ version: 1, logins: [...logins, more] }));
  return url;
}
