/** Tier 1 waits for what anybody can be shown: real pushes, a real server, a real witness that comes and goes. */
import { type ChildProcess, spawn } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { emergencyMessage } from "@interlock/core";
import { emergencyKeyId, formatEmergency, fromBase64url } from "@interlock/receipt";
import { NO_IDENTITY, startServer } from "@interlock/server";
import { freePort } from "@interlock/testkit";
import {
  formatNote,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signCheckpoint,
  type VerifierKey,
  verifierKey,
} from "@interlock/tlog";
import { expect, it, onTestFinished } from "vitest";
import { declared, standingTargets } from "../src/doctor/if-down.ts";
import { ROSTER_FILE } from "../src/emergency/roster.ts";
import { toSign } from "../src/emergency/signing.ts";
import { pendingRecords } from "../src/hook/away.ts";
import { readSettings } from "../src/hook/settings.ts";
import { sourceOf } from "../src/ledger/source.ts";
import { lookFor } from "../src/provable/look.ts";
import { pinnedAt } from "../src/provable/pinned.ts";
import { founded, signedIn } from "./organisation.ts";
import { change, POLICY, running, START, type World } from "./pushing.ts";
import { commit, folder, git, interlock, MAIN, put, repository } from "./scratch.ts";
import { tokenFor } from "./terminal.ts";

const NAME = "witness.example.com";

/** A witness of its own process on a port that stays. */
function witness(port: number) {
  const dir = folder();
  const named = ["--name", NAME, "--key", "key.pem"];
  const made = interlock(dir, "witness", ...named, "--new-key");
  const key = parseVerifierKey(made.stdout.trim());
  if (!key.ok) throw new Error(key.failure.message);
  let child: ChildProcess | null = null;
  const stop = async () => {
    child?.kill("SIGKILL");
    if (child !== null && child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
    child = null;
  };
  onTestFinished(stop);
  const start = async () => {
    const args = ["--policy", "logs.txt", "--state", "heads", "--listen", `127.0.0.1:${port}`];
    child = spawn(process.execPath, [MAIN, "witness", ...named, ...args], { cwd: dir });
    child.stdout?.resume();
    await once(child.stderr as NonNullable<typeof child.stderr>, "data");
  };
  return { dir, start, stop, at: { key: key.value, url: `http://127.0.0.1:${port}` } };
}

/** What a server, or somebody between, shows in place of its newest checkpoint. */
type Lie = { checkpoint: string | null };

/** Passes everything on to the server but for what it lies about. */
async function between(origin: string, lie: Lie): Promise<string> {
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { authorization } = request.headers;
    const answer = await fetch(`${origin}${request.url}`, {
      method: request.method ?? "GET",
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(chunks.length === 0 ? {} : { "content-type": "application/json" }),
      },
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const lies = request.url === "/log/checkpoint" && lie.checkpoint !== null;
    const body = lies ? lie.checkpoint : Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, {
      "content-type": answer.headers.get("content-type") ?? "text/plain",
    });
    response.end(body);
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

/** A checkpoint of this size and another root, by this key under the log's name. */
async function forged(like: string, secret: KeyObject): Promise<string> {
  const note = parseNote(Buffer.from(like));
  const read = note.ok ? parseCheckpoint(note.value.text) : note;
  if (!read.ok) throw new Error(read.failure.message);
  const raw = Buffer.from(secret.export({ format: "jwk" }).x ?? "", "base64url");
  const key: VerifierKey = verifierKey(read.value.origin, "ed25519", new Uint8Array(raw));
  const checkpoint = { ...read.value, root: new Uint8Array(32).fill(7) };
  const made = await signCheckpoint(checkpoint, key, (message) =>
    Promise.resolve(new Uint8Array(sign(null, message, secret))),
  );
  return new TextDecoder().decode(formatNote(made));
}

/** Two who may sign in an emergency, put into the hook's roster, and what they sign of the newest change. */
async function emergency(bare: string, work: string): Promise<readonly string[]> {
  const path = join(bare, ROSTER_FILE);
  const roster = JSON.parse(readFileSync(path, "utf8"));
  const owners = ["bo", "cy"].map((person) => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const key = publicKey.export({ format: "jwk" }).x ?? "";
    const credential = emergencyKeyId(fromBase64url(key) ?? new Uint8Array());
    return { own: { person, credential, key, usableFrom: 1 }, privateKey };
  });
  writeFileSync(path, JSON.stringify({ ...roster, keys: owners.map(({ own }) => own) }));
  git(bare, "config", "receive.advertisePushOptions", "true");
  const lines: string[] = [];
  for (const { own, privateKey } of owners) {
    const { person, key, credential } = own;
    const file = { version: 1, server: roster.server, person, key, salt: key, privateKey: "" };
    const words = { reason: "orders fall", incident: "inc-1", minutes: 20 };
    const wanted = { ...words, range: "origin/main..main", ref: "refs/heads/main" };
    const made = (await toSign(work, file, wanted)).statement;
    const statement = { ...made, key: credential };
    const signature = sign(null, emergencyMessage(statement), privateKey);
    lines.push(formatEmergency({ statement, signature }));
  }
  return lines;
}

/** What comes has come by then, however busy the machine is. */
const PATIENT_MS = 60_000;
/** Of a push that waits in vain: the server still answers in it. */
const HASTY_MS = 8_000;

function patience(bare: string, timeoutMs: number): void {
  const path = join(bare, "interlock.json");
  const settings = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify({ ...settings, timeoutMs }));
}

