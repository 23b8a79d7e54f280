/** Pushes while the server is away, slow or talks nonsense. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gate } from "@interlock/protocol";
import { describe, expect, it } from "vitest";
import { listening } from "./gate-server.ts";
import { approve, change, install, POLICY, START, world } from "./pushing.ts";
import { type Files, interlock } from "./scratch.ts";

const AWAY_STORE = JSON.stringify({
  ...{ type: "about:blank", title: "no", status: 503, detail: "the database is away" },
  ...{ code: "STORE_UNREACHABLE", help: "try again" },
});
const SECRET = /tok_canary/;

describe("a server that is away, slow or talks nonsense", () => {
  const answering = (status: number, body: string) =>
    listening((_request, response) => response.writeHead(status).end(body));
  const PROBLEM = JSON.stringify({
    type: "about:blank",
    title: "no",
    status: 403,
    detail: "this account may not do that",
    code: "NOT_ALLOWED",
    help: "ask for a token with the verb `gate`",
  });

  const NEVER = "it never answers";
  it.each<[string, () => Promise<string>, RegExp]>([
    ["nobody listens", async () => "http://127.0.0.1:1", /is away: .*(ECONNREFUSED|bad port)/],
    [NEVER, () => listening(() => undefined), /no answer within 1000 ms/],
    ["500 in HTML", () => answering(500, "<html>"), /it answered 500 without saying why/],
    ["200 in HTML", () => answering(200, "<html>"), /not the one that the protocol describes/],
    ["200 and an allow of its own", () => answering(200, '{"effective":"allow"}'), /protocol/],
    ["a redirect", redirecting, /is away: .*redirect/],
    ["a refusal", () => answering(403, PROBLEM), /does not judge this push: NOT_ALLOWED/],
  ])("%s: held, with the reason", async (name, start, says) => {
    // One that answers has the time that it takes.
    const timeout = name === NEVER ? "1000" : "120000";
    const w = await world({ url: await start(), install: ["--timeout", timeout] });
    change(w, { "a.txt": "two\n" });
    const pushed = await w.push("main");
    expect(pushed.status).toBe(1);
    expect(pushed.says).toMatch(says);
    expect(pushed.says).not.toMatch(SECRET);
  });

  it("an answer about another change is none", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    const other = gate.answer.parse({
      change: "C-1",
      url: "http://127.0.0.1/",
      words: [],
      index: 1,
      entry: "ab".repeat(32),
      decision: { outcome: "allow", effective: "allow", change: "f".repeat(64) },
    });
    await install(w.bare, await answering(200, JSON.stringify(other)));
    const { status, says } = await w.push("main");
    expect(status).toBe(1);
    expect(says).toContain("its decision is about another change");
  });

  /** A policy whose Tier 3 and 4 go on while the server is away, and Tier 4 whatever is. */
  const letting = (more = ""): Files => ({
    ...START,
    "interlock/policy.yaml": `${POLICY}ifDown:\n  - { tier: 3, away: server, then: proceed }\n  - { tier: 4, then: proceed }\n${more}`,
  });
  const DOWN = "http://127.0.0.1:1";
  const REFS = ["--protect", "main:1", "sandbox:4", "web:3", "other"];

  it("not-the-outage: only what the policy in force names goes on, with a warning and a record", async () => {
    const w = await world({ url: DOWN, install: REFS, files: letting() });
    change(w, { "a.txt": "two\n" });
    const waits = async (ref: string, why: string) => {
      const { status, says } = await w.push(`main:refs/heads/${ref}`);
      expect([ref, status, says]).toEqual([ref, 1, expect.stringContaining(why)]);
      expect(says).toContain(ref === "other" ? "no tier" : "interlock emergency sign");
    };
    await waits("other", "it has no tier");
    await waits("main", "a change of Tier 1 waits for it: `ifDown` of the policy in force");
    const { status, says } = await w.push("main:refs/heads/sandbox");
    expect(status).toBe(0);
    expect(says).toContain("! goes on without a decision  refs/heads/sandbox");
    const [line] = readFileSync(join(w.bare, "interlock-away.jsonl"), "utf8").split("\n");
    expect(JSON.parse(line ?? "")).toMatchObject({
      record: {
        place: { target: "refs/heads/sandbox" },
        pushedBy: ["email:ana@example.com"],
        signed: [],
      },
    });
    expect(interlock(w.bare, "hook", "status").stdout).toContain("1 push(es) landed while");
    await install(w.bare, await answering(503, AWAY_STORE), REFS);
    await waits("web", "a change of Tier 3 waits");
    change(w, { "a.txt": "three\n" });
    expect((await w.push("main:refs/heads/sandbox")).status).toBe(0);
  });

  it("approvals-end: an allow waits for what landed on its ref while the server was away (38)", async () => {
    const w = await world({ url: DOWN, install: REFS, files: letting() });
    change(w, { "a.txt": "two\n" });
    expect((await w.push("main:refs/heads/sandbox")).status).toBe(0);
    const before = w.tip("refs/heads/sandbox");
    await install(w.bare, w.server.url, REFS);
    const head = change(w, { "a.txt": "three\n" });
    for (const ref of ["sandbox", "web"]) {
      expect((await w.push(`main:refs/heads/${ref}`)).status).toBe(1);
      approve(w.server, w.server.asked.at(-1));
    }
    const waits = await w.push("main:refs/heads/sandbox");
    expect([waits.status, w.tip("refs/heads/sandbox")]).toEqual([1, before]);
    expect(waits.says).toContain("1 record(s) of what landed while the server was away wait");
    expect(waits.says).toMatch(/does not know yet what landed on this ref.*404[\s\S]+hook import/);
    expect((await w.push("main:refs/heads/web")).status, "nothing landed there").toBe(0);
    w.server.imports.taken = true;
    const asked = w.server.asked.length;
    const landed = await w.push("main:refs/heads/sandbox");
    expect([landed.status, w.tip("refs/heads/sandbox")]).toEqual([0, head]);
    expect(landed.says).toContain("what landed on refs/heads/sandbox while the server was away is");
    // Its own question, then the record, and only then what is pushed.
    expect([w.server.imports.after, w.server.asked.length]).toEqual([[asked + 1], asked + 2]);
    expect(w.server.asked.at(-1)?.place.head).toBe(head);
    expect(w.server.wrong).toEqual([]);
  });

  it.each(["observe", "warn"])(
    "not-the-outage: a policy in %s holds nothing back",
    async (mode) => {
      const observing = POLICY.replace("mode: enforce", `mode: ${mode}`);
      const files = { ...START, "interlock/policy.yaml": observing };
      const w = await world({ url: DOWN, install: REFS, files });
      change(w, { "a.txt": "two\n" });
      for (const ref of ["main", "other"]) {
        const { status, says } = await w.push(`main:refs/heads/${ref}`);
        expect([ref, status]).toEqual([ref, 0]);
        expect(says).toContain(`! goes on without a decision  refs/heads/${ref}`);
        expect(says).toContain("the policy in force enforces nothing, so nothing is held");
      }
      expect(interlock(w.bare, "hook", "status").stdout).toContain("2 push(es) landed while");
      change(w, { "interlock/policy.yaml": POLICY });
      const { status, says } = await w.push("main");
      expect([status, says], "the proposed one enforces: own-policy").toEqual([
        1,
        expect.stringContaining("a change of Tier 1 waits for it"),
      ]);
    },
  );

  it("only-tightens: the settings of a repository narrow what the policy lets go on", async () => {
    const w = await world({
      url: DOWN,
      install: [...REFS, "--allow-if-down", "4"],
      files: letting(),
    });
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main:refs/heads/web");
    expect([status, says]).toEqual([
      1,
      expect.stringContaining("`allowIfDown` of this repository does not"),
    ]);
    expect((await w.push("main:refs/heads/sandbox")).status).toBe(0);
  });

  it("own-policy: a push cannot bring the `ifDown` that lets it, or the next one, go on", async () => {
    const w = await world({ url: DOWN, install: ["--protect", "main:4"] });
    change(w, { ...letting(), "a.txt": "two\n" });
    expect((await w.push("main")).says).toContain("`ifDown` of the policy in force does not let");
    const x = await world({ url: DOWN, install: ["--protect", "main:4"], files: letting() });
    change(x, letting("  - { tier: 2, then: proceed }\n"));
    const { status, says } = await x.push("main");
    expect([status, says]).toEqual([
      1,
      expect.stringContaining("it changes the gate itself (policy)"),
    ]);
  });

  it("what a proxy refuses is no absence: whoever pushes could bring it about", async () => {
    const down = ["--protect", "main:4"];
    const w = await world({ url: await answering(413, "<html>"), install: down, files: letting() });
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main");
    expect(status).toBe(1);
    expect(says).toContain("does not judge this push: it answered 413 without saying why");
  });

  it("with a policy that cannot be read nothing goes on", async () => {
    const down = ["--protect", "main:4"];
    const files = { ...START, "interlock/policy.yaml": "policy: [\n" };
    const w = await world({ url: "http://127.0.0.1:1", install: down, files });
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main");
    expect(status).toBe(1);
    expect(says).toContain("the policy cannot be read");
  });

  it("what the policy denies does not go on without the server either", async () => {
    const frozen = `${POLICY}ifDown: [{ tier: 4, then: proceed }]\nfreezes:\n  - { name: winter, from: "2020-01-01T00:00:00Z" }\n`;
    const down = ["--protect", "main:4"];
    const files = { ...START, "interlock/policy.yaml": frozen };
    const w = await world({ url: "http://127.0.0.1:1", install: down, files });
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main");
    expect(status).toBe(1);
    expect(says).toContain("the policy denies this change");
  });
});

async function redirecting(): Promise<string> {
  const elsewhere = await listening((request, response) => {
    response.end(JSON.stringify({ stolen: request.headers.authorization }));
  });
  return listening((_request, response) => response.writeHead(307, { location: elsewhere }).end());
}
