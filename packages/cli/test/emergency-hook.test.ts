/** The hook and the emergency path of two people, with no server at all: real pushes, keys of a test. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EmergencyStatement, emergencyMessage } from "@interlock/core";
import { emergencyKeyId, formatEmergency, fromBase64url } from "@interlock/receipt";
import { describe, expect, it } from "vitest";
import { ROSTER_AGE_MS_MAX, ROSTER_FILE, readRoster } from "../src/emergency/roster.ts";
import { toSign } from "../src/emergency/signing.ts";
import { pendingRecords } from "../src/hook/away.ts";
import { change, POLICY, running, START, type World, world } from "./pushing.ts";
import { type Files, git } from "./scratch.ts";

const DOWN = "http://127.0.0.1:1";
const MINUTE = 60_000;

type Own = { readonly person: string; readonly key: string; readonly secret: KeyObject };
const keyOf = (person: string): Own => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return { person, key: publicKey.export({ format: "jwk" }).x ?? "", secret: privateKey };
};
const idOf = ({ key }: Own): string => emergencyKeyId(fromBase64url(key) ?? new Uint8Array());

const ana = keyOf("ana");
const bo = keyOf("bo");
const cy = keyOf("cy");

type RosterMade = { readonly checkedAt?: number; readonly revoked?: Own };

function keepRoster(bare: string, { checkedAt = Date.now(), revoked }: RosterMade = {}) {
  const keys = [ana, bo, cy].map((own) => ({
    ...{ person: own.person, credential: idOf(own), key: own.key },
    usableFrom: 1,
    ...(own === revoked ? { revokedAt: 2 } : {}),
  }));
  const persons = ["ana", "bo", "cy"].map((id) => ({
    ...{ id, active: true, accounts: [`email:${id}@example.com`] },
  }));
  const roster = {
    ...{ version: 1, server: DOWN, policy: "quorum none\n", founding: "ab".repeat(32) },
    ...{ checkedAt, last: 9, checkpoint: "", persons, keys },
  };
  writeFileSync(join(bare, ROSTER_FILE), JSON.stringify(roster), { mode: 0o600 });
}

/** As `interlock emergency sign` makes it from Git. */
async function statementIn(work: string, range: string): Promise<EmergencyStatement> {
  const { person, key } = bo;
  const file = { ...{ version: 1, server: DOWN, person, key }, salt: key, privateKey: "" };
  const wanted = { range, ref: "refs/heads/main", reason: "orders fall", incident: "inc-1" };
  const { statement } = await toSign(work, file, { ...wanted, minutes: 20 });
  return statement;
}

/** A world whose server is away, and a change of ana's that waits for it. */
async function waiting(files: Files, policy?: string) {
  const start = policy === undefined ? START : { ...START, "interlock/policy.yaml": policy };
  const w = await world({ url: DOWN, install: ["--protect", "main:1"], files: start });
  git(w.bare, "config", "receive.advertisePushOptions", "true");
  const base = w.tip("refs/heads/main");
  const head = change(w, files);
  keepRoster(w.bare);
  return { w, statement: await statementIn(w.work, `${base}..${head}`) };
}

const signedBy = (
  own: Own,
  statement: EmergencyStatement,
  more: Partial<EmergencyStatement> = {},
): string => {
  const whole = { ...statement, person: own.person, key: idOf(own), ...more };
  return formatEmergency({
    statement: whole,
    signature: sign(null, emergencyMessage(whole), own.secret),
  });
};

const pushWith = ({ work }: World, lines: readonly string[]) => {
  const options = lines.flatMap((line) => ["-o", `interlock-emergency=${line}`]);
  return running(work, ["git", "push", ...options, "origin", "main"], {
    REMOTE_USER: "ana@example.com",
  });
};

describe("not-the-outage: two people sign while the server is away", () => {
  it("each signature that does not count is held with its reason, and two that do let it through", async () => {
    const { w, statement } = await waiting({ "a.txt": "two\n" });
    const { base, head, digest } = statement;
    const held = await w.push("main");
    expect(held.status).toBe(1);
    expect(held.says).toContain(`interlock emergency sign ${base}..${head} --ref refs/heads/main`);
    const [byBo, byAna] = [signedBy(bo, statement), signedBy(ana, statement)];
    const both = [byBo, signedBy(cy, statement)];
    const old = { checkedAt: Date.now() - ROSTER_AGE_MS_MAX - MINUTE };
    const cases: readonly (readonly [string, readonly string[], RosterMade, string])[] = [
      ["a contributor", [byBo, byAna], {}, "`ana`: they contributed to the change"],
      ["a revoked key", both, { revoked: cy }, "`cy`: its key was revoked"],
      ["a stale roster", both, old, "the roster of emergency keys is of"],
    ];
    for (const [name, lines, roster, says] of cases) {
      keepRoster(w.bare, roster);
      const pushed = await pushWith(w, lines);
      expect([name, pushed.status, pushed.says]).toEqual([name, 1, expect.stringContaining(says)]);
    }
    expect(w.tip("refs/heads/main")).toBe(base);
    keepRoster(w.bare);
    const through = await pushWith(w, both);
    expect([through.status, w.tip("refs/heads/main")]).toEqual([0, head]);
    expect(through.says).toContain("signed in an emergency by bo and cy");
    expect(through.says).toContain("bo: orders fall (inc-1)");
    const [record] = pendingRecords(w.bare);
    expect(record?.record).toMatchObject({
      digest,
      pushedBy: ["email:ana@example.com"],
      teams: ["payments"],
    });
    expect(record?.record.signed).toHaveLength(2);
  }, 300_000);

  it("never-stuck: the policy can be left by this path, whatever else waits; what it denies cannot", async () => {
    const { w, statement } = await waiting({
      "interlock/policy.yaml": POLICY.replace("mode: enforce", "mode: observe"),
    });
    const both = [signedBy(bo, statement), signedBy(cy, statement)];
    const left = await pushWith(w, both);
    expect([left.status, w.tip("refs/heads/main")]).toEqual([0, statement.head]);
    change(w, { "a.txt": "two\n" });
    const next = await pushWith(w, []);
    expect([next.status, next.says], "nothing is enforced any more").toEqual([
      0,
      expect.stringContaining("enforces nothing"),
    ]);
    const frozen = `${START["interlock/policy.yaml"]}freezes:\n  - { name: winter, from: "2020-01-01T00:00:00Z" }\n`;
    const v = await waiting({ "a.txt": "two\n" }, frozen);
    const denied = await pushWith(v.w, [signedBy(bo, v.statement), signedBy(cy, v.statement)]);
    expect([denied.status, denied.says]).toEqual([
      1,
      expect.stringContaining("the policy denies this change"),
    ]);
    expect(denied.says).not.toContain("interlock emergency sign");
  }, 300_000);

  it("a server that answers is asked: emergency signatures count for nothing then", async () => {
    const w = await world();
    git(w.bare, "config", "receive.advertisePushOptions", "true");
    change(w, { "a.txt": "two\n" });
    const pushed = await pushWith(w, ["interlock-emergency-1.x.y"]);
    expect([pushed.status, pushed.says]).toEqual([
      1,
      expect.stringContaining("emergency signatures count only while the server is away"),
    ]);
    expect(readRoster(w.bare)).toBeNull();
    expect(() => readFileSync(join(w.bare, "interlock-away.jsonl"))).toThrow();
  }, 300_000);
});
