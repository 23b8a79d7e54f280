// SPDX-License-Identifier: Apache-2.0
/** The emergency lane from an incident to the rollout and back, with a real server, hook and files on disk. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@interlock/testkit";
import { expect, it } from "vitest";
import { founded, serving, signedIn } from "./organisation.ts";
import { running } from "./pushing.ts";
import { commit, folder, git, interlock, repository } from "./scratch.ts";
import { logIn, terminal } from "./terminal.ts";

const OLD = '{"days": 3}\n';
const NEW = '{"days": 2}\n';
const CELLS = ["na-1", "na-2"];

const FILES = {
  CODEOWNERS: "* @promise\n",
  "interlock/policy.yaml": `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: the journey
`,
  "interlock/people.yaml": `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [promise] }`).join("\n")}
`,
  "config/promise/default.json": OLD,
};

const description = (root: string, repository: string) => `version: 1
targets:
  - {name: disk, kind: files, settings: {root: ${JSON.stringify(root)}, cells: {na-1: na-1, na-2: na-2}}}
systems:
  - name: delivery-promise
    tier: 1
    ordersPerMinute: 6000
    asyncFailure: 1m
    lossBudget: 100000
    emergency: {keys: 1, cells: 2, bake: 2m}
    cells:
      - {id: na-1, region: us-east, share: 1%, runs: promise-4.2.0}
      - {id: na-2, region: us-west, share: 99%, runs: promise-4.2.0}
configSets:
  - name: promises
    system: delivery-promise
    target: disk
    owner: promise
    repository: ${JSON.stringify(repository)}
    ref: refs/heads/main
    files: [{path: "config/promise/{key}.json", key: "{key}"}]
signals:
  - name: orders
    system: delivery-promise
    kind: push
    measures: orders
    settings: {metric: orders}
    unit: orders
    fresh: 1m
    minimumSamples: 50
    weight: 100%
`;

it("goes out by the break-glass of two in an open incident, one cell first, and comes back", async () => {
  const server = await serving(folder(), await freePort(), /set up your organisation.*\n/);
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const [ana, bo, cy] = [
    await signedIn(origin, keys.get("ana")),
    await signedIn(origin, keys.get("bo")),
    await signedIn(origin, keys.get("cy")),
  ];
  const work = repository(FILES);
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "push", "-q", bare, "main");
  const facts = JSON.parse(interlock(work, "facts", "HEAD").stdout);
  const given = { name: "the hook", repository: facts.change.repository, verbs: ["gate"] };
  const token = join(folder(), "token");
  writeFileSync(token, String((await bo.call("POST", "/api/v1/tokens", given)).body["secret"]));
  interlock(bare, "hook", "install", "--server", origin, "--token-file", token);
  const hers = terminal(folder(), work);
  await logIn(hers, origin, ana);
  const ran = async (...args: readonly string[]) => {
    const { status, says } = await hers.run(...args);
    expect([status, says]).toEqual([0, says]);
    return says;
  };

  const root = folder();
  const holds = (cell: string) => readFileSync(join(root, cell, "default"), "utf8");
  for (const cell of CELLS) {
    mkdirSync(join(root, cell));
    writeFileSync(join(root, cell, "default"), OLD);
  }
  const file = join(folder(), "control-plane.yaml");
  writeFileSync(file, description(root, facts.change.repository));
  const proposed = await ran("control-plane", "propose", file, "--reason", "promises by cell");
  const proposal = /\/proposals\/(\S+)/.exec(proposed)?.[1] ?? "";
  for (const who of [ana, bo]) expect((await who.endorse(proposal)).status).toBe(200);

  commit(work, { "config/promise/default.json": NEW }, "two days");
  const push = () =>
    running(work, ["git", "push", bare, "HEAD:main"], { REMOTE_USER: "ana@example.com" });
  const change = /\/changes\/([0-9a-f]{20})/.exec((await push()).says)?.[1] ?? "";
  const start = ["rollout", "start", change, "--system", "delivery-promise", "--emergency"];
  const early = await hers.run(...start);
  expect([early.status, early.says]).toEqual([3, expect.stringContaining("does not allow it")]);

  const opened = await ran("incident", "open", "promises are late", "--json");
  const { incident } = JSON.parse(opened);
  const waives = { rule: "two-people", breakGlass: true, incident };
  const glass = { decision: "override", reason: "promises are late", waives };
  for (const who of [bo, cy]) expect((await who.signs(change, glass)).status).toBe(200);
  const pushed = await push();
  expect([pushed.status, pushed.says]).toEqual([0, pushed.says]);

  const lane = `emergency lane, by break-glass of bo and cy for incident ${incident}`;
  const plan = await ran("rollout", "plan", ...start.slice(2));
  expect(plan.split("\n").slice(0, 3)).toEqual([
    expect.stringContaining(lane),
    expect.stringMatching(/^wave 1: na-1, bakes 2 min/),
    expect.stringMatching(/^wave 2: na-2, bakes 10 min/),
  ]);
  const started = await ran(...start);
  expect(started).toContain(lane);
  expect(started).toContain("behind   ana, bo, cy");
  const rollout = /[0-9a-f]{64}/.exec(started)?.[0] ?? "";
  await until(() => holds("na-1") === NEW);
  expect(holds("na-2")).toBe(OLD);
  expect(await ran("rollout", "list")).toContain("emergency lane");
  expect(await ran("debt", "list")).toContain(`change ${change}`);

  await ran("incident", "close", incident, "--reason", "they are not");
  expect(await ran("rollout", "show", rollout)).toContain(
    `! no further wave begins: the break-glass of this change is over: incident \`${incident}\` is closed`,
  );
  await ran("rollout", "back", rollout);
  await until(() => holds("na-1") === OLD);
  const again = await hers.run(...start);
  expect([again.status, again.says]).toEqual([
    3,
    expect.stringContaining(`over: incident \`${incident}\` is closed`),
  ]);
}, 300_000);

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error("it did not come about");
    await sleep(100);
  }
}
