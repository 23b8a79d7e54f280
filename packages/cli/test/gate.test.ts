/** The gate's own files: who judges a change to what judges. by (own-policy) */
import { describe, expect, it } from "vitest";
import { commit, ENFORCED, git, interlock, repository } from "./scratch.ts";

const BARE = "policy: own\nversion: 1\nmode: enforce\nrules: []\n";
const PEOPLE = "persons:\n  - { id: ana, accounts: [ana@example.com] }\n";
const CATALOG = 'systems:\n  - { id: shop, tier: 1, owner: payments, paths: ["shop/**"] }\n';

const json = (dir: string, ...args: readonly string[]) =>
  JSON.parse(interlock(dir, "check", "--format", "json", ...args).stdout);

describe("the first policy", () => {
  const adopting = () => repository({ a: "1" }, { "interlock/policy.yaml": BARE });

  it("holds until somebody who read it names its digest", () => {
    const dir = adopting();
    const held = interlock(dir, "check");
    expect(held.status).toBe(1);
    const digest = /--trust-first-policy ([0-9a-f]{64})/.exec(held.stdout)?.[1] ?? "";
    expect(interlock(dir, "check", "--trust-first-policy", "0".repeat(64)).status).toBe(1);
    const trusted = json(dir, "--trust-first-policy", digest);
    expect(trusted.decision.rules.map((r: { rule: string }) => r.rule)).not.toContain(
      "first-policy",
    );
  });

  it("a softer mode of one of its rules is another policy", () => {
    const rules = (mode: string) =>
      `policy: own\nversion: 1\nmode: enforce\nrules:\n  - id: two\n    mode: ${mode}\n    title: Two read it\n    when: change.totals.files > 0\n    require: [{ approvals: { count: 2, from: anyone } }]\n`;
    const bringing = (mode: string) =>
      repository({ a: "1" }, { "interlock/policy.yaml": rules(mode) });
    const digestOf = (dir: string) =>
      /--trust-first-policy ([0-9a-f]{64})/.exec(interlock(dir, "check").stdout)?.[1] ?? "";
    const [strict, soft] = [bringing("enforce"), bringing("observe")];
    const digest = digestOf(strict);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const ids = (dir: string) =>
      json(dir, "--trust-first-policy", digest).decision.rules.map((r: { rule: string }) => r.rule);
    expect(ids(strict)).not.toContain("first-policy");
    expect(ids(soft)).toContain("first-policy");
  });

  it("is for the first only: a later one is judged by the one before it", () => {
    const dir = adopting();
    commit(dir, { "interlock/policy.yaml": ENFORCED }, "stricter");
    const rules = json(dir).decision.rules.map((r: { rule: string }) => r.rule);
    expect(rules).not.toContain("first-policy");
  });

  it("says what to mend where it does not load", () => {
    const dir = repository({ a: "1" }, { "interlock/policy.yaml": "policy: [\n" });
    const { status, stdout } = interlock(dir, "check");
    expect(status).toBe(1);
    expect(stdout).toContain("help: mend `interlock/policy.yaml` first: interlock/policy.yaml:");
  });
});

describe("a change to the gate's files holds for its owners, whatever the policy lists", () => {
  it.each<[string, Record<string, string>]>([
    ["the catalog", { "interlock/catalog.yaml": CATALOG.replace("tier: 1", "tier: 4") }],
    [
      "the people",
      { "interlock/people.yaml": `${PEOPLE}  - { id: eve, accounts: [eve@example.com] }\n` },
    ],
    ["the policy", { "interlock/policy.yaml": BARE.replace("version: 1", "version: 2") }],
    ["the owners", { CODEOWNERS: "* @eve\n" }],
  ])("%s", (_name, files) => {
    const dir = repository(
      {
        CODEOWNERS: "* @payments\n",
        "interlock/policy.yaml": BARE,
        "interlock/people.yaml": PEOPLE,
        "interlock/catalog.yaml": CATALOG,
      },
      files,
    );
    const { decision } = json(dir);
    expect(decision.effective).toBe("hold");
    const rule = decision.rules.find((r: { rule: string }) => r.rule === "R65");
    expect(rule).toMatchObject({ mode: "enforce", requirements: [{ who: ["payments"] }] });
  });

  it("an ordinary change meets the policy alone", () => {
    const dir = repository({ "interlock/policy.yaml": BARE, a: "1" }, { a: "2" });
    expect(json(dir).decision.rules.map((r: { rule: string }) => r.rule)).toEqual(["otherwise"]);
  });

  it("the catalog before the change judges: lowering a tier does not help the change that lowers it", () => {
    const tiers = `${BARE.replace("rules: []\n", "")}rules:
  - id: tier-1
    title: Two people review Tier 1
    when: change.systems.exists(s, s.tier == 1)
    require: [approvals: { count: 2, from: owners }]
`;
    const dir = repository(
      { "interlock/policy.yaml": tiers, "interlock/catalog.yaml": CATALOG, "shop/a": "1" },
      { "interlock/catalog.yaml": CATALOG.replace("tier: 1", "tier: 4"), "shop/a": "2" },
    );
    const rules = json(dir).decision.rules.map((r: { rule: string }) => r.rule);
    expect(rules).toContain("tier-1");
  });

  it.each([
    ["catalog.yaml", "systems: 5\n"],
    ["people.yaml", "persons: [{}]\n"],
  ])("a %s that would not load holds before it lands, and after it was forced in", (name, text) => {
    const path = `interlock/${name}`;
    const dir = repository({ "interlock/policy.yaml": BARE }, { [path]: text });
    expect(interlock(dir, "check")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`the policy cannot be read, so the change is held (${path}`),
    });
    commit(dir, { a: "1" }, "ordinary");
    expect(interlock(dir, "check").status).toBe(1);
  });

  it("a deleted policy holds", () => {
    const dir = repository({ "interlock/policy.yaml": BARE });
    git(dir, "rm", "-q", "interlock/policy.yaml");
    git(dir, "commit", "-q", "-m", "away");
    expect(interlock(dir, "check")).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("the change deletes `interlock/policy.yaml`"),
    });
  });
});

describe("everybody whose work a merge brings is a contributor", () => {
  function merged(): string {
    const dir = repository({ a: "1" });
    git(dir, "checkout", "-q", "-b", "topic");
    commit(dir, { b: "1" }, "by ana");
    git(dir, "commit", "-q", "--allow-empty", "--author", "bo <bo@example.com>", "-m", "by bo");
    git(dir, "checkout", "-q", "main");
    git(dir, "merge", "-q", "--no-ff", "-m", "Merge topic", "topic");
    return dir;
  }
  const wrote = (dir: string, range: string) =>
    JSON.parse(interlock(dir, "facts", range).stdout)
      .change.contributors.filter((c: { did: string }) => c.did === "author")
      .map((c: { account: string }) => c.account);

  it("of a merge commit, and of a range that holds one", () => {
    const dir = merged();
    expect(wrote(dir, "HEAD")).toEqual(["email:ana@example.com", "email:bo@example.com"]);
    expect(wrote(dir, "HEAD~1..HEAD")).toEqual(["email:ana@example.com", "email:bo@example.com"]);
  });
});
