/** Events that lie, come twice, come late or never; GitHub that is away; a server that dies. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "@interlock/server";
import { transaction, wantJobs } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { git } from "../scratch.ts";
import { type World, world } from "./world.ts";

const approve = (w: World, number: number): void => {
  for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
};

function change(w: World, branch: string): number {
  w.hub.push(branch, { [`${branch}.txt`]: "new\n" }, "ana");
  return w.hub.open(branch, "ana").number;
}

/** As if it were time again. */
async function reconcile(w: World): Promise<void> {
  const job = { forge: "github", repository: "77", subject: "reconcile", hint: "", dueAt: 0 };
  await wantJobs(w.store.db, [job]);
  await w.settled();
}

describe.each(ENGINES)("events ($name)", (engine) => {
  it("hint-only: what an event says of a review, a head or a state is not believed", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    await w.deliver("pull_request_review", {
      action: "submitted",
      review: { state: "approved", commit_id: w.hub.tip("f"), user: { login: "bo", id: 101 } },
      pull_request: {
        number,
        state: "closed",
        head: { sha: w.hub.tip("main") },
        base: { ref: "x" },
      },
      sender: { login: "bo", id: 101 },
    });
    await w.settled();
    expect(w.check(w.hub.tip("f"))?.title).toMatch(/^hold: 0 of 2/);
    expect(w.hub.runs).toHaveLength(1);
    // Of a pull request that is not there nothing is said.
    await w.deliver("pull_request", { action: "opened", pull_request: { number: 99 } });
    await w.settled();
    expect(w.hub.runs).toHaveLength(1);
    expect(w.trouble).toEqual([]);
  });

  it("what no event told is found: a pull request, a push, a review, a moved target", async () => {
    const w = await world(engine);
    w.hub.pageSize = 1;
    const number = change(w, "f");
    change(w, "g");
    await reconcile(w);
    expect(w.check(w.hub.tip("f"))?.title).toMatch(/^hold: 0 of 2/);
    expect(w.check(w.hub.tip("g"))?.title).toMatch(/^hold: 0 of 2/);
    approve(w, number);
    await reconcile(w);
    expect(w.check(w.hub.tip("f"))?.conclusion).toBe("success");
    const decisions = () => w.store.db.selectFrom("decision").select("index").execute();
    const before = (await decisions()).length;
    await reconcile(w);
    expect((await decisions()).length).toBe(before);
    w.hub.push("f", { "f.txt": "again\n" }, "ana");
    await reconcile(w);
    expect(w.check(w.hub.tip("f"))?.title).toMatch(/^hold: 0 of 2/);
    w.hub.push("main", { "other.txt": "x\n" }, "dee");
    await reconcile(w);
    const bases = await w.store.db.selectFrom("forge_subject").select("base").execute();
    expect(bases.map(({ base }) => base)).toEqual([w.hub.tip("main"), w.hub.tip("main")]);
    // What is closed is forgotten.
    for (const pull of w.hub.pulls.values()) pull.state = "closed";
    await reconcile(w);
    await w.settled();
    expect(await w.store.db.selectFrom("forge_subject").select("subject").execute()).toEqual([]);
    expect(w.hub.count.notModified).toBeGreaterThan(0);
    expect(w.trouble).toEqual([]);
  });

  it("many events at once, with two servers, post one check", async () => {
    const w = await world(engine);
    await w.second();
    const number = change(w, "f");
    approve(w, number);
    const event = { action: "any", pull_request: { number } };
    await Promise.all(Array.from({ length: 20 }, () => w.deliver("pull_request", event)));
    await w.settled();
    expect(w.check(w.hub.tip("f"))?.conclusion).toBe("success");
    expect(w.hub.runs).toHaveLength(1);
  });

  it("a server that died after it had posted: its check is found again", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    await w.judged(number);
    await w.store.db.deleteFrom("forge_subject").execute();
    await w.judged(number);
    expect(w.hub.runs).toHaveLength(1);
    // Asked for by hand, with nothing new to say.
    const head_sha = w.hub.tip("f");
    const posts = () => w.hub.asked.filter((one) => !one.startsWith("GET")).length;
    const before = posts();
    await w.deliver("check_run", { action: "rerequested", check_run: { head_sha } });
    await w.settled();
    await w.settled();
    expect(posts()).toBe(before);
  });

  it("somebody who left, or a key that was revoked, has everything judged again", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    await w.judged(number);
    const reads = () =>
      w.hub.asked.filter(
        (one) => one.includes(`/pulls/${number}?`) || one.endsWith(`/pulls/${number}`),
      ).length;
    const before = reads();
    const body = { person: "bo", active: false, accounts: [], agents: [], by: ["cy"] };
    const entry = prepare({
      kind: "person",
      at: Date.now(),
      subject: null,
      body,
    } as unknown as Parameters<typeof prepare>[0]);
    const done = await transaction<null, unknown>(w.store, async (tx) => {
      const appended = await w.ledger.append(tx, [entry]);
      return appended.ok ? { ok: true, value: null } : appended;
    });
    expect(done.kind).toBe("committed");
    await expect.poll(reads, { timeout: 60_000 }).toBeGreaterThan(before);
    await w.settled();
  });
});

