/** Receipts verified without a server, and logs audited as files and over HTTP. */
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { listening } from "./gate-server.ts";
import { checkpointOf, entriesOf, grow, newLog, signer, TRUST, type Written } from "./log-files.ts";
import { running } from "./pushing.ts";
import { folder, interlock, MAIN } from "./scratch.ts";

// A decision that bo and cy approved by passkey, in a log with two witnesses: one that a user keeps,
// made when this was written, so that a later build still has to verify it.
const FIXTURE = fileURLToPath(new URL("fixtures/receipt", import.meta.url));
const TRUSTING = ["--policy", "trust.txt", "--site", "site.json"];

function kept(): string {
  const dir = folder();
  for (const name of ["decision.receipt", "trust.txt", "site.json"])
    copyFileSync(join(FIXTURE, name), join(dir, name));
  return dir;
}

describe("P6 a receipt is verified offline", () => {
  it("with every step as a sentence, and what it does not show", () => {
    const dir = kept();
    const done = interlock(dir, "ledger", "verify", "decision.receipt", ...TRUSTING);
    expect([done.status, done.stderr]).toEqual([0, ""]);
    expect(done.stdout).toMatch(/^✓ receipt: it is whole/);
    expect(done.stdout).toContain("`bo` signed exactly this statement with a device-bound passkey");
    expect(done.stdout).toContain("· not shown: absence: that no key was revoked");
    expect(done.stdout).toMatch(/\nverified: allow at 2030.*, approved by passkey by bo, cy\n$/);
    const json = interlock(dir, "ledger", "verify", "decision.receipt", ...TRUSTING, "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      verdict: "verified",
      shown: { effective: "allow", approvedBy: ["bo", "cy"] },
    });
  });

  it.each<[string, (receipt: string) => string, RegExp]>([
    ["LG20 a bit of it flipped", (r) => r.replace('"outcome":"allow"', '"outcome":"hallo"'), /✗/],
    ["another index", (r) => r.replace('"index":7', '"index":6'), /✗ inclusion/],
    ["no receipt", () => "{}", /✗ receipt/],
    ["cut off", (r) => r.slice(0, -9), /✗ receipt/],
    ["not canonical", (r) => `${r}\n`, /✗ receipt: .*canonical/],
  ])("%s: exit code 1 and the step that failed", (_name, change, says) => {
    const dir = kept();
    const path = join(dir, "decision.receipt");
    const before = readFileSync(path, "utf8");
    writeFileSync(path, change(before));
    expect(readFileSync(path, "utf8")).not.toBe(before);
    const { status, stdout } = interlock(dir, "ledger", "verify", path, ...TRUSTING);
    expect(status).toBe(1);
    expect(stdout).toMatch(says);
  });

  it("LG17 without the quorum of the reader's policy it is not verified", () => {
    const dir = kept();
    const path = join(dir, "decision.receipt");
    const receipt = JSON.parse(readFileSync(path, "utf8"));
    receipt.checkpoint = receipt.checkpoint.replace(/— w2\.example\.com .*\n/, "");
    writeFileSync(path, JSON.stringify(receipt));
    const { status, stdout } = interlock(dir, "ledger", "verify", path, ...TRUSTING);
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ checkpoint: .*which is no quorum/);
  });

  it.each<[readonly string[], number, RegExp]>([
    [["nope", ...TRUSTING], 3, /`nope` cannot be read/],
    [["decision.receipt", "--policy", "site.json", "--site", "site.json"], 3, /no trust policy/],
    [["decision.receipt", "--policy", "trust.txt", "--site", "trust.txt"], 3, /no JSON/],
    [["decision.receipt", "--policy", "trust.txt"], 64, /with `--site`/],
    [["--policy", "trust.txt"], 64, /either a receipt or a log/],
  ])("%j could not look", (args, code, says) => {
    const { status, stderr } = interlock(kept(), "ledger", "verify", ...args);
    expect(status).toBe(code);
    expect(stderr).toMatch(says);
  });
});

const verify = (log: Written, ...more: readonly string[]) => {
  const trust = join(log.dir, "trust.txt");
  writeFileSync(trust, TRUST);
  return interlock(log.dir, "ledger", "verify", "--log", log.dir, "--policy", trust, ...more);
};

