/** Histories that are long, damaged or interrupted. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { reportHtml } from "../src/backtest/html.ts";
import { labelsFromReverts } from "../src/backtest/labels.ts";
import type { BacktestLine } from "../src/backtest/line.ts";
import { summarise } from "../src/backtest/summary.ts";
import { summaryText } from "../src/backtest/text.ts";
import { startThreads } from "../src/backtest/threads.ts";
import { paintFor } from "../src/output/paint.ts";
import { ENFORCED, folder, git, interlock, MAIN, repository, web } from "./scratch.ts";

/** As many commits, each with another number of replicas, written at once. */
function history(commits: number, dir = folder()): string {
  git(dir, "init", "-q", "-b", "main");
  const stream = Array.from({ length: commits }, (_, i) => {
    const text = web(1 + (i % 9));
    const at = 1_700_000_000 + i * 3_600;
    return `commit refs/heads/main\ncommitter ana <ana@example.com> ${at} +0000\ndata 5\ns ${String(i % 1000).padStart(3, "0")}\nM 100644 inline k8s/web.yaml\ndata ${text.length}\n${text}\n`;
  });
  const { status } = spawnSync("git", ["-C", dir, "fast-import", "--quiet"], {
    input: stream.join(""),
  });
  expect(status).toBe(0);
  return dir;
}

const jsonl = (dir: string, ...args: readonly string[]) => {
  const { status, stdout } = interlock(
    dir,
    "backtest",
    "--jobs",
    "1",
    "--format",
    "jsonl",
    ...args,
  );
  expect(status).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
};

describe("a commit that cannot be read is held with the reason, and the rest goes on", () => {
  it("the oldest commit of a shallow clone", () => {
    const dir = join(folder(), "clone");
    git(history(5), "clone", "-q", "--depth", "2", "--no-local", ".", dir);
    const lines = jsonl(dir);
    expect(lines.map((l) => [l.outcome, l.unread?.replace(/`.*`/, "…")])).toEqual([
      ["hold", "the commit … is missing: this is a shallow clone"],
      ["hold", undefined],
    ]);
  });

  it("a commit whose tree is missing, and its child", () => {
    const dir = repository({ a: "1" }, { a: "2" }, { a: "3" }, { a: "4" });
    const tree = git(dir, "rev-parse", "HEAD~2^{tree}");
    rmSync(join(dir, ".git/objects", tree.slice(0, 2), tree.slice(2)));
    const lines = jsonl(dir);
    expect(lines.map((l) => l.unread !== undefined)).toEqual([false, true, true, false]);
    expect(lines.filter((l) => l.unread !== undefined).map((l) => l.outcome)).toEqual([
      "hold",
      "hold",
    ]);
    expect(interlock(dir, "backtest", "--jobs", "1").stdout).toContain(
      "2 commits with something that could not be read: rules that needed it hold; for example",
    );
  });
});

describe("what is judged", () => {
  it.each<[string, readonly string[], number]>([
    ["everything", [], 50],
    ["up to a commit", ["main~10"], 40],
    ["a range", ["main~10..main"], 10],
    ["a range with three dots", ["main~10...main"], 10],
    ["the newest day", ["--last", "1d"], 25],
    ["nothing", ["main..main"], 0],
  ])("%s", (_name, args, count) => {
    expect(jsonl(SHARED(), ...args)).toHaveLength(count);
  });

  it("oldest first, in whatever order the threads end", () => {
    const { stdout } = interlock(SHARED(), "backtest", "--jobs", "2", "--format", "jsonl");
    const times = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times).toHaveLength(50);
  });

  it("an empty span says so", () => {
    expect(interlock(SHARED(), "backtest", "main..main").stdout).toBe(
      "no commits in that range; name an older start, or leave out `--last`\n",
    );
  });
});

/** Made once, and outlives the test that made it: no test here writes to it. */
const shared = { dir: "" };
afterAll(() => rmSync(shared.dir, { recursive: true, force: true }));

function SHARED(): string {
  if (shared.dir === "")
    shared.dir = history(50, mkdtempSync(join(tmpdir(), "interlock-history-")));
  return shared.dir;
}

describe("labels from outside", () => {
  it("name bad commits, and such that count neither way", () => {
    const dir = history(4);
    const [c3, c2, , c0] = git(dir, "rev-list", "main").split("\n");
    writeFileSync(
      join(dir, "l.tsv"),
      `sha\tclass\n# a comment\n${c3}\tfailed\n${c2}\tplanned\n${c0}\n`,
    );
    const args = ["backtest", "--jobs", "1", "--format", "json", "--labels", "l.tsv"];
    expect(JSON.parse(interlock(dir, ...args).stdout)).toMatchObject({
      bad: 2,
      badSource: "l.tsv",
    });
  });

  it.each([
    ["a line that is no commit", "abcdef1\nnonsense\n", 3, /line 2: `nonsense` is no commit id/],
    ["no file", null, 3, /cannot be read/],
  ])("%s", (_name, text, code, says) => {
    const dir = history(1);
    if (text !== null) writeFileSync(join(dir, "l.tsv"), text);
    const { status, stdout, stderr } = interlock(dir, "backtest", "--labels", "l.tsv");
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toMatch(says);
  });
});

