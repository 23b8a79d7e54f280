/** What is pushed to a bare repository with the gate: real pushes by `git push`. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { approve, change, install, POLICY, world } from "./pushing.ts";
import { folder, git, interlock, put } from "./scratch.ts";

const ZEROS = "0".repeat(40);

describe("a push to a protected branch", () => {
  it("is refused with what is missing, and lands once two others approved exactly it", async () => {
    const w = await world();
    const before = w.tip("refs/heads/main");
    const head = change(w, { "a.txt": "two\n" });
    const refused = await w.push("main");
    expect(refused.status).toBe(1);
    expect(refused.says).toContain("● hold");
    expect(refused.says).toMatch(/0 of 2 approvals by .*owner/);
    expect(refused.says).toMatch(/words {3}(\S+ ){5}\S+/);
    expect(refused.says).toContain(`page    ${w.server.url}/changes/C-7`);
    expect(w.tip("refs/heads/main")).toBe(before);

    const [asked] = w.server.asked;
    const tree = git(w.work, "rev-parse", "HEAD^{tree}");
    const at = { target: "refs/heads/main", environment: "", base: before, head, merge: tree };
    expect(asked?.place).toEqual({ ...at, repository: expect.stringMatching(/^git:/) });
    expect(asked?.facts["change"]).toMatchObject({
      pushedBy: ["email:ana@example.com"],
      contributors: [{ account: "email:ana@example.com" }, { account: "email:ana@example.com" }],
    });
    expect(asked?.policies.map((p) => p.role)).toEqual(["in-force"]);

    approve(w.server, asked);
    const landed = await w.push("main");
    expect([landed.status, w.tip("refs/heads/main")]).toEqual([0, head]);
    expect(w.server.wrong).toEqual([]);
  });

  it("names the digest that `interlock check` names for the same range", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n", "b.txt": "new\n" });
    await w.push("main");
    const checked = interlock(w.work, "check", "origin/main..main", "--format", "json");
    const { digest } = JSON.parse(checked.stdout).change;
    expect(w.server.asked[0]?.facts["change"]).toMatchObject({ digest });
  });

  it("brings what `interlock check` measures of the past, and says how risky it looks", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n", "b.txt": "new\n" });
    let { says } = await w.push("main");
    const measured = () => w.server.asked.at(-1)?.facts["history"];
    // A push waits two seconds for the past; on a machine that stood still meanwhile it goes without.
    while (measured() === undefined) ({ says } = await w.push("main"));
    const history = measured();
    const { risk } = JSON.parse(
      interlock(w.work, "check", "origin/main..main", "--format", "json").stdout,
    );
    // Not the hours since the last change: the gate measures them at the push, `check` at the commit.
    expect(history).toMatchObject({ nf: 2, nd: 1, la: 2, ld: 1 });
    for (const { feature } of risk.terms) expect(Object.keys(history ?? {})).toContain(feature);
    expect(says).toMatch(/riskier than \d+ % of changes/);
  });

  it("AQ3 an approval of one push does not let another one in", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    approve(w.server, w.server.asked[0]);
    change(w, { "a.txt": "three\n" });
    expect((await w.push("main")).status).toBe(1);
  });

  it("AQ1 AQ11 whoever pushes cannot approve, though another wrote it", async () => {
    const w = await world({ env: { REMOTE_USER: "bo@example.com" } });
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    approve(w.server, w.server.asked[0]);
    expect((await w.push("main")).status).toBe(1);
    approve(w.server, w.server.asked[0], ["dee"]);
    expect((await w.push("main")).status).toBe(0);
  });

  it("by somebody whom no server named is said to be unobserved", async () => {
    const w = await world({ env: { REMOTE_USER: "" } });
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main");
    expect([status, w.server.wrong]).toEqual([1, []]);
    expect(says).toMatch(/push/);
    expect(w.server.asked[0]?.facts["change"]).toMatchObject({
      pushedBy: { $unknown: { because: "nobody watched the push" } },
    });
  });

  it("AQ14 that rewrites the policy is judged by the one in force too", async () => {
    const w = await world();
    change(w, { "interlock/policy.yaml": POLICY.replace("count: 2", "count: 1") });
    expect((await w.push("main")).status).toBe(1);
    expect(w.server.asked[0]?.policies.map((p) => p.role)).toEqual(["in-force", "proposed"]);
    approve(w.server, w.server.asked[0], ["bo"]);
    expect((await w.push("main")).status).toBe(1);
  });
});

describe("every way to move a ref", () => {
  it("a branch that nobody protects is not asked about", async () => {
    const w = await world();
    const head = change(w, { "a.txt": "two\n" });
    const { status } = await w.push("main:refs/heads/topic");
    expect([status, w.tip("refs/heads/topic"), w.server.asked.length]).toEqual([0, head, 0]);
  });

  it("several refs land together or not at all", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main", "main:refs/heads/topic");
    expect([status, w.tip("refs/heads/topic")]).toEqual([1, ""]);
    expect(says).toContain("● hold");
  });

  it("two protected refs are judged each, and said together", async () => {
    const w = await world({ install: ["--protect", "main", "release/*"] });
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main", "main:refs/heads/release/1");
    expect([status, w.server.asked.length]).toEqual([1, 2]);
    expect(says).toContain("nothing of this push lands: 2 of its 2 protected refs wait");
    // Landing one is not landing the other.
    approve(w.server, w.server.asked[0]);
    expect((await w.push("main", "main:refs/heads/release/1")).status).toBe(1);
  });

  it("a deletion is held, with what to do", async () => {
    const w = await world();
    git(w.bare, "config", "receive.denyDeleteCurrent", "ignore");
    const { status, says } = await w.push(":main");
    expect([status, w.server.asked.length]).toEqual([1, 0]);
    expect(says).toMatch(/deletes this ref[\s\S]+interlock hook install --protect/);
  });

  it("a forced push is judged from the old tip to the new, and says what it drops", async () => {
    const w = await world();
    const second = change(w, { "a.txt": "two\n" }, "the second");
    await w.push("main");
    approve(w.server, w.server.asked[0]);
    expect((await w.push("main")).status).toBe(0);
    git(w.work, "reset", "-q", "--hard", "HEAD~1");
    const head = change(w, { "b.txt": "other\n" }, "the other");
    const { status, says } = await w.push("+main");
    expect(status).toBe(1);
    expect(says).toContain("a forced push, which takes 1 commit(s) off this ref:");
    expect(says).toContain(`- ${second.slice(0, 12)} the second`);
    const asked = w.server.asked.at(-1);
    expect(asked?.place).toMatchObject({ base: second, head });
    const files = [{ path: "a.txt" }, { path: "b.txt" }];
    expect(asked?.facts["change"]).toMatchObject({ files });
  });

  it("a forced push back to an older commit is judged as well", async () => {
    const w = await world();
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    approve(w.server, w.server.asked[0]);
    await w.push("main");
    const { status, says } = await w.push("+main~1:main");
    expect([status, w.server.asked.length]).toEqual([1, 3]);
    expect(says).toContain("takes 1 commit(s) off this ref");
  });

  it("a new ref is judged by the policy of a protected one that stands", async () => {
    const w = await world({ install: ["--protect", "main", "release/*"] });
    const policy = POLICY.replace("count: 2", "count: 1").replace("enforce", "observe");
    change(w, { "interlock/policy.yaml": policy });
    const { status, says } = await w.push("main:refs/heads/release/1");
    expect(status).toBe(1);
    expect(says).toContain("a new ref, compared with `refs/heads/main`, whose policy judges it");
    expect(w.server.asked[0]?.place.base).toBe(ZEROS);
    expect(w.server.asked[0]?.policies.map((p) => p.role)).toEqual(["in-force", "proposed"]);
  });

  it("the first push of a repository is held for the people who found it", async () => {
    const w = await world();
    const bare = join(folder(), "new.git");
    git(w.work, "init", "-q", "--bare", "-b", "main", bare);
    await install(bare, w.server.url);
    git(w.work, "remote", "set-url", "origin", bare);
    const { status, says } = await w.push("main");
    expect(status).toBe(1);
    expect(says).toMatch(/a new ref: everything on it is new[\s\S]+first-policy/);
    expect(w.server.asked[0]?.place.repository).toMatch(/^git:/);
    expect(w.server.wrong).toEqual([]);
  });

  it("an annotated tag is judged by the commit that it names", async () => {
    const w = await world({ install: ["--protect", "refs/tags/*", "main"] });
    const head = change(w, { "a.txt": "two\n" });
    git(w.work, "tag", "-a", "v1", "-m", "one");
    expect((await w.push("v1")).status).toBe(1);
    expect(w.server.asked[0]?.place).toMatchObject({ target: "refs/tags/v1", head, base: ZEROS });
  });

  it("a tag of something that is no commit is held", async () => {
    const w = await world({ install: ["--protect", "refs/tags/*", "main"] });
    git(w.work, "tag", "blob", "HEAD:a.txt");
    const { status, says } = await w.push("blob");
    expect([status, w.server.asked.length]).toEqual([1, 0]);
    expect(says).toContain("which is no commit and leads to none");
  });

  it("AQ11 a merge brings the people of both sides", async () => {
    const w = await world();
    git(w.work, "checkout", "-q", "-b", "side");
    put(w.work, { "b.txt": "b\n" });
    git(w.work, "add", "-A");
    git(w.work, "-c", "user.email=bo@example.com", "commit", "-q", "-m", "by bo");
    git(w.work, "checkout", "-q", "main");
    change(w, { "a.txt": "two\n" });
    git(w.work, "merge", "-q", "--no-ff", "-m", "both", "side");
    await w.push("main");
    approve(w.server, w.server.asked[0]);
    // bo approved, and does not count: bo wrote a side of the merge.
    expect((await w.push("main")).says).toMatch(/1 of 2 approvals/);
  });

  it("a symbolic name of a protected branch is no way round", async () => {
    const w = await world();
    git(w.bare, "symbolic-ref", "refs/heads/trunk", "refs/heads/main");
    change(w, { "a.txt": "two\n" });
    expect((await w.push("main:refs/heads/trunk")).status).toBe(1);
    expect(w.server.asked[0]?.place.target).toBe("refs/heads/main");
  });

  it("GT1 a branch or a push option that looks like an option is only a name", async () => {
    const w = await world({ install: ["--protect", "refs/heads/*"] });
    git(w.bare, "config", "receive.advertisePushOptions", "true");
    change(w, { "a.txt": "two\n" });
    for (const name of ["-h", "--upload-pack=x", "--output=canary"])
      expect((await w.push("-o", "--allow", `main:refs/heads/${name}`)).status).toBe(1);
    expect(w.server.asked.map((a) => a.place.target)).toEqual([
      "refs/heads/-h",
      "refs/heads/--upload-pack=x",
      "refs/heads/--output=canary",
    ]);
    expect(readdirSync(w.bare)).not.toContain("canary");
  });

  it("GT10 a change of more files than are listed is held, not cut short", async () => {
    const w = await world();
    const many = Object.fromEntries(Array.from({ length: 20_050 }, (_, i) => [`m/${i}`, "x"]));
    change(w, many);
    const { status } = await w.push("main");
    expect(status).toBe(1);
    expect(w.server.asked[0]?.facts["change"]).toMatchObject({ files: { $unknown: {} } });
    expect(w.server.wrong).toEqual([]);
  });
});
