/**
 * The emergency path from end to end: keys enrolled while all is well, a server that is gone, two
 * people who sign on their own machines, a push that lands, and a server that is told afterwards.
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { NO_IDENTITY, startServer } from "@interlock/server";
import { freePort } from "@interlock/testkit";
import { expect, it, onTestFinished } from "vitest";
import { makeKey } from "../src/emergency/key.ts";
import { founded, signedIn } from "./organisation.ts";
import { change, POLICY, running, START, type World } from "./pushing.ts";
import { folder, git, interlock, MAIN, put, repository } from "./scratch.ts";
import { logIn, terminal, tokenFor } from "./terminal.ts";

const HOUR = 3_600_000;
/** Keys that are enrolled now count after a cool-down of a day. */
const clock = { shift: -25 * HOUR };

async function serve(data: string, port: number) {
  const started = await startServer({
    ...{ data, port, host: "127.0.0.1", origin: `http://localhost:${port}`, databaseUrl: null },
    ...{ witnesses: [], console: null, identity: NO_IDENTITY, log: false },
    now: () => Date.now() + clock.shift,
    onTrouble: (trouble) => console.error(trouble),
  });
  if (!started.ok) throw new Error(started.failure.message);
  let open = true;
  const close = async () => {
    if (open) await started.value.close();
    open = false;
  };
  onTestFinished(close);
  return { ...started.value, close };
}

const PASSPHRASE = "five words that nobody else has";
const RULE = POLICY.replace("from: owners }", "from: owners, via: passkey }");

