/** Pull requests, judged from what GitHub's API says and never from an event. */
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { judgedDigest, landingsOf, signedAbout } from "../forge-server.ts";
import { FILES, world } from "./world.ts";

describe.each(ENGINES)("pull requests ($name)", (engine) => {
  it("two reviews of the head allow it, and not before", async () => {
    const w = await world(engine);
    w.hub.push("feature", { "a.txt": "two\n" }, "ana");
    const pull = w.hub.open("feature", "ana");
    const first = await w.judged(pull.number);
    expect(w.trouble).toEqual([]);
    expect(first).toMatchObject({ name: "interlock (main)", conclusion: "action_required" });
    expect(first?.title).toMatch(/^hold: 0 of 2 approvals by owners/);
    w.hub.review(pull.number, "bo", "APPROVED");
    expect((await w.judged(pull.number, "pull_request_review"))?.conclusion).toBe(
      "action_required",
    );
    w.hub.review(pull.number, "cy", "APPROVED");
    const last = await w.judged(pull.number, "pull_request_review");
    expect(last).toMatchObject({ conclusion: "success", title: "allow", id: first?.id });
    expect(last?.details_url).toMatch(/^https:\/\/interlock\.example\.com\/changes\//);
  });

  it("approvals-end: 38 a merge ends what was signed, told or not, and into whatever commit", async () => {
    const w = await world(engine);
    const landings = (subject: string) => landingsOf(w, subject);
    const digestOf = (number: number) => judgedDigest(w, "github", `pull:${number}`);
    const before = w.hub.tip("main");
    w.hub.push("feature", { "a.txt": "two\n" }, "ana");
    const first = w.hub.open("feature", "ana");
    await w.judged(first.number);
    const digest = (await digestOf(first.number)) ?? "";
    await signedAbout(w, digest);
    const squashed = w.hub.push("main", { "a.txt": "two\n" }, "ana");
    Object.assign(first, {
      state: "closed",
      merged_at: first.updated_at,
      merge_commit_sha: squashed,
    });
    // Nobody told of the merge, nor of what took it back.
    w.hub.push("main", { "a.txt": "one\n" }, "bo");
    w.hub.push("again", { "a.txt": "two\n" }, "ana");
    const second = w.hub.open("again", "ana");
    expect(await landings(digest)).toBe(0);
    await w.judged(second.number);
    expect(await digestOf(second.number)).toBe(digest);
    expect([await landings(digest), await digestOf(first.number)]).toEqual([1, null]);
    await w.judged(first.number);
    expect(await landings(digest)).toBe(1);
    await signedAbout(w, digest);
    Object.assign(second, { state: "closed", merged_at: second.updated_at });
    await w.judged(second.number);
    expect([await landings(digest), w.hub.tip("main") === before]).toEqual([2, false]);
    expect(w.trouble).toEqual([]);
  });

  it("(provable) what Tier 1 allows goes on until its decision is provable, unless `ifDown` lets it", async () => {
    const catalog = 'systems:\n  - { id: shop, tier: 1, owner: payments, paths: ["*"] }\n';
    const lets = `${FILES["interlock/policy.yaml"]}ifDown:\n  - { tier: 1, away: witness, then: proceed }\n`;
    const files = { "interlock/catalog.yaml": catalog };
    const w = await world(engine, { files });
    w.hub.push("feature", { "a.txt": "two\n" }, "ana");
    const pull = w.hub.open("feature", "ana");
    for (const by of ["bo", "cy"]) w.hub.review(pull.number, by, "APPROVED");
    w.lacking.witnesses = true;
    const waits = await w.judged(pull.number);
    expect(waits).toMatchObject({
      ...{ conclusion: "none yet", title: "allowed, and waits until its decision is provable" },
      annotations: [],
    });
    const due = await w.store.db
      .selectFrom("forge_job")
      .select("due_at")
      .where("subject", "=", `pull:${pull.number}`)
      .executeTakeFirstOrThrow();
    expect(due.due_at).toBeLessThan(Date.now() + 60_000);
    w.lacking.witnesses = false;
    expect(await w.judged(pull.number)).toMatchObject({ conclusion: "success", title: "allow" });
    const v = await world(engine, { files: { ...files, "interlock/policy.yaml": lets } });
    v.lacking.witnesses = true;
    v.hub.push("feature", { "a.txt": "two\n" }, "ana");
    const other = v.hub.open("feature", "ana");
    for (const by of ["bo", "cy"]) v.hub.review(other.number, by, "APPROVED");
    expect((await v.judged(other.number))?.conclusion).toBe("success");
  });
});
