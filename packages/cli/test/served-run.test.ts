/** Documents and remedies that a terminal runs on the record of a real server, killed at every step. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@interlock/testkit";
import { expect, it } from "vitest";
import { bodyOf, listening } from "./gate-server.ts";
import { founded, serving, signedIn } from "./organisation.ts";
import { commit, folder, git, interlock, repository } from "./scratch.ts";
import { type Answers, talked } from "./talking.ts";
import { logIn, type Terminal, terminal, tokenFor } from "./terminal.ts";

const DAY = new Date().toISOString().slice(0, 10);
const head = (kind: string, title: string) => `---
version: 1
kind: ${kind}
title: ${title}
why: 1 line is missing
scope: { systems: [shop], blast: { systems: 1 } }
preChecks:
  - { do: node runs, run: [node, -e, "console.log(1+1)"], expect: { contains: ["2"] } }
`;
const step = (id: string, name: string, more: string) => `  - id: ${id}
    do: append ${id}
    run: [node, note.cjs, "${name}"]
    expect: { contains: [noted] }
    verify: { do: it stands in the file, run: [node, seen.cjs, "${name}"], expect: { contains: [seen] } }
    undo: { do: append the undo, run: [node, note.cjs, undone] }
    repeatable: false
${more}`;
const tail = `signals: [{ name: lines, where: out.txt, normal: 1 line, abort: more than 4 lines for 1 minute }]
rollback: { how: append the undo line, rehearsed: { at: ${DAY}, where: here, by: bo } }
`;
const LINE = `${head("other", "append a line")}steps:
${step("one", "one", "")}${tail}who: { operator: ana, second: bo }
---
`;
const LINES = `${head("other", "append two lines")}steps:
${step("one", "one", "")}${step("two", "two", "    second: true\n    abortIf: 1 line is missing\n")}${tail}who: { operator: ana, second: bo }
---
`;
const REMEDY = `${head("remedy", "append a line at night")}id: append
parameters:
  - { name: line, type: choice, values: [one, two], about: which }
limits: { runs: 2, within: 1h, rehearsalValid: 90d }
mayRun: [ana]
steps:
${step("append", "{line}", "    abortIf: 1 line is missing\n")}${tail}---
`;
const NOTE = `require("fs").appendFileSync("out.txt", process.argv[2] + "\\n");
console.log("noted");
`;
const SEEN = `console.log(require("fs").readFileSync("out.txt", "utf8").split("\\n").includes(process.argv[2]) ? "seen" : "no");
`;
const FILES = {
  CODEOWNERS: "* @payments\n",
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
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`,
  "note.cjs": NOTE,
  "seen.cjs": SEEN,
};

const WELL: Answers = [
  [/run it\? \[go\/stop\] $/, "go"],
  [/wait for bo\? \[wait\/stop\] $/, "wait"],
  [/do you, bo, agree that it worked\? \[yes\/no\] $/, "yes"],
];

/** A server, people, and a repository whose changes are allowed once two have signed. */
async function shop() {
  const server = await serving(folder(), await freePort(), /set up your organisation.*\n/);
  const { origin } = server;
  const keys = await founded(origin, server.setUp);
  const work = repository(FILES);
  const bare = folder();
  git(bare, "init", "-q", "--bare", "-b", "main");
  git(work, "remote", "add", "origin", bare);
  git(work, "push", "-q", "origin", "main");
  const [ana, bo, cy] = [
    await signedIn(origin, keys.get("ana")),
    await signedIn(origin, keys.get("bo")),
    await signedIn(origin, keys.get("cy")),
  ];
  const hers = terminal(folder(), work);
  const his = terminal(folder(), folder());
  await Promise.all([logIn(hers, origin, ana), logIn(his, origin, bo)]);
  const secret = await tokenFor(bo, JSON.parse(interlock(work, "facts", "HEAD").stdout));
  const pipeline = terminal(folder(), work, { INTERLOCK_TOKEN: secret });
  /** Lands a file with two signatures, and gives the id of its change. */
  const landed = async (path: string, text: string): Promise<string> => {
    commit(work, { [path]: text }, `add ${path}`);
    const to = ["--base", "origin/main", "--target", "main", "--pusher", "ana@example.com"];
    const gate = () => pipeline.run("gate", "--server", origin, ...to, "--json");
    const { change } = JSON.parse((await gate()).says);
    for (const who of [bo, cy]) expect((await who.approve(change)).status).toBe(200);
    expect(JSON.parse((await gate()).says)).toMatchObject({ effective: "allow" });
    git(work, "push", "-q", "origin", "main");
    return change;
  };
  const lines = () =>
    existsSync(join(work, "out.txt"))
      ? readFileSync(join(work, "out.txt"), "utf8").trim().split("\n")
      : [];
  return { server, origin, work, ana, bo, cy, hers, his, landed, lines };
}