describe("wrong use gets a sentence and its exit code", () => {
  it.each<[string, readonly string[], number, RegExp]>([
    ["a span without a unit", ["--last", "90"], 64, /`90` is no span of time/],
    ["no span", ["--last", "0d"], 64, /`0d` is no span of time/],
    ["threads", ["--jobs", "two"], 64, /no whole number/],
    ["a format", ["--format", "csv"], 64, /no format is called `csv`/],
    ["a policy that is not there", ["--policy", "nowhere.yaml"], 3, /no policy `nowhere.yaml`/],
    [
      "a report that cannot be written",
      ["--jobs", "1", "--html", "/nowhere/r.html"],
      3,
      /cannot be written/,
    ],
  ])("%s", (_name, args, code, says) => {
    const { status, stderr } = interlock(SHARED(), "backtest", ...args);
    expect([status, stderr]).toEqual([code, expect.stringMatching(says)]);
  });

  it("a policy of the repository that does not load is said once, not held fifty times", () => {
    const dir = repository({ "interlock/policy.yaml": `${ENFORCED}rules: 5\n` });
    expect(interlock(dir, "backtest")).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/no policy to be judged by: interlock\/policy.yaml:5:\d+/),
    });
  });
});

describe("a run that ends early", () => {
  /** Runs until the first line of output, sends the signal, and tells what is left in the temporary folder. */
  async function interrupted(signal: NodeJS.Signals) {
    const dir = history(600);
    const temporary = folder();
    const child = spawn(process.execPath, [MAIN, "backtest", "--jobs", "2", "--format", "jsonl"], {
      cwd: dir,
      env: { PATH: process.env["PATH"] ?? "", TMPDIR: temporary },
    });
    let stdout = "";
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.on("data", (chunk) => {
      if (stdout === "") child.kill(signal);
      stdout += chunk;
    });
    const code = await new Promise((done) => child.on("close", done));
    return { code, stderr, stdout, left: readdirSync(temporary) };
  }

  it("keeps what was judged, says how much that is, and leaves nothing behind", async () => {
    const { code, stderr, stdout, left } = await interrupted("SIGINT");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(130);
    expect(stderr).toBe(`interrupted: ${lines.length} of 600 commits were judged\n`);
    expect(lines.every((l) => l.unread === undefined && l.gaps === 0)).toBe(true);
    // A score behind a gap would be measured against a past with a hole.
    const scored = lines.map((l) => l.risk !== null);
    expect(scored).toEqual([...scored].sort().reverse());
    expect(left).toEqual([]);
  });

  it("a thread that dies is an error, not a wait without end", async () => {
    // Beside the sources there is no `worker.js`, so this thread dies at once.
    const threads = startThreads(1);
    const base = { repo: ".", head: "", identity: "", target: "", policy: undefined };
    const stretch = { ...base, only: undefined, commits: [] };
    await expect(threads.judge(stretch, () => undefined)).rejects.toMatchObject({
      code: "JUDGING_STOPPED",
      message: expect.stringContaining("a judging thread ended early"),
    });
    await threads.close();
  });

  it.each([
    ["an answer at once", "rules --json"],
    ["a stream of lines", "backtest --jobs 1 --format jsonl"],
  ])("a reader that leaves early hears and breaks nothing: %s", (_name, command) => {
    const temporary = folder();
    const script = `set -o pipefail; "$1" "$2" ${command} | head -c 1 >/dev/null`;
    const args = ["--norc", "-c", script, "bash", process.execPath, MAIN];
    const { status, stderr } = spawnSync("bash", args, {
      cwd: SHARED(),
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", TMPDIR: temporary },
    });
    expect([status, stderr, readdirSync(temporary)]).toEqual([141, "", []]);
  });

  it.each([
    [2, 5, "interrupted: 2 of 5 commits, 2001-09-09 to 2001-09-09", "Interrupted: 5 commits were"],
    [0, 5, "interrupted: none of 5 commits was judged\n", "Interrupted: 5 commits were"],
    [2, 2, "2 commits, 2001-09-09 to 2001-09-09, judged by p", "judged by p. Nothing was blocked."],
    [0, 0, "no commits in that range", "<p>judged by p. Nothing was blocked.</p>"],
  ])("the reports on %i of %i commits say so", (judged, total, inText, inHtml) => {
    const lines = jsonlLines(judged);
    const labels = labelsFromReverts(lines);
    const summary = summarise(lines, labels, 15);
    const given = { policy: "p", minutesAReview: 15, titles: new Map(), total, labels };
    expect(summaryText(summary, lines, given, paintFor(process.stdout))).toContain(inText);
    const html = reportHtml(summary, lines, given);
    expect(html).toContain(inHtml);
    expect(html).not.toMatch(/NaN|Infinity|1970/);
  });
});

const jsonlLines = (count: number): readonly BacktestLine[] =>
  Array.from({ length: count }, (_, i) => ({
    commit: String(i).repeat(40),
    at: 1_000_000_000_000 + i,
    subject: "s",
    outcome: "hold",
    effective: "allow",
    beyond: [{ rule: "R43", kind: "approvals", state: "unmet" }],
    requires: [],
    rules: [{ rule: "R43", outcome: "hold", findings: 1, approvals: 2, unknown: false }],
    findings: [],
    risk: null,
    systems: [],
    reverts: null,
    totals: { added: 1, deleted: 1, files: 1, binary: 0, directories: 0 },
    gaps: 0,
  }));

it("the report stands alone and shows nothing a commit can write as markup", () => {
  const dir = history(3);
  git(dir, "reset", "-q", "--hard");
  git(dir, "commit", "-q", "--allow-empty", "-m", "<script>alert(1)</script>");
  interlock(dir, "backtest", "--jobs", "1", "--html", "r.html");
  const html = readFileSync(join(dir, "r.html"), "utf8");
  expect(html).not.toMatch(/<script|https?:\/\/|src=/);
});