// What is kept is tested on both engines above; here one is enough.
describe.each(ENGINES.slice(-1))("what breaks ($name)", (engine) => {
  it("a rate limit is waited for, and nothing is shown as judged", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    const reset = String(Math.floor(Date.now() / 1_000) + 500);
    w.hub.broken = (_method, path) =>
      path.includes("/reviews")
        ? {
            ...{ status: 403, body: '{"message":"API rate limit exceeded"}' },
            headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
          }
        : null;
    await w.judged(number);
    expect(w.hub.runs).toEqual([]);
    const [job] = await w.store.db
      .selectFrom("forge_job")
      .select(["due_at", "attempts"])
      .where("subject", "=", `pull:${number}`)
      .execute();
    expect(job).toEqual({ due_at: Number(reset) * 1_000, attempts: 1 });
    expect(w.trouble.join()).toMatch(/rate limit/);
    w.hub.broken = () => null;
    expect((await w.judged(number))?.conclusion).toBe("action_required");
  });

  it("SS5 SS7 what GitHub answers and cannot be used: nothing is shown, and it is tried again", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    const cases = [
      [{ status: 502, body: "<html>" }, /what is no JSON/],
      [{ status: 500 }, /it answered 500/],
      [{ status: 200, body: '[{"id":"x"}]' }, /`0\.id`/],
      [{ status: 200, body: `"${"x".repeat(17 << 20)}"` }, /more than/],
      [{ status: 302, headers: { location: "http://169.254.169.254/" } }, /302/],
      [{ status: 429, headers: { "retry-after": "30" } }, /429/],
    ] as const;
    for (const [broken, says] of cases) {
      w.hub.broken = (_method, path) => (path.includes("/reviews") ? broken : null);
      await w.judged(number);
      expect(w.hub.runs).toEqual([]);
      expect(w.trouble.at(-1)).toMatch(says);
    }
    w.hub.broken = () => null;
    expect((await w.judged(number))?.conclusion).toBe("action_required");
    expect(w.trouble).toHaveLength(cases.length);
  });

  it("fail-closed: a success does not stand when the change cannot be judged any more", async () => {
    let because: string | null = null;
    const w = await world(engine, { unread: () => because });
    const number = change(w, "f");
    approve(w, number);
    expect((await w.judged(number))?.conclusion).toBe("success");
    because = "the disk is full";
    const check = await w.judged(number);
    expect(check).toMatchObject({
      conclusion: "action_required",
      title: expect.stringMatching(/could not be judged/),
    });
    expect(check?.summary).toContain("the disk is full");
    because = null;
    expect((await w.judged(number))?.conclusion).toBe("success");
  });

  it("GT15 the token stands in no file, message or address", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    await w.judged(number);
    w.hub.broken = () => ({ status: 500 });
    await w.judged(number);
    expect(w.hub.count.tokens).toBe(1);
    const token = [...w.hub.tokens.keys()][0] ?? "?";
    expect(token).toMatch(/^ghs_canary/);
    expect(w.trouble.join()).not.toContain(token);
    const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
    const config = readFileSync(join(w.mirror, "config"), "utf8");
    expect(config).not.toMatch(/remote|extraheader/i);
    for (const secret of [token, basic]) expect(config).not.toContain(secret);
    expect(git(w.mirror, "for-each-ref", "--format=%(refname)")).toMatch(
      /refs\/interlock\/pull\/1/,
    );
  });

  it("GT1 a branch whose name is an option, and a repository that became another", async () => {
    const w = await world(engine);
    w.hub.push("f", { "f.txt": "x\n" }, "ana");
    const pull = w.hub.open("f", "ana");
    pull.headRef = "--upload-pack=touch canary";
    expect((await w.judged(pull.number))?.conclusion).toBe("action_required");
    const body = JSON.stringify({ id: 78, full_name: "acme/shop", default_branch: "main" });
    w.hub.broken = (_method, path) =>
      /\/repos\/acme\/shop$/.test(path) ? { status: 200, body } : null;
    await w.judged(pull.number);
    expect(w.trouble.at(-1)).toMatch(/another repository now \(78\)/);
  });

  it("annotations go in batches of fifty, once each", async () => {
    const lines = Array.from({ length: 120 }, (_, i) => ({
      ...{ path: "a.txt", line: i + 1, level: "warning" as const },
      ...{ title: "a rule", message: `finding ${i}` },
    }));
    const w = await world(engine, {
      shown: (report) => ({ ...report, annotations: lines, summary: "é".repeat(70_000) }),
    });
    const number = change(w, "f");
    const first = await w.judged(number);
    expect(first?.annotations.map(({ message }) => message)).toEqual(lines.map((l) => l.message));
    approve(w, number);
    const last = await w.judged(number);
    expect([last?.id, last?.conclusion, last?.annotations.length]).toEqual([
      first?.id,
      "success",
      120,
    ]);
    expect(Buffer.byteLength(last?.summary ?? "")).toBeLessThanOrEqual(60_000);
  });
});