/** Approvals are not what is waited for here; what nothing enforces would wait for nothing. */
const FREE = `${POLICY.replace("mode: enforce", "mode: observe")}  - id: never
    title: A rule about something else
    when: change.files.exists(f, f.path == "never")
    require: { deny: never }
    mode: enforce
    motive: a test
`;
const LETS = `${FREE}ifDown:\n  - { tier: 1, away: witness, then: proceed }\n`;

async function stand() {
  const w = witness(await freePort());
  const [data, port] = [folder(), await freePort()];
  const started = await startServer({
    ...{ data, port, host: "127.0.0.1", origin: `http://localhost:${port}`, databaseUrl: null },
    ...{ witnesses: [w.at], console: null, identity: NO_IDENTITY, log: false, now: Date.now },
    onTrouble: (trouble) => console.error(trouble),
  });
  if (!started.ok) throw new Error(started.failure.message);
  const { origin, verifierKey: log, setUpLink, close } = started.value;
  onTestFinished(close);
  writeFileSync(join(w.dir, "logs.txt"), `log ${log}\nquorum none\n`);
  await w.start();
  const keys = await founded(origin, String(setUpLink).split("#")[1] ?? "");
  const first = repository({ ...START, "interlock/policy.yaml": FREE });
  git(first, "branch", "web");
  git(first, "checkout", "-q", "-b", "lets");
  commit(first, { "interlock/policy.yaml": LETS }, "witnesses may be away");
  git(first, "checkout", "-q", "main");
  const top = folder();
  const [bare, work] = [join(top, "shop.git"), join(top, "work")];
  git(first, "clone", "-q", "--bare", ".", bare);
  git(bare, "clone", "-q", bare, work);
  const bo = await signedIn(origin, keys.get("bo"));
  const token = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  put(top, { token: `${token}\n` });
  const lie: Lie = { checkpoint: null };
  const server = await between(origin, lie);
  const command = (...args: readonly string[]) =>
    running(top, [process.execPath, MAIN, ...args], { REMOTE_USER: "ana@example.com" });
  const push = (to: string) =>
    running(work, ["git", "push", "origin", `HEAD:${to}`], { REMOTE_USER: "ana@example.com" });
  return { w, bo, data, server, lie, bare, work, command, push };
}