describe("a whole log is audited", () => {
  it("P5 every entry and tile, with what is not shown and no more claimed than may be", async () => {
    const log = newLog();
    await grow(log, entriesOf(700, "a"));
    const { status, stdout, stderr } = verify(log);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("all 700 entries, and every tile above them, are those of");
    expect(stdout).toContain("a split view is not excluded");
    expect(stdout).toMatch(/· not shown: checkpoint: that the log has nothing newer/);
    expect(JSON.parse(verify(log, "--json").stdout)).toMatchObject({
      verdict: "verified",
      size: 700,
      origin: "log.example.com/shop",
    });
  });

  it("over HTTP as in a directory", async () => {
    const log = newLog();
    await grow(log, entriesOf(300, "a"));
    const asked: string[] = [];
    const url = await listening((request, response) => {
      asked.push(request.url ?? "");
      const path = join(log.dir, (request.url ?? "").replace("/log/", ""));
      if (existsSync(path)) response.end(readFileSync(path));
      else response.writeHead(404).end();
    });
    writeFileSync(join(log.dir, "trust.txt"), TRUST);
    const command = [process.execPath, MAIN, "ledger", "verify", "--log", `${url}/log`];
    const done = await running(log.dir, [...command, "--policy", "trust.txt"]);
    expect(done).toMatchObject({ status: 0, says: expect.stringContaining("all 300 entries") });
    expect(asked).toContain("/log/tile/entries/000");
    const gone = await running(log.dir, [
      ...command.slice(0, -1),
      `${url}/none`,
      "--policy",
      "trust.txt",
    ]);
    expect(gone).toMatchObject({ status: 3, says: expect.stringContaining("no `checkpoint`") });
  });

  it.each<[string, (log: Written) => void, RegExp]>([
    ["an entry is edited", (log) => edit(log, "tile/entries/000", 9), /entry 1 is not the one/],
    ["a tile is edited", (log) => edit(log, "tile/0/000", 40), /✗ entries: .*tile\/0\/000/],
    ["a bundle is gone", (log) => rmSync(join(log.dir, "tile/entries/000")), /has no `tile/],
  ])("LG5 %s: found", async (_name, change, says) => {
    const log = newLog();
    await grow(log, entriesOf(300, "a"));
    change(log);
    const { status, stdout } = verify(log);
    expect(status).toBe(1);
    expect(stdout).toMatch(says);
    expect(stdout).toMatch(/\nfailed\n$/);
  });

  it("LG12 LG17 a checkpoint by another log or key is not believed", async () => {
    const log = newLog();
    await grow(log, entriesOf(3, "a"));
    const root = new Uint8Array(32);
    for (const by of [signer("log.example.com/staging", 1), signer("log.example.com/shop", 2)]) {
      writeFileSync(join(log.dir, "checkpoint"), await checkpointOf(3, root, by));
      const { status, stdout } = verify(log);
      expect([status, stdout]).toEqual([1, expect.stringMatching(/^✗ checkpoint/)]);
    }
  });
});

function edit(log: Written, path: string, at: number): void {
  const bytes = readFileSync(join(log.dir, path));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(join(log.dir, path), bytes);
}

describe("LG1 who remembers a checkpoint notices", () => {
  it("P3 that the log continues it, and then remembers the newer one", async () => {
    const log = newLog();
    const first = await grow(log, entriesOf(300, "a"));
    const seen = join(log.dir, "seen");
    expect(verify(log, "--remember", seen).status).toBe(0);
    expect(readFileSync(seen)).toEqual(Buffer.from(first));
    const second = await grow(log, entriesOf(250, "b"));
    const { status, stdout } = verify(log, "--remember", seen);
    expect([status, readFileSync(seen)]).toEqual([0, Buffer.from(second)]);
    expect(stdout).toMatch(/✓ consistency: it begins with all that .* \(300 entries\) had/);
    writeFileSync(join(log.dir, "first"), first);
    expect(verify(log, "--from", join(log.dir, "first")).status).toBe(0);
  });

  it("LG1 a log that was rolled back, and keeps what it knew", async () => {
    const log = newLog();
    const first = await grow(log, entriesOf(300, "a"));
    const second = await grow(log, entriesOf(10, "b"));
    const seen = join(log.dir, "seen");
    verify(log, "--remember", seen);
    writeFileSync(join(log.dir, "checkpoint"), first);
    const { status, stdout } = verify(log, "--remember", seen);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /✗ rollback: ALARM: the log shows 300 entries and .* it was rolled back/,
    );
    expect(readFileSync(seen)).toEqual(Buffer.from(second));
    expect(readFileSync(`${seen}.alarm`)).toEqual(Buffer.from(first));
  });

  it("LG1 LG2 a log that tells another history, of the same size or a larger one", async () => {
    const log = newLog();
    await grow(log, entriesOf(300, "a"));
    const seen = join(log.dir, "seen");
    verify(log, "--remember", seen);
    const known = readFileSync(seen);
    for (const more of [0, 40]) {
      const fork = newLog();
      await grow(fork, [...entriesOf(299, "a"), ...entriesOf(1 + more, "z")]);
      const { status, stdout } = verify(fork, "--remember", seen);
      expect(status).toBe(1);
      expect(stdout).toMatch(/✗ fork: ALARM: the log signed .* and another history/);
      expect(readFileSync(seen)).toEqual(known);
      expect(readFileSync(`${seen}.alarm`)).toEqual(readFileSync(join(fork.dir, "checkpoint")));
    }
  });

  it("a checkpoint that cannot be read is no reason to forget it", async () => {
    const log = newLog();
    await grow(log, entriesOf(3, "a"));
    const seen = join(log.dir, "seen");
    writeFileSync(seen, "torn");
    const { status, stderr } = verify(log, "--remember", seen);
    expect([status, readFileSync(seen, "utf8")]).toEqual([3, "torn"]);
    expect(stderr).toContain("is no checkpoint of a log of the policy");
  });
});
