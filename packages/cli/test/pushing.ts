/** A bare repository behind the gate, and somebody who pushes to it. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Approval, type Facts, isUnknown } from "@interlock/core";
import { expect } from "vitest";
import { type Asked, gateServer, type Standing, TOKEN } from "./gate-server.ts";
import { commit, type Files, folder, git, MAIN, repository } from "./scratch.ts";

export const POLICY = `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners } }
    motive: a test
`;
const PEOPLE = `persons:
${["ana", "bo", "cy", "dee"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`;
export const START: Files = {
  CODEOWNERS: "* @payments\n",
  "interlock/policy.yaml": POLICY,
  "interlock/people.yaml": PEOPLE,
  "a.txt": "one\n",
};

export type Ran = { readonly status: number | null; readonly says: string };

/** Runs beside the test, whose own process is the server. */
export function running(
  dir: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = "",
): Promise<Ran> {
  const [file = "", ...args] = command;
  return new Promise((done, fail) => {
    const child = spawn(file, args, {
      cwd: dir,
      env: { PATH: process.env["PATH"] ?? "", HOME: dir, LC_ALL: "C", ...env },
    });
    let says = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        says += chunk.toString("utf8");
      });
    child.on("error", fail);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    child.on("close", (status) => {
      expect(says).not.toMatch(/\n\s*(remote: )?\s+at .*:\d+:\d+/);
      expect(says).not.toContain(TOKEN);
      done({ status, says: says.replace(/^remote: ?/gm, "").replace(/ +$/gm, "") });
    });
  });
}

export type World = {
  readonly server: Standing;
  readonly bare: string;
  readonly work: string;
  readonly push: (...refs: readonly string[]) => Promise<Ran>;
  readonly tip: (ref: string) => string;
};

export type Terms = {
  readonly files?: Files;
  readonly install?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
};

export async function install(
  bare: string,
  url: string,
  more: readonly string[] = [],
): Promise<void> {
  const token = join(bare, "..", "token");
  writeFileSync(token, `${TOKEN}\n`);
  const args = ["--repo", bare, "--server", url, "--token-file", token, ...more];
  const done = await running(bare, [process.execPath, MAIN, "hook", "install", ...args]);
  expect([done.status, done.says]).toEqual([0, expect.stringContaining("next: push to ")]);
}

export async function world({
  files = START,
  install: more,
  env,
  url,
}: Terms = {}): Promise<World> {
  const server = await gateServer();
  const first = repository(files);
  const top = folder();
  const bare = join(top, "shop.git");
  const work = join(top, "work");
  git(first, "clone", "-q", "--bare", first, bare);
  git(first, "clone", "-q", bare, work);
  await install(bare, url ?? server.url, more);
  return {
    server,
    bare,
    work,
    push: (...refs) =>
      running(work, ["git", "push", "origin", ...refs], {
        REMOTE_USER: "ana@example.com",
        ...env,
      }),
    tip: (ref) => git(bare, "for-each-ref", "--format=%(objectname)", ref),
  };
}

/** What bo and cy would say for the change that was asked about last. */
export function approve(server: Standing, asked: Asked | undefined, by = ["bo", "cy"]): void {
  const facts = asked?.facts as unknown as Facts;
  const { digest, target } = facts.change;
  if (isUnknown(digest)) throw new Error("no digest");
  const signed = by.map(
    (person): Approval => ({
      by: `email:${person}@example.com`,
      digest,
      via: "review",
      at: facts.now,
      withdrawn: false,
      environment: "",
      target,
      naming: [],
    }),
  );
  server.approvals.push(...signed);
}

export const change = (w: World, files: Files, message = "change"): string =>
  commit(w.work, files, message);
