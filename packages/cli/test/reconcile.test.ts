/** What moves a protected ref past the gate is found: a real server, a real repository, git itself. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@interlock/testkit";
import { expect, it } from "vitest";
import { founded, serving, signedIn } from "./organisation.ts";
import { running } from "./pushing.ts";
import { commit, folder, git, interlock, repository } from "./scratch.ts";

const FILES = {
  "interlock/policy.yaml": "policy: shop\nversion: 1\nmode: observe\nrules: []\n",
  "rates.txt": "one\n",
};
const MAIN_REF = "refs/heads/main";

it("nothing-unnoticed: GT16 refs moved outside the gate are entries of the ledger, and nothing else is", async () => {
  const server = await serving(folder(), await freePort(), /set up your organisation.*\n/);
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const work = repository(FILES);
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "push", "-q", bare, "main");
  const { change } = JSON.parse(interlock(work, "facts", "HEAD").stdout);
  const bo = await signedIn(origin, keys.get("bo"));
  const token = await bo.call("POST", "/api/v1/tokens", {
    ...{ name: "the hook", repository: change.repository, verbs: ["gate"] },
  });
  const file = join(folder(), "token");
  writeFileSync(file, String(token.body["secret"]));
  const protect = ["--protect", "main", "release/*"];
  const installed = interlock(
    ...([bare, "hook", "install", "--server", origin, "--token-file", file, ...protect] as const),
  );
  expect([installed.status, installed.stderr]).toEqual([0, ""]);

  const push = async (what: string) => {
    const env = { REMOTE_USER: "ana@example.com" };
    expect((await running(work, ["git", "push", bare, what], env)).status).toBe(0);
  };
  const moved = () => {
    const { stdout, stderr, status } = interlock(bare, "hook", "reconcile", "--json");
    expect(stderr).toBe("");
    const lines = stdout.split("\n").filter((line) => line !== "");
    const all = lines.map((line): { ref: string; unrecorded: string | null } => JSON.parse(line));
    return [status, ...all.map(({ ref, unrecorded }) => `${ref.slice(11)} ${unrecorded}`)];
  };
  /** Behind the hook, by whoever can write to the repository's files. */
  const behind = (ref: string, id: string) => {
    git(bare, "fetch", "-q", work, id);
    git(bare, "update-ref", ref, id);
  };
  const start = git(bare, "rev-parse", "main");

  expect(moved()).toEqual([0, "main first-seen"]);
  expect(moved()).toEqual([0]);
  commit(work, { "rates.txt": "two\n" }, "allowed");
  await push("main");
  commit(work, { "rates.txt": "three\n" }, "allowed too");
  await push("main");
  expect(moved()).toEqual([0, "main null", "main null"]);

  behind(MAIN_REF, commit(work, { "rates.txt": "past the gate\n" }, "behind"));
  expect(moved()).toEqual([1, "main not-allowed"]);
  behind(MAIN_REF, start);
  expect(moved()).toEqual([1, "main not-allowed"]);
  git(bare, "update-ref", "-d", MAIN_REF);
  expect(moved()).toEqual([1, "main deleted"]);
  behind(MAIN_REF, start);
  expect(moved()).toEqual([1, "main not-allowed"]);

  git(work, "checkout", "-q", "-B", "main", start);
  await push("main:refs/heads/release/1");
  const other = commit(work, { "rates.txt": "for the release\n" }, "allowed elsewhere");
  await push("main:refs/heads/release/1");
  behind(MAIN_REF, other);
  expect(moved()).toEqual([1, "main not-allowed", "release/1 null"]);

  // Between two comparisons: a push that was allowed, one that nobody saw, and another that was allowed.
  commit(work, { "rates.txt": "four\n" }, "allowed");
  await push("main");
  behind(MAIN_REF, commit(work, { "rates.txt": "slipped in\n" }, "behind"));
  commit(work, { "rates.txt": "five\n" }, "allowed");
  await push("main");
  expect(moved()).toEqual([1, "main null", "main not-allowed", "main null"]);

  const listed = await bo.call("GET", "/api/v1/unrecorded");
  const changes = listed.body["changes"] as readonly { because: string; new: string }[];
  expect(changes.map(({ because }) => because)).toEqual([
    ...["not-allowed", "not-allowed", "not-allowed", "deleted", "not-allowed", "not-allowed"],
  ]);
  const metrics = await (await fetch(`${origin}/metrics`)).text();
  expect(metrics).toMatch(/^interlock_unrecorded_changes 6$/m);
});
