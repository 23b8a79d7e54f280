// SPDX-License-Identifier: Apache-2.0
/** docs/guides/control-plane.md, block by block, with a real server, etcd and Prometheus. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  etcdProgram,
  freePort,
  prometheusBinary,
  startEtcd,
  startPrometheus,
} from "@interlock/testkit";
import { expect, it, onTestFinished } from "vitest";
import { founded, serving, signedIn } from "./organisation.ts";
import { running } from "./pushing.ts";
import { commit, folder, git, interlock, MAIN, put, repository } from "./scratch.ts";
import { logIn, terminal } from "./terminal.ts";

const guide = readFileSync(
  new URL("../../../docs/guides/control-plane.md", import.meta.url),
  "utf8",
);
const BLOCKS = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1] ?? "");
const DESCRIPTION = /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";

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
    motive: the guide
`,
  "interlock/people.yaml": `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [promise] }`).join("\n")}
`,
  "config/promise/default.json": '{"days": 3}\n',
};
/** Orders a second. */
const CELLS = { "na-1": 1, "na-2": 29, "na-3": 70 } as const;
const names = Object.keys(CELLS) as readonly (keyof typeof CELLS)[]; // its own keys

/** A shop that loses every order of a cell whose promise is a month, with ten minutes of a past. */
async function shop(etcd: string) {
  const totals: Record<string, number> = {};
  const line = (cell: string, at = "") => `orders_total{cell="${cell}"} ${totals[cell]}${at}\n`;
  let past = "# TYPE orders counter\n";
  const now = Math.floor(Date.now() / 1_000);
  const steps = Array.from({ length: 121 }, (_, i) => i * 5);
  for (const cell of names)
    for (const step of steps) {
      totals[cell] = step * CELLS[cell];
      past += line(cell, ` ${now - 605 + step}`);
    }
  const prometheus = await startPrometheus(`${past}# EOF\n`);
  const held = async (cell: string): Promise<string> => {
    const key = Buffer.from(`/${cell}/default`).toString("base64");
    const body = JSON.stringify({ key });
    const answer = await fetch(`${etcd}/v3/kv/range`, { method: "POST", body });
    const { kvs } = (await answer.json()) as { kvs?: readonly { value: string }[] };
    return Buffer.from(kvs?.[0]?.value ?? "", "base64").toString("utf8");
  };
  const open = { now: true };
  const saw = new Set<string>();
  const selling = (async () => {
    for (let last = now - 5; open.now; await sleep(500)) {
      const at = Date.now() / 1_000;
      for (const cell of names) {
        const lost = (await held(cell)).includes("33");
        if (lost) saw.add(cell);
        totals[cell] = (totals[cell] ?? 0) + (lost ? 0 : (at - last) * CELLS[cell]);
      }
      last = at;
      prometheus.expose(`# TYPE orders_total counter\n${names.map((c) => line(c)).join("")}`);
    }
  })();
  onTestFinished(async () => {
    open.now = false;
    await selling;
    await prometheus.close();
  });
  return { url: prometheus.url, held, saw };
}

it("the guide's commands: brought back by hand, and halted by orders", async () => {
  if (etcdProgram() === null || prometheusBinary() === null) return;
  const etcd = await startEtcd(folder());
  onTestFinished(() => etcd.kill());
  const { url, held, saw } = await shop(etcd.endpoint);
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
  const { change } = JSON.parse(interlock(work, "facts", "HEAD").stdout);
  const body = { name: "the hook", repository: change.repository, verbs: ["gate"] };
  const token = join(folder(), "token");
  writeFileSync(token, String((await bo.call("POST", "/api/v1/tokens", body)).body["secret"]));
  interlock(bare, "hook", "install", "--server", origin, "--token-file", token);
  const home = folder();
  await logIn(terminal(home, work), origin, ana);
  const bin = folder();
  put(bin, { interlock: `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n` });
  chmodSync(join(bin, "interlock"), 0o755);
  const here = (text: string) =>
    text
      .replaceAll("http://127.0.0.1:2379", etcd.endpoint)
      .replaceAll("http://127.0.0.1:9090", url)
      .replaceAll("REPOSITORY", change.repository);
  const env = {
    ...{ HOME: home, XDG_CONFIG_HOME: join(home, "config") },
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
  };
  const [seed = "", propose = "", start = "", show = "", back = "", watch = "", ...more] = BLOCKS;
  const [mark = "", adopt = "", ...rest] = more;
  expect(rest).toEqual([]);
  const run = (block: string, ids: readonly [string, string] = ["", ""]) => {
    const text = here(block).replaceAll("CHANGE", ids[0]).replaceAll("ROLLOUT", ids[1]);
    return running(work, ["bash", "-ec", text], env);
  };
  const landed = async (days: number): Promise<string> => {
    commit(work, { "config/promise/default.json": `{"days": ${days}}\n` }, `${days} days`);
    const push = () =>
      running(work, ["git", "push", bare, "main"], { REMOTE_USER: "ana@example.com" });
    const id = /\/changes\/([0-9a-f]{20})/.exec((await push()).says)?.[1] ?? "";
    for (const who of [bo, cy]) expect((await who.approve(id)).status).toBe(200);
    expect((await push()).status).toBe(0);
    return id;
  };
  const begun = async (id: string): Promise<string> => {
    const started = await run(start, [id, ""]);
    expect([started.status, started.says]).toEqual([0, expect.stringContaining("na-1")]);
    return /[0-9a-f]{64}/.exec(started.says)?.[0] ?? "";
  };

  expect((await run(seed)).status).toBe(0);
  put(work, { "interlock/control-plane.yaml": here(DESCRIPTION) });
  const proposed = await run(propose);
  const proposal = /\/proposals\/(\S+)/.exec(proposed.says)?.[1] ?? "";
  expect([proposed.status, proposal]).toEqual([0, expect.stringMatching(/./)]);
  for (const who of [ana, bo]) expect((await who.endorse(proposal)).status).toBe(200);

  const good = await landed(2);
  const first = await begun(good);
  while ((await held("na-1")) !== '{"days": 2}\n') await sleep(100);
  expect((await run(show, ["", first])).says).toContain("na-1");
  const taken = await run(back, ["", first]);
  expect([taken.status, taken.says]).toEqual([0, expect.stringMatching(/go(es|ing) back/)]);
  expect((await run(watch, ["", first])).status).toBe(1);
  expect(await Promise.all(names.map(held))).toEqual(names.map(() => '{"days": 3}\n'));

  await landed(3);
  const bad = await landed(33);
  const second = await begun(bad);
  const watched = await run(watch, ["", second]);
  expect([watched.status, watched.says]).toEqual([1, expect.stringMatching(/halted +by orders/)]);
  expect(saw).toEqual(new Set(["na-1"]));
  const marked = await run(mark, ["", second]);
  expect([marked.status, marked.says]).toEqual([0, expect.stringMatching(/bad/)]);
  const adopted = await run(adopt, ["", second]);
  expect([adopted.status, adopted.says]).toEqual([
    3,
    expect.stringMatching(/`gone-back`.*no state/),
  ]);
  expect(await Promise.all(names.map(held))).toEqual(names.map(() => '{"days": 3}\n'));
});