type Shop = Awaited<ReturnType<typeof shop>>;
type Started = ReturnType<Terminal["start"]>;

const killed = async (child: ChildProcess): Promise<void> => {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
};

/** After a crash: what stands in the file took place. */
const found = ({ lines }: Shop): Answers =>
  ["one", "two"].map((name) => [
    new RegExp(`step:${name}: do(?:(?!step:)[\\s\\S])*did it take place\\? \\[yes/no\\] $`),
    lines().includes(name) ? "yes" : "no",
  ]);

const beginOf = (path: string): { readonly run: string } =>
  JSON.parse(readFileSync(path, "utf8").split("\n")[0] ?? "").event;

/** What the ledger holds of a run, which has to be at its end. */
async function recorded(at: Shop, run: string): Promise<readonly Record<string, unknown>[]> {
  const { status, body } = await at.ana.call("GET", `/api/v1/runs/${run}`);
  expect([status, body["next"]]).toMatchObject([200, { kind: "over", outcome: "done" }]);
  return body["events"] as readonly Record<string, unknown>[];
}

/** Every start of a step is followed by its outcome, or by what a person found after a crash. */
function toldWhole(events: readonly Record<string, unknown>[]): void {
  const starts = events.filter((e) => e["task"] === "step:one" && e["part"] === "do");
  const passed = starts.filter((e) => e["kind"] === "finished" || e["ran"] === true);
  expect(passed).toHaveLength(1);
  for (const [i, event] of starts.entries())
    if (event["kind"] === "started")
      expect(["finished", "found"]).toContain(starts[i + 1]?.["kind"]);
}

