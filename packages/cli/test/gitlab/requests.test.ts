/** Merge requests: which approvals and objections count, and what is shown. */
import { join } from "node:path";
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { judgedDigest, landingsOf, signedAbout } from "../forge-server.ts";
import { git } from "../scratch.ts";
import { user } from "./stand-in.ts";
import { change, request, world } from "./world.ts";

// What is kept is tested on both engines for the other forge; here one is enough.
describe.each(ENGINES.slice(-1))("merge requests ($name)", (engine) => {
  it("two approvals of the head allow it, shown in a status, a check and one note", async () => {
    const w = await world(engine);
    const iid = change(w, "f");
    const pipeline = { id: 31, sha: w.lab.tip("f"), ref: "f" };
    expect(await w.judged(iid)).toMatch(/^failed hold: 0 of 2 approvals by owners/);
    expect(w.shown(iid)).toMatchObject({
      status: { pipeline_id: null, ref: "f", name: "interlock (main)" },
      check: "failed",
      notes: [{ body: expect.stringContaining("Read and sign it") }],
    });
    // A pipeline that begins later has no status of ours.
    request(w, iid).head_pipeline = pipeline;
    await w.deliver("Pipeline Hook", {
      object_attributes: { id: 31, sha: pipeline.sha, status: "running" },
      merge_request: null,
    });
    await w.settled();
    expect(w.shown(iid).status).toMatchObject({ pipeline_id: 31, status: "failed" });
    w.lab.approve(iid, "bo");
    expect(await w.judged(iid)).toMatch(/^failed hold: 1 of 2/);
    w.lab.approve(iid, "cy");
    expect(await w.judged(iid)).toBe("success allow");
    const { status, check, notes } = w.shown(iid);
    expect([check, notes.length, status?.target_url]).toEqual([
      ...["passed", 1],
      expect.stringMatching(/^https:\/\/interlock\.example\.com\/changes\//),
    ]);
    expect(notes[0]?.body).toMatch(/ALLOW/);
    // With nothing new to say nothing is posted, also by a server that has forgotten.
    const posts = () => w.lab.asked.filter((one) => !one.startsWith("GET")).length;
    const before = posts();
    await w.judged(iid);
    expect(posts()).toBe(before);
    await w.store.db.deleteFrom("forge_subject").execute();
    await w.judged(iid);
    expect(w.shown(iid).notes).toHaveLength(1);
    // An approval that is taken back is gone.
    w.lab.unapprove(iid, "cy");
    expect(await w.judged(iid)).toMatch(/^failed hold: 1 of 2/);
    expect(w.trouble).toEqual([]);
  });

  it("approvals-end: 38 a merge ends what was signed, told or not, and into whatever commit", async () => {
    const w = await world(engine);
    const digestOf = (iid: number) => judgedDigest(w, "gitlab", `merge:${iid}`);
    w.lab.push("feature", { "a.txt": "two\n" }, "ana");
    const first = w.lab.open("feature", "ana");
    await w.judged(first.iid);
    const digest = (await digestOf(first.iid)) ?? "";
    await signedAbout(w, digest);
    w.lab.push("main", { "a.txt": "two\n" }, "ana");
    first.state = "merged";
    // Nobody told of the merge, nor of what took it back.
    w.lab.push("main", { "a.txt": "one\n" }, "bo");
    w.lab.push("again", { "a.txt": "two\n" }, "ana");
    const second = w.lab.open("again", "ana");
    expect(await landingsOf(w, digest)).toBe(0);
    await w.judged(second.iid);
    expect(await digestOf(second.iid)).toBe(digest);
    expect([await landingsOf(w, digest), await digestOf(first.iid)]).toEqual([1, null]);
    await w.judged(first.iid);
    expect(await landingsOf(w, digest)).toBe(1);
    await signedAbout(w, digest);
    second.state = "merged";
    await w.judged(second.iid);
    expect([await landingsOf(w, digest), await digestOf(second.iid)]).toEqual([2, null]);
    expect(w.trouble).toEqual([]);
  });

  it("(provable) what Tier 1 allows is pending until its decision is provable", async () => {
    const files = {
      "interlock/catalog.yaml":
        'systems:\n  - { id: shop, tier: 1, owner: payments, paths: ["*"] }\n',
    };
    const w = await world(engine, { files });
    const iid = change(w, "f");
    expect(await w.judged(iid)).toMatch(/^failed hold: 0 of 2/);
    w.lacking.witnesses = true;
    for (const by of ["bo", "cy"]) w.lab.approve(iid, by);
    expect(await w.judged(iid)).toBe("pending allowed, and waits until its decision is provable");
    expect(w.shown(iid).check).toBe("failed");
    w.lacking.witnesses = false;
    expect(await w.judged(iid)).toBe("success allow");
    expect(w.shown(iid).check).toBe("passed");
  });

  it("AQ3 AQ5 AQ7 AQ9 21 23 27 an approval counts for the head that it is provably of", async () => {
    const w = await world(engine, { protect: ["main", "release/*"] });
    w.lab.push("release/1", { "a.txt": "old\n" }, "dee");
    const iid = change(w, "f");
    const first = w.lab.tip("f");
    for (const by of ["bo", "cy"]) w.lab.approve(iid, by);
    expect(await w.judged(iid)).toBe("success allow");
    // Retargeted: nothing was said about landing there, and the status has another name.
    request(w, iid).target_branch = "release/1";
    expect(await w.judged(iid)).toMatch(/^failed hold: 0 of 2/);
    request(w, iid).target_branch = "main";
    expect(await w.judged(iid)).toBe("success allow");
    // GitLab keeps approvals after a push; they say nothing of what was pushed.
    w.lab.push("f", { "f.txt": "worse\n" }, "ana");
    expect(await w.judged(iid)).toMatch(/^failed hold: 0 of 2/);
    expect(w.shown(iid).notes[0]?.body).toMatch(/- `bo`: it was given before the newest push/);
    // On a page that was loaded before the push.
    w.lab.approve(iid, "bo", 5_000);
    w.lab.push("f", { "f.txt": "worst\n" }, "ana");
    w.lab.approve(iid, "bo", 5_000);
    const cy = request(w, iid).approved_by.find((one) => one.user === user("cy"));
    delete cy?.approved_at;
    expect(await w.judged(iid)).toMatch(/^failed hold: 0 of 2/);
    expect(w.shown(iid).notes[0]?.body).toMatch(/`bo`: it was given within 30 seconds/);
    expect(w.shown(iid).notes[0]?.body).toMatch(/`cy`: this GitLab does not tell when/);
    for (const by of ["bo", "cy"]) w.lab.approve(iid, by);
    expect(await w.judged(iid)).toBe("success allow");
    // Back to a commit that was approved once: between then and now it was another one.
    const work = join(w.mirror, "..", "back");
    git(w.mirror, "clone", "-q", w.lab.bare, work);
    git(work, "push", "-q", "--force", "origin", `${first}:refs/heads/f`);
    const push_data = { ref_type: "branch", ref: "f", commit_from: w.lab.tip("f") };
    w.lab.events.unshift({ author: user("ana"), push_data: { ...push_data, commit_to: first } });
    const back = request(w, iid);
    const created_at = new Date(Date.parse(back.updated_at) + 120_000).toISOString();
    back.versions.unshift({ id: 9_000, head_commit_sha: first, created_at });
    Object.assign(back, { sha: first, updated_at: created_at });
    expect(await w.judged(iid)).toMatch(/^failed/);
    expect(w.shown(iid).notes.at(-1)?.body).toMatch(/`bo`: it was given before the newest push/);
    expect(w.trouble).toEqual([]);
  });

  it("AQ1 AQ2 AQ10 AQ11 1 2 3 9 11 12 who had a part, who is a bot, who is nobody, who cannot be told", async () => {
    const w = await world(engine);
    const own = change(w, "own");
    w.lab.push("own", { "more.txt": "x\n" }, "bo", { author: "ana" });
    for (const by of ["ana", "bo", "cy"]) w.lab.approve(own, by);
    expect(await w.judged(own)).toMatch(/^failed hold: 1 of 2/);
    w.lab.approve(own, "dee");
    expect(await w.judged(own)).toBe("success allow");
    const other = change(w, "other");
    for (const by of ["robot", "eve", "cy"]) w.lab.approve(other, by);
    request(w, other).approved_by.push({
      user: { ...user("dee"), state: "blocked" },
      approved_at: new Date().toISOString(),
    });
    expect(await w.judged(other)).toMatch(/^failed hold: 1 of 2/);
    expect(w.shown(other).notes[0]?.body).toMatch(/`project_77_bot_1f`: it is a bot's/);
    expect(w.shown(other).notes[0]?.body).toMatch(/`dee`: their account is not active/);
    // Pushed with many refs at once, between two pushes that are known: by whom nobody knows.
    const bulk = change(w, "bulk");
    w.lab.push("bulk", { "b.txt": "1\n" }, "bo", { author: "ana", bulk: true });
    w.lab.push("bulk", { "b.txt": "2\n" }, "ana");
    for (const by of ["bo", "cy"]) w.lab.approve(bulk, by);
    expect(await w.judged(bulk)).toMatch(/^failed/);
    expect(w.shown(bulk).notes[0]?.body).toMatch(/pushed/);
    // Of a fork nobody here watches who pushes; there is no pipeline for a status either.
    const fork = change(w, "fork");
    request(w, fork).source_project_id = 5_000;
    for (const by of ["bo", "cy"]) w.lab.approve(fork, by);
    await w.judged(fork);
    expect(w.shown(fork)).toMatchObject({ status: undefined, check: "failed" });
    // A login that somebody else took over is nobody.
    const taken = change(w, "taken");
    for (const by of ["bo", "cy"]) w.lab.approve(taken, by);
    for (const one of request(w, taken).approved_by)
      if (one.user.username === "cy") one.user = { ...user("eve"), username: "cy" };
    expect(await w.judged(taken)).toMatch(/^failed hold: 1 of 2/);
    expect(w.trouble).toEqual([]);
  });

  it("32 65 who asks for changes opposes until they approve, whoever takes them off the list", async () => {
    const w = await world(engine);
    const iid = change(w, "f");
    for (const by of ["bo", "cy"]) w.lab.approve(iid, by);
    w.lab.objects(iid, "dee");
    expect(await w.judged(iid)).toMatch(/^failed/);
    expect(w.shown(iid).notes[0]?.body).toMatch(/rejected/i);
    request(w, iid).reviewers = [];
    w.lab.note(iid, "dee", "approved this merge request");
    expect(await w.judged(iid)).toMatch(/^failed/);
    w.lab.approve(iid, "dee");
    expect(await w.judged(iid)).toBe("success allow");
    // A stranger's word on a public project stops nothing.
    w.lab.objects(iid, "eve");
    expect(await w.judged(iid)).toBe("success allow");
    w.lab.members.set(user("eve").id, 30);
    expect(await w.judged(iid)).toMatch(/^failed/);
    expect(w.trouble).toEqual([]);
  });
});
