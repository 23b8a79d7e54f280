/** Which reviews count: the ways round two-person review on forges, by their numbers in the reference. */
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { ZERO } from "./stand-in.ts";
import { type World, world } from "./world.ts";

const OPEN = "action_required";

/** A pull request of ana's, on a branch of its own. */
function change(w: World, branch: string, by = "ana"): number {
  w.hub.push(branch, { [`${branch}.txt`]: "new\n" }, by);
  return w.hub.open(branch, by).number;
}

const conclusion = async (w: World, number: number): Promise<string | undefined> =>
  (await w.judged(number, "pull_request_review"))?.conclusion;

// What is kept is tested on both engines elsewhere; here one is enough.
describe.each(ENGINES.slice(-1))("reviews ($name)", (engine) => {
  it("AQ3 21 a push after the reviews voids them, and also a commit that says the same", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    w.hub.review(number, "bo", "APPROVED");
    w.hub.review(number, "cy", "APPROVED");
    expect(await conclusion(w, number)).toBe("success");
    w.hub.push("f", { "f.txt": "worse\n" }, "ana");
    expect(await conclusion(w, number)).toBe(OPEN);
    w.hub.review(number, "bo", "APPROVED");
    w.hub.review(number, "cy", "APPROVED", { commit_id: ZERO.replaceAll("0", "a") });
    const check = await w.judged(number);
    expect(check).toMatchObject({
      conclusion: OPEN,
      title: expect.stringMatching(/^hold: 1 of 2/),
    });
    w.hub.review(number, "cy", "APPROVED");
    expect(await conclusion(w, number)).toBe("success");
    // Closed, pushed to, opened again (23).
    const pull = w.hub.pulls.get(number);
    if (pull === undefined) throw new Error("no pull request");
    pull.state = "closed";
    await w.judged(number);
    pull.headSha = w.hub.push("f", { "f.txt": "worst\n" }, "ana");
    pull.state = "open";
    expect(await conclusion(w, number)).toBe(OPEN);
    expect(w.trouble).toEqual([]);
  });

  it("AQ1 AQ2 AQ10 AQ11 1 2 3 6 9 11 18 who had a part, who is a bot, who is nobody, who says it twice", async () => {
    const w = await world(engine);
    // The author, and whoever pushed a commit to somebody else's pull request.
    const own = change(w, "own");
    w.hub.push("own", { "more.txt": "x\n" }, "bo", { author: "ana" });
    for (const by of ["ana", "bo", "cy"]) w.hub.review(own, by, "APPROVED");
    expect((await w.judged(own))?.title).toMatch(/^hold: 1 of 2/);
    w.hub.review(own, "dee", "APPROVED");
    expect(await conclusion(w, own)).toBe("success");
    // A machine, an account that nobody knows, and one person twice.
    const other = change(w, "other");
    for (const by of ["robot", "eve", "cy", "cy"]) w.hub.review(other, by, "APPROVED");
    expect((await w.judged(other))?.title).toMatch(/^hold: 1 of 2/);
    // Pushed by a bot: whose it is nobody says, so no second person can be told.
    const bot = change(w, "bot", "robot");
    for (const by of ["bo", "cy"]) w.hub.review(bot, by, "APPROVED");
    expect((await w.judged(bot))?.conclusion).toBe(OPEN);
    expect(w.check(w.hub.tip("bot"))?.summary).toMatch(/robot/);
  });

  it("12 a commit in a colleague's name: whoever pushed it had a part", async () => {
    const w = await world(engine);
    w.hub.push("forged", { "a.txt": "evil\n" }, "bo", { author: "dee" });
    const { number } = w.hub.open("forged", "ana");
    for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
    expect((await w.judged(number))?.title).toMatch(/^hold: 1 of 2/);
  });

  it("of a fork nobody watched who pushes, and of a branch that was pushed to past the record", async () => {
    const w = await world(engine);
    const fork = change(w, "fork");
    const pull = w.hub.pulls.get(fork);
    if (pull === undefined) throw new Error("no pull request");
    pull.headRepo = { id: 5_000, full_name: "ana/shop" };
    for (const by of ["bo", "cy"]) w.hub.review(fork, by, "APPROVED");
    expect((await w.judged(fork))?.conclusion).toBe(OPEN);
    expect(w.check(pull.headSha)?.summary).toMatch(/pushed/);
    const unseen = change(w, "unseen");
    w.hub.push("unseen", { "b.txt": "x\n" }, "bo", { fork: true });
    for (const by of ["bo", "cy"]) w.hub.review(unseen, by, "APPROVED");
    expect((await w.judged(unseen))?.conclusion).toBe(OPEN);
  });

  it("32 65 the last word of each counts, and who had a part cannot dismiss what opposes", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
    const no = w.hub.review(number, "dee", "CHANGES_REQUESTED");
    expect(await conclusion(w, number)).toBe(OPEN);
    expect((await w.judged(number))?.summary).toMatch(/rejected/i);
    // A comment says neither yes nor no.
    w.hub.review(number, "dee", "COMMENTED");
    expect(await conclusion(w, number)).toBe(OPEN);
    // Dismissed by the author: it goes on opposing. Dismissed by somebody else: it does not.
    w.hub.dismiss(number, no.id, "ana");
    expect(await conclusion(w, number)).toBe(OPEN);
    w.hub.events.set(number, []);
    expect(await conclusion(w, number)).toBe(OPEN);
    no.state = "CHANGES_REQUESTED";
    w.hub.dismiss(number, no.id, "cy");
    expect(await conclusion(w, number)).toBe("success");
    // Who approved, then opposed, and was dismissed has not approved.
    const late = w.hub.review(number, "bo", "CHANGES_REQUESTED");
    w.hub.dismiss(number, late.id, "cy");
    expect((await w.judged(number))?.title).toMatch(/^hold: 1 of 2/);
    // An approval that is dismissed is gone.
    const again = w.hub.review(number, "bo", "APPROVED");
    expect(await conclusion(w, number)).toBe("success");
    w.hub.dismiss(number, again.id, "ana");
    expect(await conclusion(w, number)).toBe(OPEN);
    expect(w.trouble).toEqual([]);
  });

  it("a stranger's review of a public repository does not stop a change", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
    w.hub.review(number, "eve", "CHANGES_REQUESTED", { author_association: "NONE" });
    expect(await conclusion(w, number)).toBe("success");
    w.hub.review(number, "eve", "CHANGES_REQUESTED", { author_association: "COLLABORATOR" });
    expect(await conclusion(w, number)).toBe(OPEN);
  });

  it("AQ5 AQ7 27 29 reviews are about the content: another target or a moved one that touches it", async () => {
    const w = await world(engine, { protect: ["main", "release/*"] });
    w.hub.push("release/1", { "a.txt": "old\n" }, "dee");
    const number = change(w, "f");
    for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
    expect(await conclusion(w, number)).toBe("success");
    // Elsewhere in the tree: what would land is the same.
    w.hub.push("main", { "elsewhere.txt": "x\n" }, "dee");
    await w.deliver("push", { ref: "refs/heads/main" });
    await w.settled();
    expect(w.check(w.hub.tip("f"))?.conclusion).toBe("success");
    // Retargeted: nothing was said about landing there, and the check has another name.
    const pull = w.hub.pulls.get(number);
    if (pull === undefined) throw new Error("no pull request");
    pull.baseRef = "release/1";
    expect((await w.judged(number))?.conclusion).toBe(OPEN);
    expect(w.check(pull.headSha, "main")?.conclusion).toBe("success");
    pull.baseRef = "main";
    expect((await w.judged(number))?.conclusion).toBe("success");
    // The target comes to have the same file: what would land is not what was shown.
    w.hub.push("g", { "a.txt": "two\n" }, "ana");
    const second = w.hub.open("g", "ana").number;
    for (const by of ["bo", "cy"]) w.hub.review(second, by, "APPROVED");
    expect(await conclusion(w, second)).toBe("success");
    w.hub.push(
      "main",
      { CODEOWNERS: "* @payments\n/a.txt @payments @others\n", "a.txt": "one\n\n\n\nthree\n" },
      "dee",
    );
    await w.deliver("push", { ref: "refs/heads/main" });
    await w.settled();
    expect(w.check(w.hub.tip("g"))?.conclusion).toBe(OPEN);
  });

  it("a login that somebody else took over is nobody", async () => {
    const w = await world(engine);
    const number = change(w, "f");
    w.hub.review(number, "bo", "APPROVED");
    w.hub.review(number, "cy", "APPROVED");
    expect(await conclusion(w, number)).toBe("success");
    w.hub.push("f", { "f.txt": "other\n" }, "ana");
    w.hub.review(number, "bo", "APPROVED");
    w.hub.review(number, "cy", "APPROVED", { user: { login: "cy", id: 666, type: "User" } });
    expect((await w.judged(number))?.title).toMatch(/^hold: 1 of 2/);
  });
});
