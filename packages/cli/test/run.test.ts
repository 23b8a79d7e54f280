/** `interlock run`: a document walked through, killed and resumed at every point of its journal. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { commit, interlock, MAIN, repository } from "./scratch.ts";
import { type Answers, type Talk, talked } from "./talking.ts";

/** Each command appends its name to a file, so that the test sees what took place and how often. */
const step = (id: string, more = "") => `  - id: ${id}
    do: append ${id}
    run: [node, note.cjs, ${id}]
    expect: { contains: ["noted ${id}"] }
    verify: { do: it stands in the file, run: [node, seen.cjs, ${id}], expect: { contains: [seen] } }
    undo: { do: append the undo, run: [node, note.cjs, un-${id}] }
    repeatable: false
${more}`;
const DOCUMENT = `---
version: 1
kind: other
title: append three lines
why: 3 lines are missing
scope: { systems: [shop], blast: { systems: 1 } }
preChecks:
  - { do: node runs, run: [node, -e, "console.log(1+1)"], expect: { contains: ["2"] } }
steps:
${step("one")}${step("two", "    second: true\n    abortIf: 1 line is missing\n")}  - id: three
    do: look at the wall clock
    expect: it shows 1 time
    verify: the clock of node 2 shows the same
    irreversible: 1 look cannot be taken back
signals: [{ name: lines, where: out.txt, normal: 2 lines, abort: more than 4 lines for 1 minute }]
rollback: { how: append the undo lines, rehearsed: { at: DAY, where: here, by: bo } }
who: { operator: ana, second: bo }
---
`.replace("DAY", new Date().toISOString().slice(0, 10));
const NOTE = `const fs = require("fs");
const [name] = process.argv.slice(2);
if (fs.existsSync("slow-" + name)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600000);
fs.appendFileSync("out.txt", name + "\\n");
console.log(fs.existsSync("bad-" + name) ? "nothing" : "noted " + name);
`;
const SEEN = `console.log(require("fs").readFileSync("out.txt", "utf8").split("\\n").includes(process.argv[2]) ? "seen" : "no");
`;
const PATH = "interlock/changes/lines.md";

const shop = (document = DOCUMENT) =>
  repository({ [PATH]: document, "note.cjs": NOTE, "seen.cjs": SEEN });
const lines = (dir: string) =>
  existsSync(join(dir, "out.txt"))
    ? readFileSync(join(dir, "out.txt"), "utf8").trim().split("\n")
    : [];
const journal = (dir: string) => readFileSync(join(dir, "j.jsonl"), "utf8");
/** Of whole lines: the last one may be under way. */
const kinds = (dir: string): readonly string[] =>
  journal(dir)
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line).event.kind);

/** The command with its input open, as a terminal has it. */
function started(dir: string, ...args: readonly string[]): Talk {
  const child = spawn(process.execPath, [MAIN, "run", ...args], { cwd: dir });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  child.stdout.on("data", (chunk) => {
    said += String(chunk);
  });
  return { child, said: () => said };
}

/** Answers each question as somebody for whom all goes well; `null` leaves it open. */
const WELL: readonly (readonly [RegExp, string])[] = [
  [/run it\? \[go\/stop\] $/, "go"],
  [/begin with it\? \[go\/stop\] $/, "go"],
  [/is it done, and is that seen\? \[done\/failed\] $/, "done"],
  [/type your name: $/, "bo"],
  [/do you agree that it worked\? \[yes\/no\] $/, "yes"],
];