it("not-the-outage: held, signed by two, landed, imported, reviewed; the policy is left the same way", async () => {
  const [data, port] = [folder(), await freePort()];
  const server = await serve(data, port);
  const { origin } = server;
  const keys = await founded(origin, String(server.setUpLink).split("#")[1] ?? "");
  const top = folder();
  const [bare, work] = [join(top, "shop.git"), join(top, "work")];
  git(repository({ ...START, "interlock/policy.yaml": RULE }), "clone", "-q", "--bare", ".", bare);
  git(bare, "clone", "-q", bare, work);
  put(top, { passphrase: `${PASSPHRASE}\n`, wrong: "not what it was, at all\n" });
  const passphrase = ["--passphrase-file", join(top, "passphrase")];
  const people = new Map<string, ReturnType<typeof terminal>>();
  for (const person of ["bo", "cy"]) {
    const clone = join(top, person);
    git(bare, "clone", "-q", bare, clone);
    const at = terminal(folder(), clone);
    people.set(person, at);
    // As `emergency enrol` does it, but on the server's clock of yesterday.
    const { key } = makeKey(
      join(at.file, "../emergency-key.json"),
      { server: origin, person },
      PASSPHRASE,
    );
    const his = await signedIn(origin, keys.get(person));
    const proposed = await his.call("POST", "/api/v1/emergency/keys", {
      key,
      reason: "for nights",
    });
    const proposal = String(proposed.body["proposal"]);
    const stranger = await signedIn(origin, keys.get("ana"));
    expect((await stranger.endorse(proposal)).body).toMatchObject({ state: "open" });
    const owner = await signedIn(origin, keys.get(person));
    expect((await owner.endorse(proposal)).body).toMatchObject({
      state: "done",
      kind: "emergency",
    });
  }

  clock.shift = 0;
  const bo = await signedIn(origin, keys.get("bo"));
  const hers = terminal(folder(), work);
  await logIn(hers, origin, await signedIn(origin, keys.get("ana")));
  const enrolled = await hers.run("emergency", "enrol", ...passphrase);
  expect([enrolled.status, enrolled.says]).toEqual([0, expect.stringContaining("/proposals/")]);
  expect((await hers.run("emergency", "enrol", ...passphrase)).says).toContain(
    "there is an emergency key",
  );
  const shown = (await bo.call("GET", "/api/v1/people")).body["people"] as readonly {
    person: string;
    emergencyKeys: readonly object[];
  }[];
  expect(shown.map((one) => [one.person, one.emergencyKeys.length])).toEqual([
    ["ana", 0],
    ["bo", 1],
    ["cy", 1],
  ]);
  const secret = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  put(top, { token: `${secret}\n` });
  const hook = (...args: readonly string[]) =>
    running(top, [process.execPath, MAIN, ...args, "--repo", bare]);
  const to = ["--server", origin, "--token-file", join(top, "token"), "--protect", "main:1"];
  expect((await hook("hook", "install", ...to)).status).toBe(0);
  const roster = await hook("emergency", "roster");
  expect([roster.status, roster.says]).toEqual([
    0,
    expect.stringContaining("2 key(s) of 2 person(s)"),
  ]);
  git(bare, "config", "receive.advertisePushOptions", "true");
  expect((await hook("hook", "reconcile", "--json")).status).toBe(0);

  const base = git(bare, "rev-parse", "main");
  const w = { work } as World;
  const head = change(w, { "a.txt": "two\n" }, "mend the orders");
  await server.close();
  const push = (...options: readonly string[]) =>
    running(work, ["git", "push", ...options, "origin", "main"], {
      REMOTE_USER: "ana@example.com",
    });
  const held = await push();
  expect(held.status).toBe(1);
  const command = /interlock emergency sign (\S+) --ref (\S+)/.exec(held.says);
  expect(command?.slice(1)).toEqual([`${base}..${head}`, "refs/heads/main"]);

  const sign = async (person: string, ...more: readonly string[]) => {
    const at = people.get(person);
    if (at === undefined) throw new Error("nobody");
    git(join(top, person), "fetch", "-q", work, "main");
    const words = ["--ref", "main", "--reason", "orders fall", "--incident", "inc-1"];
    return await at.run("emergency", "sign", command?.[1] ?? "", ...words, ...more);
  };
  expect((await sign("bo", "--passphrase-file", join(top, "wrong"))).says).toContain(
    "the passphrase does not open",
  );
  const first = await sign("bo", ...passphrase, "--push", "origin");
  expect([first.status, first.says]).toEqual([0, expect.stringContaining("the same six words")]);
  expect((await push()).says).toContain("emergency: 1 of 2 emergency signatures count");
  const second = await sign("cy", ...passphrase);
  const line = /interlock-emergency-1\.\S+/.exec(second.says)?.[0] ?? "";
  const journal = readFileSync(
    join(people.get("cy")?.file ?? "", "../emergency-journal.jsonl"),
    "utf8",
  );
  expect(journal).toBe(`${line}\n`);
  expect(/words +(.*)/.exec(first.says)?.[1]).toBe(/words +(.*)/.exec(second.says)?.[1]);
  const landed = await push("-o", `interlock-emergency=${line}`);
  expect([landed.status, git(bare, "rev-parse", "main")]).toEqual([0, head]);
  expect(landed.says).toContain("signed in an emergency by bo and cy");

  const again = await serve(data, port);
  change(w, { "a.txt": "three\n" }, "the next change");
  const next = await push();
  expect([next.status, next.says]).toEqual([
    1,
    expect.stringMatching(
      /what landed on refs\/heads\/main while the server was away is entry \d+\n/,
    ),
  ]);
  const index = Number(/while the server was away is entry (\d+)/.exec(next.says)?.[1]);
  expect((await hook("hook", "import")).says).toBe("nothing waits\n");
  const reader = await signedIn(origin, keys.get("ana"));
  const entry = (await reader.call("GET", `/api/v1/ledger/entries/${index}`)).body;
  expect(entry).toMatchObject({
    kind: "away",
    body: { verified: true, signers: ["bo", "cy"], way: "emergency", head, teams: ["payments"] },
  });
  const debts = (await reader.call("GET", "/api/v1/debts")).body["debts"];
  expect(debts).toMatchObject([
    { open: true, teams: ["payments"], signedBy: ["bo", "cy"], incidents: ["inc-1"] },
  ]);
  const compared = await hook("hook", "reconcile", "--json");
  expect([compared.status, compared.says], "GT16 it is no unrecorded change").toEqual([
    0,
    expect.stringContaining('"unrecorded":null'),
  ]);
  expect((await push()).says).toMatch(/break-glass|debt|review/);
  // What was lost between the server's entry and the mark brings the same entry again.
  rmSync(join(bare, "interlock-away-imported.jsonl"));
  expect((await hook("hook", "import")).says).toContain(`entry ${index}: ${head.slice(0, 12)}`);
  const his = people.get("bo");
  if (his === undefined) throw new Error("nobody");
  await logIn(his, origin, await signedIn(origin, keys.get("bo")));
  expect((await his.run("emergency", "import")).says).toMatch(/^entry \d+\n$/);
  expect((await his.run("emergency", "import")).says).toBe("nothing waits\n");
  const files = folder();
  const { verifierKey } = again;
  put(files, { "trust.txt": `log ${verifierKey}\nquorum none\n` });
  const audit = ["ledger", "verify", "--log", `${origin}/log`, "--policy", "trust.txt"];
  expect((await running(files, [process.execPath, MAIN, ...audit])).status).toBe(0);
}, 300_000);