it("LG1 LG17 (provable) Tier 1 lands once witnesses can show it, waits while they are away, and never for a log that lies", async () => {
  const { w, bo, data, server, lie, bare, work, command, push } = await stand();
  const to = ["--server", server, "--token-file", "token", "--timeout", `${PATIENT_MS}`];
  const refs = ["--protect", "main:1", "web:3", "lets:1"];
  const installed = await command("hook", "install", "--repo", bare, ...to, ...refs);
  expect([installed.status, installed.says]).toEqual([
    0,
    expect.stringMatching(/from now on only the log `localhost:\d+\/log` with the quorum/),
  ]);
  expect(installed.says).toContain("fetched the roster of 0 emergency key(s)");
  const tip = () => git(bare, "rev-parse", "main");
  const makes = (text: string) => change({ work } as World, { "a.txt": text });

  const one = makes("two\n");
  const landed = await push("main");
  expect([landed.status, landed.says]).toEqual([
    0,
    expect.stringMatching(
      /provable: in the log's checkpoint over \d+ entries, cosigned by witness/,
    ),
  ]);
  const older = readFileSync(join(bare, "interlock-checkpoint"), "utf8");
  expect(older).toContain(`— ${NAME} `);

  await w.stop();
  patience(bare, HASTY_MS);
  makes("three\n");
  const held = await push("main");
  expect([held.status, tip(), held.says]).toEqual([1, one, expect.any(String)]);
  expect(held.says.match(/refs\/heads\/main: allowed, waiting for 1 witness: .*\n/g)).toEqual([
    expect.stringMatching(/`witness\.example\.com`; for at most [1-8] s more\n$/),
  ]);
  expect(held.says).toContain("a change of Tier 1 waits for them: `ifDown` of the policy in force");
  expect(held.says).toContain("interlock emergency sign");
  const signed = await emergency(bare, work);
  const through = await running(
    work,
    [
      "git",
      "push",
      ...signed.flatMap((line) => ["-o", `interlock-emergency=${line}`]),
      "origin",
      "main",
    ],
    { REMOTE_USER: "ana@example.com" },
  );
  expect([through.status, tip(), through.says]).toEqual([
    0,
    git(work, "rev-parse", "main"),
    expect.stringContaining("signed in an emergency by bo and cy"),
  ]);
  makes("four\n");
  const ahead = ["--repo", work, "--base", "origin/main", "--target", "main", "--tier"];
  const asked = ["gate", "--server", server, "--token-file", "token", ...ahead];
  expect(pendingRecords(bare)).toMatchObject([{ record: { signed } }]);
  expect((await push("web")).status).toBe(0);
  expect(pendingRecords(bare)).toEqual([]);
  git(work, "fetch", "-q", "origin");
  git(work, "checkout", "-q", "--detach", "origin/lets");
  makes("lets\n");
  const went = await push("lets");
  expect([went.status, went.says]).toEqual([
    0,
    expect.stringContaining("! goes on, not provable yet  refs/heads/lets"),
  ]);
  expect(pendingRecords(bare)).toMatchObject([
    { record: { because: expect.stringContaining("waits for 1 witness"), signed: [] } },
  ]);
  git(work, "checkout", "-q", "main");
  const waits = await command(...asked, "1", "--wait", "--timeout", "1");
  expect([waits.status, waits.says]).toEqual([
    1,
    expect.stringContaining("● hold  refs/heads/main"),
  ]);
  const targets = await standingTargets(bare, readSettings(bare));
  const whileWitnessAway = declared(targets, readSettings(bare)).map(({ ref, tiers }) => [
    ref,
    tiers.map((one) => one.while.witness),
  ]);
  expect(whileWitnessAway).toEqual([
    ["refs/heads/lets", ["goes on"]],
    ["refs/heads/main", ["waits"]],
    ["refs/heads/web", ["waits", "is judged", "is judged"]],
  ]);

  await w.start();
  patience(bare, PATIENT_MS);
  const back = await push("main");
  expect([back.status, tip()]).toEqual([0, git(work, "rev-parse", "main")]);
  expect(back.says).toMatch(/what landed on refs\/heads\/lets .* is entry \d+\n/);
  // What `ifDown` let go on the gate had allowed, so nobody owes it a review.
  expect((await bo.call("GET", "/api/v1/debts")).body["debts"]).toMatchObject([
    { target: "refs/heads/main" },
  ]);

  const latest = readFileSync(join(bare, "interlock-checkpoint"), "utf8");
  const logKey = createPrivateKey(readFileSync(join(data, "log-key.pem")));
  const { privateKey: other } = generateKeyPairSync("ed25519");
  const policy = pinnedAt(bare);
  if (policy === null) throw new Error("nothing is pinned");
  const look = (index: number) =>
    lookFor(
      { index, entry: "ab".repeat(32), digest: null },
      { gitDir: bare, policy, fetch: sourceOf(`${server}/log`) },
    );
  const alarm = (says: string) => ({ kind: "alarm", says: expect.stringContaining(says) });
  expect(await look(0), "another entry").toEqual(
    alarm("is not the decision that the server named"),
  );
  expect(await look(1_000)).toMatchObject({ kind: "late" });
  lie.checkpoint = older;
  expect(await look(0), "LG1 rolled back").toEqual(alarm("it went back"));
  lie.checkpoint = await forged(latest, other);
  expect(await look(0), "LG17 another key").toEqual(alarm("not the log that is pinned"));
  const fork = await forged(latest, logKey);
  lie.checkpoint = fork;
  const stood = tip();
  makes("five\n");
  const refused = await push("main");
  expect([refused.status, tip(), refused.says]).toEqual([
    1,
    stood,
    expect.stringMatching(/ALARM: the log has rewritten the \d+ entries seen here: it forked/),
  ]);
  expect(refused.says).toContain("help: tell whoever runs the server");
  expect(readFileSync(join(bare, "interlock-checkpoint.alarm"), "utf8")).toBe(fork);
  const trust = readFileSync(join(bare, "interlock-trust.txt"), "utf8");
  expect(trust).toMatch(/^# taken from http:\/\/127/);
});
