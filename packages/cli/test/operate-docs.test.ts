/** The commands of docs/operate are run as they stand there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { entriesOf, grow, newLog, TRUST } from "./log-files.ts";
import { folder, git, interlock, MAIN, repository } from "./scratch.ts";

const commandsIn = (page: string): readonly (readonly string[])[] => {
  const text = readFileSync(new URL(`../../../docs/operate/${page}`, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((m) => m[1] ?? "");
  return blocks
    .flatMap((block) => block.trim().split("\n"))
    .map((line) => line.replace(/^interlock /, "").split(" "));
};

it("git-hook.md", () => {
  const dir = folder();
  git(dir, "init", "-q", "--bare", "-b", "main", "shop.git");
  writeFileSync(join(dir, "token"), "secret\n");
  const commands = commandsIn("git-hook.md");
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands)
    expect([command, interlock(dir, ...command).status]).toEqual([command, 0]);
});

it("witness.md", async () => {
  const log = newLog();
  await grow(log, entriesOf(3, "a"));
  const dir = folder();
  writeFileSync(join(dir, "logs.txt"), TRUST);
  const [make = [], run = [], watch = []] = commandsIn("witness.md");
  const made = interlock(dir, ...make);
  expect([made.status, made.stdout]).toEqual([
    0,
    expect.stringMatching(/^witness\.example\.com\+/),
  ]);
  const anyPort = run.map((word) => word.replace(/:8080$/, ":0"));
  const child = spawn(process.execPath, [MAIN, ...anyPort], { cwd: dir });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stderr, "data");
  expect(String(line)).toMatch(/^witnessing at http/);
  const here = watch.map((word) => (word === "log" ? log.dir : word));
  expect(interlock(dir, ...here).status).toBe(0);
});

it("doctor.md", () => {
  const dir = folder();
  git(dir, "init", "-q", "--bare", "-b", "main", "shop.git");
  writeFileSync(join(dir, "token"), "secret\n");
  const install = ["hook", "install", "--repo", "shop.git", "--token-file", "token"];
  interlock(dir, ...install, "--server", "http://127.0.0.1:1");
  const ran = commandsIn("doctor.md").map((command) => interlock(dir, ...command).status);
  // The server is away, which is a door; what is declared is what happens.
  expect(ran).toEqual([1, 0, 0]);
});

it("terminal.md: every command is one, and needs its server", () => {
  const dir = repository({ "a.txt": "a\n" });
  const commands = commandsIn("terminal.md").map((command) =>
    command.map((word) => word.replace("https://interlock.example.com", "http://127.0.0.1:1")),
  );
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands)
    expect([command, interlock(dir, ...command).status]).toEqual([command, 3]);
});
