/** A witness as a process: what it cosigns, what it refuses, and what it knows after `kill -9`. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkNote,
  formatAddCheckpoint,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  type VerifierKey,
} from "@interlock/tlog";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  askingFrom,
  checkpointOf,
  entriesOf,
  grow,
  LOG,
  newLog,
  signer,
  TRUST,
  type Written,
} from "./log-files.ts";
import { folder, interlock, MAIN } from "./scratch.ts";

const NAMED = ["--name", "witness.example.com", "--key", "key.pem"];

type Witness = { readonly dir: string; readonly child: ChildProcess; readonly url: string };

function place(): { readonly dir: string; readonly vkey: string } {
  const dir = folder();
  writeFileSync(join(dir, "logs.txt"), TRUST);
  const made = interlock(dir, "witness", ...NAMED, "--new-key");
  expect([made.status, made.stderr]).toEqual([0, ""]);
  return { dir, vkey: made.stdout.trim() };
}

async function start(dir: string): Promise<Witness> {
  const args = ["--policy", "logs.txt", "--state", "heads", "--listen", "127.0.0.1:0"];
  const child = spawn(process.execPath, [MAIN, "witness", ...NAMED, ...args], { cwd: dir });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stderr, "data");
  const url = /http:\S+/.exec(String(line))?.[0] ?? "";
  child.stderr.resume();
  child.stdout.resume();
  return { dir, child, url };
}

async function killed({ child }: Witness): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function ask(url: string, body: Uint8Array) {
  const response = await fetch(url, { method: "POST", body: Buffer.from(body) });
  const type = response.headers.get("content-type") ?? "";
  return { status: response.status, type, body: await response.text() };
}

function keyOf(vkey: string): VerifierKey {
  const key = parseVerifierKey(vkey);
  if (!key.ok) throw new Error(key.failure.message);
  return key.value;
}

async function isCosigned(log: Written, answer: string, vkey: string): Promise<boolean> {
  const note = parseNote(readFileSync(join(log.dir, "checkpoint")));
  const signatures = parseSignatures(answer);
  if (!note.ok || !signatures.ok) return false;
  const signed = { text: note.value.text, signatures: signatures.value };
  const checked = await checkNote(signed, [keyOf(vkey)]);
  return checked.ok && checked.value.verified.length === 1;
}

const versions = (dir: string): readonly string[] =>
  readdirSync(join(dir, "heads")).filter((name) => /^[0-9a-f]{64}\.\d+$/.test(name));

describe("a witness", () => {
  it("makes its key once, for its owner alone", () => {
    const { dir, vkey } = place();
    expect(vkey).toMatch(/^witness\.example\.com\+[0-9a-f]{8}\+/);
    expect(statSync(join(dir, "key.pem")).mode & 0o777).toBe(0o600);
    const again = interlock(dir, "witness", ...NAMED, "--new-key");
    expect([again.status, again.stdout]).toEqual([3, ""]);
  });

  it("cosigns what grows, and says what it knows to whoever is behind", async () => {
    const { dir, vkey } = place();
    const { url } = await start(dir);
    const log = newLog();
    await grow(log, entriesOf(300, "a"));
    const first = await ask(url, await askingFrom(log, 0));
    expect([first.status, await isCosigned(log, first.body, vkey)]).toEqual([200, true]);
    await grow(log, entriesOf(40, "b"));
    const stale = await ask(url, await askingFrom(log, 0));
    expect(stale).toEqual({ status: 409, type: "text/x.tlog.size", body: "300\n" });
    const second = await ask(url, await askingFrom(log, 300));
    expect([second.status, await isCosigned(log, second.body, vkey)]).toEqual([200, true]);
    expect(versions(dir).length).toBe(1);
  });

  it("LG1 LG2 refuses to go back or aside, and keeps the evidence", async () => {
    const { dir } = place();
    const { url } = await start(dir);
    const log = newLog();
    await grow(log, entriesOf(300, "a"));
    const older = await askingFrom(log, 300);
    await ask(url, await askingFrom(log, 0));
    const fork = newLog();
    await grow(fork, entriesOf(310, "z"));
    const aside = await askingFrom(fork, 300);
    for (const _ of [1, 2]) expect((await ask(url, aside)).status).toBe(422);
    const evidence = join(dir, "heads/evidence");
    const [name = "", ...others] = readdirSync(evidence);
    expect(others).toEqual([]);
    const kept = readFileSync(join(evidence, name));
    expect(kept.toString("utf8")).toMatch(/^witnessed 300 \S+\nold 300\n/);
    expect(kept.subarray(kept.indexOf("old "))).toEqual(Buffer.from(aside));
    await grow(log, entriesOf(9, "b"));
    expect((await ask(url, await askingFrom(log, 300))).status).toBe(200);
    expect(await ask(url, older)).toMatchObject({ status: 409, body: "309\n" });
  });

  it.each<[string, () => Promise<Uint8Array>, number]>([
    ["an origin it does not know", () => asking(signer("log.example.com/other", 1)), 404],
    ["LG17 another key under a known origin", () => asking(signer(LOG.key.name, 2)), 403],
    ["nonsense", async () => Buffer.from("old x\n\n"), 400],
    ["a body without end", async () => Buffer.alloc(5_000_000, "a"), 413],
  ])("%s: %#", async (_name, body, status) => {
    const { dir } = place();
    const { url } = await start(dir);
    expect((await ask(url, await body())).status).toBe(status);
    expect(versions(dir)).toEqual([]);
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(`${url}/x`)).status).toBe(404);
  });
});

const asking = async (by: ReturnType<typeof signer>): Promise<Uint8Array> =>
  formatAddCheckpoint(0, [], await checkpointOf(3, new Uint8Array(32).fill(7), by));

describe("heads only advance", () => {
  it("LG14 of two processes on one state, and requests at once, one history is cosigned", async () => {
    const { dir } = place();
    const witnesses = [await start(dir), await start(dir)];
    const forks = ["a", "b", "c"].map((mark) => ({ log: newLog(), mark }));
    for (const { log, mark } of forks) await grow(log, entriesOf(300, mark));
    const bodies = await Promise.all(forks.map(({ log }) => askingFrom(log, 0)));
    const answers = await Promise.all(
      witnesses.flatMap(({ url }) =>
        bodies.map(async (body, fork) => ({ fork, ...(await ask(url, body)) })),
      ),
    );
    const signed = answers.filter(({ status }) => status === 200).map(({ fork }) => fork);
    expect(new Set(signed).size).toBe(1);
    expect(answers.map(({ status }) => status).filter((s) => ![200, 409, 422].includes(s))).toEqual(
      [],
    );
    expect(versions(dir).length).toBe(1);
  });

  it("LG14 kill -9 as soon as a head is stored: afterwards it stands, and no other one", async () => {
    const { dir, vkey } = place();
    const log = newLog();
    let known = 0;
    for (let round = 0; round < 5; round++) {
      const witness = await start(dir);
      await grow(log, entriesOf(50 + round, `r${round}`));
      const before = versions(dir).join();
      const answer = ask(witness.url, await askingFrom(log, known)).catch(() => null);
      while (versions(dir).join() === before) await new Promise((done) => setImmediate(done));
      await killed(witness);
      await answer;

      const again = await start(dir);
      const fork = newLog();
      await grow(fork, entriesOf(log.edge.size, "fork"));
      // Whoever asks with what it knew learns that the head has moved on.
      const behind = await ask(again.url, await askingFrom(fork, known));
      expect(behind).toMatchObject({ status: 409, body: `${log.edge.size}\n` });
      const same = await ask(again.url, await askingFrom(log, log.edge.size));
      expect([same.status, await isCosigned(log, same.body, vkey)]).toEqual([200, true]);
      known = log.edge.size;
      await killed(again);
    }
  });

  it("a state that it did not write stops it, and is no reason to begin anew", async () => {
    const { dir } = place();
    const witness = await start(dir);
    const log = newLog();
    await grow(log, entriesOf(3, "a"));
    await ask(witness.url, await askingFrom(log, 0));
    writeFileSync(join(dir, "heads", versions(dir)[0] ?? ""), "torn");
    const fork = newLog();
    await grow(fork, entriesOf(3, "z"));
    expect((await ask(witness.url, await askingFrom(fork, 0))).status).toBe(500);
  });

  it("ends when it is asked to", async () => {
    const { dir } = place();
    const { child } = await start(dir);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    expect(code).toBe(0);
  });
});