/** A way to the server on which one request is lost, before it arrives or with its answer. */
async function lossy(origin: string, { file }: Terminal) {
  let lose: { readonly request: number; readonly before: boolean } | null = null;
  let seen = 0;
  let tell = (): void => undefined;
  const url = await listening(async (request, response) => {
    const { method = "GET", headers } = request;
    const body = await bodyOf(request);
    const wanted = method === "POST" && lose !== null && ++seen === lose.request;
    if (wanted && lose?.before) return tell();
    const real = await fetch(`${origin}${request.url}`, {
      method,
      headers: {
        authorization: headers.authorization ?? "",
        ...(body.length === 0 ? {} : { "content-type": "application/json" }),
      },
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const text = await real.text();
    if (wanted) return tell();
    response.writeHead(real.status, { "content-type": "application/json" });
    response.end(text);
  });
  const { logins } = JSON.parse(readFileSync(file, "utf8"));
  const more = { ...logins[0], server: url };
  writeFileSync(file, JSON.stringify({ version: 1, logins: [...logins, more] }));
  return {
    url,
    /** Resolves once the request was lost. */
    loses: (request: number, before: boolean): Promise<void> => {
      lose = { request, before };
      seen = 0;
      return new Promise((done) => {
        tell = done;
      });
    },
    works: () => {
      lose = null;
    },
  };
}

it("a document is run on record, confirmed from another person's terminal, killed at every question", async () => {
  const at = await shop();
  const { hers, his, origin, work, landed, lines } = at;
  const path = "interlock/changes/lines.md";
  const change = await landed(path, LINES);
  const draft = "d".repeat(32);
  const kept = { change, text: LINES, over: 0 };
  expect((await at.ana.call("POST", `/api/v1/drafts/${draft}`, kept)).status).toBe(200);
  const fetch = ["document", "fetch", draft, "--server", origin, "--out", "fetched.md"];
  expect((await his.run(...fetch)).status).toBe(3);
  expect((await hers.run(...fetch)).status).toBe(0);
  expect(readFileSync(join(work, "fetched.md"), "utf8")).toBe(LINES);
  expect((await hers.run(...fetch)).says).toContain("exists already");
  const alone = await hers.run("run", path, "--change", change, "--second", "ana");
  expect([alone.status, alone.says]).toEqual([64, expect.stringContaining("second person too")]);

  let kills = 0;
  let talk: Started = hers.start("run", path, "--change", change, "--journal", "j.jsonl");
  for (let questions = 1; ; questions++) {
    const waits = () => /wait for bo\? \[wait\/stop\] $/.test(talk.said());
    const until = (answers: number) => waits() || answers >= 1 + (questions % 2);
    const exit = await talked(talk, [...found(at), ...WELL], until);
    if (exit !== null) break;
    if (waits()) {
      const { run } = beginOf(join(work, "j.jsonl"));
      const own = await hers.run("run", "--confirm", run, "--server", origin);
      expect([own.status, own.says]).toEqual([3, expect.stringContaining("signed in as `ana`")]);
      const confirming = his.start("run", "--confirm", run, "--server", origin);
      expect(await talked(confirming, WELL)).toBe(0);
      expect(confirming.said()).toMatch(/ana runs .*[\s\S]*passed {2}verify \(exit 0\)/);
      expect(await talked(talk, WELL)).toBe(0);
      break;
    }
    await killed(talk.child);
    kills++;
    talk = hers.start("run", "--resume", "j.jsonl");
  }
  expect(kills).toBeGreaterThan(1);
  expect(lines()).toEqual(["one", "two"]);
  expect(talk.said()).toContain("done: every step passed");
  expect(talk.said()).toContain("agreed  step:two by bo");
  const events = await recorded(at, beginOf(join(work, "j.jsonl")).run);
  toldWhole(events);
  expect(events.filter(({ kind }) => kind === "confirmed")).toMatchObject([{ by: "bo" }]);
  // A copy of the journal that tells another story.
  const all = readFileSync(join(work, "j.jsonl"), "utf8").trimEnd().split("\n");
  writeFileSync(join(work, "k.jsonl"), `${all.slice(0, 4).join("\n")}\n`);
  expect((await hers.run("run", "--resume", "k.jsonl")).status).toBe(0);
  expect(lines()).toEqual(["one", "two"]);
}, 300_000);

it("by SIGKILL at every request, before it arrives or before its answer: no double step, no lost entry (journal-first)", async () => {
  const at = await shop();
  const { hers, origin, work, landed, lines } = at;
  const path = "interlock/changes/line.md";
  const change = await landed(path, LINE);
  const way = await lossy(origin, hers);
  let cases = 0;
  for (let request = 1; ; request++) {
    let over = false;
    for (const before of [true, false]) {
      const name = `${request}-${before}.jsonl`;
      rmSync(join(work, "out.txt"), { force: true });
      const lost = way.loses(request, before);
      const args = ["run", path, "--change", change, "--server", way.url, "--journal", name];
      const talk = hers.start(...args);
      let gone = false;
      void lost.then(() => {
        gone = true;
      });
      over = (await talked(talk, WELL, () => gone)) !== null;
      if (over) break;
      await killed(talk.child);
      way.works();
      const resumed = hers.start("run", "--resume", name);
      const exit = await talked(resumed, [...found(at), ...WELL]);
      expect([name, exit, resumed.said()]).toEqual([name, 0, expect.anything()]);
      expect([name, lines()]).toEqual([name, ["one"]]);
      toldWhole(await recorded(at, beginOf(join(work, name)).run));
      cases++;
    }
    if (over) break;
  }
  expect(cases).toBe(16);
  rmSync(join(work, "out.txt"), { force: true });

  // A copy of a journal that somebody goes on with, while its first process waits.
  const first = hers.start("run", path, "--change", change, "--journal", "a.jsonl");
  await talked(first, WELL, () => /run it\? \[go\/stop\] $/.test(first.said()));
  copyFileSync(join(work, "a.jsonl"), join(work, "b.jsonl"));
  expect(await talked(hers.start("run", "--resume", "b.jsonl"), WELL)).toBe(0);
  expect([await talked(first, WELL), first.said()]).toEqual([
    3,
    expect.stringContaining("tell different stories from event 1"),
  ]);
  expect(lines()).toEqual(["one"]);
  rmSync(join(work, "out.txt"), { force: true });

  // A server that is away: the operator waits, and stops; nothing runs meanwhile.
  const talk = hers.start("run", path, "--change", change, "--journal", "away.jsonl");
  await talked(talk, WELL, () => /run it\? \[go\/stop\] $/.test(talk.said()));
  await killed(talk.child);
  await at.server.stop();
  const stopped = hers.start("run", "--resume", "away.jsonl");
  const exit = await talked(stopped, [[/ask it again\? \[again\/stop\] $/, "stop"]]);
  expect([exit, stopped.said()]).toEqual([
    3,
    expect.stringMatching(/is away[\s\S]*interlock run --resume .*away\.jsonl/),
  ]);
}, 600_000);

it("at any hour one alone runs a standing remedy: within its ranges, on record, or with a journal while the server is away (never-stuck)", async () => {
  const at = await shop();
  const { hers, his, origin, work, bo, landed, lines } = at;
  const path = "interlock/remedies/append.md";
  const change = await landed(path, REMEDY);
  expect((await hers.run("remedy", "list")).says).toBe("no remedy stands\n");
  const made = await bo.call("POST", "/api/v1/remedies", { change, document: REMEDY });
  expect([made.status, made.body["detail"]]).toEqual([200, undefined]);
  expect((await hers.run("remedy", "list")).says).toMatch(
    /^append +append a line at night +line=…\n$/,
  );
  const shown = await hers.run("remedy", "show", "append");
  expect(shown.says).toMatch(/signed +by bo and cy\n[\s\S]*--param +line: one \| two \(which\)/);
  const run = (who: Terminal, ...more: readonly string[]) =>
    who.run("remedy", "run", "append", ...more);
  const refused: readonly (readonly [Terminal, readonly string[], number, string])[] = [
    [hers, [], 3, "`line` is missing"],
    [hers, ["--param", "line=three"], 3, "`line` is none of one, two"],
    [hers, ["--param", "line=one", "--param", "x=1"], 3, "no parameter is called `x`"],
    [hers, ["--param", "line=one", "--param", "line=two"], 64, "given twice"],
    [hers, ["--param", "line=one", "--file", "CODEOWNERS"], 3, "cannot be read"],
    [hers, ["--param", "line=one", "--reason", "x"], 64, "go with `--local`"],
    [his, ["--param", "line=one"], 3, "`mayRun` names neither `bo`"],
  ];
  for (const [who, args, status, says] of refused) {
    const ran = await run(who, ...args);
    expect([args, ran.status, ran.says]).toEqual([args, status, expect.stringContaining(says)]);
  }
  const dry = await run(hers, "--param", "line=one", "--dry-run", "--file", path);
  expect([dry.status, dry.says]).toEqual([0, expect.stringContaining("$ node note.cjs one")]);
  expect([lines(), existsSync(join(work, "interlock-runs"))]).toEqual([[], false]);

  const args = ["remedy", "run", "append", "--param", "line=one"];
  const talk = hers.start(...args, "--journal", "n.jsonl");
  expect([await talked(talk, WELL), talk.said()]).toEqual([
    0,
    expect.stringContaining("nothing differs from the document"),
  ]);
  expect(lines()).toEqual(["one"]);
  await recorded(at, beginOf(join(work, "n.jsonl")).run);
  // The second of two that are allowed is begun, left, and gone on with; a third is refused.
  const left = await hers.run(...args, "--journal", "o.jsonl");
  expect([left.status, left.says]).toEqual([
    1,
    expect.stringContaining("not finished: go on with"),
  ]);
  const third = await hers.run(...args, "--journal", "p.jsonl");
  expect([third.status, third.says]).toEqual([3, expect.stringContaining("2 are allowed")]);
  expect(existsSync(join(work, "p.jsonl"))).toBe(false);
  expect(await talked(hers.start("run", "--resume", "o.jsonl"), WELL)).toBe(0);

  await at.server.stop();
  const away = await run(hers, "--param", "line=two");
  expect([away.status, away.says]).toEqual([
    3,
    expect.stringMatching(/is away[\s\S]*run nothing unrecorded.*--local/),
  ]);
  const local = [...args.slice(0, 3), "--param", "line=two", "--local", "--file"];
  expect((await hers.run(...local, path)).status).toBe(64);
  const why = ["--reason", `${origin} is away`, "--journal", "q.jsonl"];
  const alone = hers.start(...local, path, ...why);
  expect([await talked(alone, WELL), alone.said()]).toEqual([
    0,
    expect.stringMatching(
      /! no server records this[\s\S]*stands so in commit[\s\S]*without the server, which knows its limits: http/,
    ),
  ]);
  expect(lines()).toEqual(["one", "one", "two"]);
  writeFileSync(join(work, path), REMEDY.replace("[one, two]", "[one, two, three]"));
  const changed = await hers.run(...local, path, ...why);
  expect([changed.status, changed.says]).toEqual([
    3,
    expect.stringContaining("does not stand so in the last commit"),
  ]);
}, 300_000);