describe("interlock run", () => {
  it("walks to the end, and the report compares it with the document", async () => {
    const dir = shop();
    const talk = started(dir, PATH, "--journal", "j.jsonl");
    expect(await talked(talk, WELL)).toBe(0);
    expect(lines(dir)).toEqual(["one", "two"]);
    expect(talk.said()).toContain("done: every step passed");
    expect(talk.said()).toMatch(/approved: `lines\.md` stands so in commit [0-9a-f]{40}/);
    expect(talk.said()).toContain("nothing differs from the document");
    expect(interlock(dir, "run", "--report", "j.jsonl")).toMatchObject({ status: 0 });
    expect(interlock(dir, "run", "--resume", "j.jsonl")).toMatchObject({ status: 0 });
    expect(lines(dir)).toEqual(["one", "two"]);
  });

  it("takes back what took place, newest first, when the second person disagrees", async () => {
    const dir = shop();
    const talk = started(dir, PATH, "--journal", "j.jsonl");
    const answers: Answers = [
      [/do you agree that it worked\? \[yes\/no\] $/, "no"],
      [/what now\? \[retry\/undo\/leave\] $/, "undo"],
      [/why\? $/, "bo sees 3 lines"],
      ...WELL,
    ];
    expect(await talked(talk, answers)).toBe(1);
    expect(lines(dir)).toEqual(["one", "two", "un-two", "un-one"]);
    expect(talk.said()).toContain("undone: every step that took place was taken back");
    expect(talk.said()).toContain("ana chose to undo: bo sees 3 lines");
  });

  it("an expectation that is not met is a failure, whatever the exit code", async () => {
    const dir = shop();
    writeFileSync(join(dir, "bad-one"), "");
    const talk = started(dir, PATH, "--journal", "j.jsonl");
    const answers: Answers = [
      [/what now\? \[retry\/undo\/leave\] $/, "leave"],
      [/why\? $/, "it says nothing"],
      ...WELL,
    ];
    expect(await talked(talk, answers)).toBe(1);
    expect(talk.said()).toContain("missed: output contains `noted one`");
    expect(talk.said()).toContain("left as it is; not taken back: step:one");
  });

  const NOTHING = () => undefined;
  it.each<[string, (dir: string) => unknown, readonly string[], string]>([
    [
      "a text that did not land",
      (dir) => appendFileSync(join(dir, PATH), "more\n"),
      [PATH],
      "nothing says that this text was approved",
    ],
    [
      "a text with errors",
      (dir) => commit(dir, { [PATH]: DOCUMENT.replace("3 lines are", "as needed, 3 are") }, "x"),
      [PATH],
      "[vague]",
    ],
    ["one person alone", NOTHING, [PATH, "--second", "ana"], "`ana` cannot be the second person"],
    [
      "an outside journal",
      (dir) => writeFileSync(join(dir, "j.jsonl"), ""),
      [PATH, "--journal", "j.jsonl"],
      "exists already",
    ],
    ["two modes", NOTHING, [PATH, "--resume", "j.jsonl"], "exactly one of them"],
    ["no journal", NOTHING, ["--resume", "none.jsonl"], "there is no journal"],
  ])("refuses %s", (_, prepare, args, says) => {
    const dir = shop();
    prepare(dir);
    const { status, stderr } = interlock(dir, "run", ...args);
    expect(status).not.toBe(0);
    expect(stderr).toContain(says);
    expect(lines(dir)).toEqual([]);
  });

  it("records why an unapproved text is run", async () => {
    const dir = shop();
    appendFileSync(join(dir, PATH), "more\n");
    const talk = started(dir, PATH, "--journal", "j.jsonl", "--unapproved", "the forge is away");
    expect(await talked(talk, WELL)).toBe(0);
    expect(talk.said()).toContain("nothing says that this text was approved: the forge is away");
  });
});

/** A whole run, as lines. */
async function whole(dir: string): Promise<readonly string[]> {
  expect(await talked(started(dir, PATH, "--journal", "j.jsonl"), WELL)).toBe(0);
  return journal(dir).trimEnd().split("\n");
}

/** After a crash: what is in the file took place, whatever the journal knows. */
const found = (dir: string): Answers => [
  [
    /step:one: do(?:(?!step:)[\s\S])*did it take place\? \[yes\/no\] $/,
    lines(dir).includes("one") ? "yes" : "no",
  ],
  [
    /step:two: do(?:(?!step:)[\s\S])*did it take place\? \[yes\/no\] $/,
    lines(dir).includes("two") ? "yes" : "no",
  ],
  [/step:three: do(?:(?!step:)[\s\S])*did it take place\? \[yes\/no\] $/, "yes"],
];

describe("a run that was killed", () => {
  it("goes on from every line of its journal, whole or torn (one next)", async () => {
    const all = await whole(shop());
    expect(all.length).toBeGreaterThan(15);
    for (const [i] of all.entries()) {
      if (i === 0) continue;
      const dir = shop();
      const kept = all.slice(0, i);
      const torn = (all[i] ?? "").slice(0, 1 + ((i * 37) % ((all[i] ?? "").length - 1)));
      writeFileSync(join(dir, "j.jsonl"), `${kept.join("\n")}\n${torn}`);
      // What the kept lines say took place, and what was started and may have.
      const events = kept.map((line) => JSON.parse(line).event);
      for (const name of ["one", "two"])
        if (
          events.some((e) => e.task === `step:${name}` && e.kind === "finished" && e.part === "do")
        )
          appendFileSync(join(dir, "out.txt"), `${name}\n`);
      const talk = started(dir, "--resume", "j.jsonl");
      expect([i, await talked(talk, [...found(dir), ...WELL]), talk.said()]).toEqual([
        i,
        0,
        expect.anything(),
      ]);
      expect([i, lines(dir)]).toEqual([i, ["one", "two"]]);
      expect(kinds(dir).at(-1)).toBe("end");
      expect(existsSync(join(dir, "j.jsonl.lock"))).toBe(false);
    }
  });

  it("by SIGKILL at every question, loses nothing and does nothing twice", async () => {
    const dir = shop();
    let kills = 0;
    let talk = started(dir, PATH, "--journal", "j.jsonl");
    for (let questions = 1; ; questions++) {
      // Lets one or two questions of this process be answered, and kills it at the next.
      const until = (answers: number) => answers >= 1 + (questions % 2);
      const exit = await talked(talk, [...found(dir), ...WELL], until);
      if (exit !== null) break;
      talk.child.kill("SIGKILL");
      await once(talk.child, "close");
      kills++;
      talk = started(dir, "--resume", "j.jsonl");
    }
    expect(kills).toBeGreaterThan(2);
    expect(lines(dir)).toEqual(["one", "two"]);
    expect(kinds(dir).at(-1)).toBe("end");
  });

  it("by SIGKILL while a command is at work: it is asked for, never assumed", async () => {
    const dir = shop();
    writeFileSync(join(dir, "slow-one"), "");
    const talk = started(dir, PATH, "--journal", "j.jsonl");
    const spawnedAt = () =>
      existsSync(join(dir, "j.jsonl")) &&
      kinds(dir).at(-1) === "spawned" &&
      kinds(dir).filter((k) => k === "spawned").length === 2;
    expect(await talked(talk, WELL, spawnedAt)).toBeNull();
    talk.child.kill("SIGKILL");
    await once(talk.child, "close");
    const { pid } = JSON.parse(journal(dir).trimEnd().split("\n").at(-1) ?? "").event;
    const resumed = started(dir, "--resume", "j.jsonl");
    const answers: Answers = [
      [/did it take place\? \[yes\/no\] $/, "yes"],
      [/what now\? \[retry\/undo\/leave\] $/, "undo"],
      [/why\? $/, "it still works"],
      ...WELL,
    ];
    expect(await talked(resumed, answers)).toBe(1);
    expect(resumed.said()).toContain(`process ${pid} still exists`);
    expect(resumed.said()).toContain("was interrupted; ana says that it took place");
    expect(lines(dir)).toEqual(["un-one"]);
    process.kill(-pid, "SIGKILL");
  });

  it("a changed journal is not gone on with", async () => {
    const all = await whole(shop());
    const dir = shop();
    const changes: readonly (readonly string[])[] = [
      all.map((line, i) => (i === 3 ? line.replace('"at":1', '"at":2') : line)),
      all.filter((_, i) => i !== 2),
      [...all.slice(0, 2), all[1] ?? "", ...all.slice(2)],
      all.map((line, i) => (i === 0 ? line.replace("append one", "append 1ne") : line)),
    ];
    for (const [i, changed] of changes.entries()) {
      writeFileSync(join(dir, `${i}.jsonl`), `${changed.join("\n")}\n`);
      const { status, stderr } = interlock(dir, "run", "--resume", `${i}.jsonl`);
      expect([i, status, stderr]).toEqual([
        i,
        3,
        expect.stringMatching(/does not follow|is not the one/),
      ]);
    }
    expect(lines(dir)).toEqual([]);
  });

  it("two at once: the second is refused while the first lives", async () => {
    const dir = shop();
    const talk = started(dir, PATH, "--journal", "j.jsonl");
    expect(await talked(talk, [], () => /\] $/.test(talk.said()))).toBeNull();
    const { status, stderr } = interlock(dir, "run", "--resume", "j.jsonl");
    expect([status, stderr]).toEqual([3, expect.stringContaining("is at work on")]);
    talk.child.stdin?.end();
    await once(talk.child, "close");
    expect(talk.said()).toContain("not finished: go on with `interlock run --resume");
    mkdirSync(join(dir, "x"));
    expect(readdirSync(dir)).not.toContain("j.jsonl.lock");
  });
});
