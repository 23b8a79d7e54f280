// SPDX-License-Identifier: Apache-2.0
/** Pushes to a scratch copy whose server is away, through the hook as it is installed. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Away, GateError } from "@interlock/core";
import { problemOf } from "@interlock/protocol";
import { installing, ownProgram, placeOf } from "../hook/install.ts";
import { readSettings, type Settings } from "../hook/settings.ts";
import { expected, type Outcome, standingTargets, type Target } from "./if-down.ts";
import { REHEARSER, rehearsing } from "./rehearse-emergency.ts";

export type Rehearsed = {
  readonly ref: string;
  readonly away: Away;
  /** Two people signed it as an emergency. */
  readonly signed: boolean;
  readonly declared: Outcome;
  readonly happened: Outcome;
  /** What the pusher was shown. */
  readonly said: string;
};

/** Each is a push with its hook; of more refs the first are rehearsed. */
const REFS_MAX = 20;

/**
 * The copy borrows the objects and takes nothing else of the repository; its token is made up. What
 * lands, lands in the copy, which is removed.
 */
export async function rehearse(gitDir: string, settings: Settings): Promise<readonly Rehearsed[]> {
  const targets = (await standingTargets(gitDir, settings)).slice(0, REFS_MAX);
  const folder = mkdtempSync(join(tmpdir(), "interlock-rehearsal-"));
  const [silent, failing] = [await serverAway(), await databaseAway()];
  try {
    const bare = join(folder, "copy.git");
    await git(folder, ["clone", "--quiet", "--bare", "--shared", gitDir, bare]);
    // A folder of hooks that others share must not be written to.
    await git(bare, ["config", "core.hooksPath", join(bare, "hooks")]);
    const place = await placeOf(bare);
    if (place.shared) throw sharedHooks(place.hook);
    const results: Rehearsed[] = [];
    for (const [away, server] of [
      ["server", silent.url],
      ["database", failing.url],
    ] as const) {
      const token = randomBytes(16).toString("hex");
      installing(place, { ...settings, server, token }, ownProgram()).run();
      for (const target of targets) {
        const { ref, tip, how } = target;
        const pushed = await pushTo(bare, { ref, tip, sign: null });
        const happened: Outcome = pushed.landed ? "goes on" : "waits";
        const asDeclared = expected(target, { tier: how.tier ?? null, away }, settings);
        const { said } = pushed;
        results.push({ ref, away, signed: false, declared: asDeclared, happened, said });
      }
    }
    return [...results, ...(await emergencies(bare, settings, targets))];
  } finally {
    silent.close();
    failing.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The hook is the one that asked the server without a database before. */
async function emergencies(
  bare: string,
  settings: Settings,
  targets: readonly Target[],
): Promise<readonly Rehearsed[]> {
  const { server } = readSettings(bare);
  await git(bare, ["config", "receive.advertisePushOptions", "true"]);
  const sign = rehearsing(bare, server);
  const results: Rehearsed[] = [];
  for (const target of targets) {
    const { ref, tip, how, policies } = target;
    const alone = expected(target, { tier: how.tier ?? null, away: "database" }, settings);
    if (alone === "goes on") continue;
    const pushed = await pushTo(bare, { ref, tip, sign });
    const happened: Outcome = pushed.landed ? "goes on" : "waits";
    const readable = policies.every((one) => one.kind === "policy");
    const asDeclared = readable ? "goes on" : "waits";
    const { said } = pushed;
    results.push({ ref, away: "database", signed: true, declared: asDeclared, happened, said });
  }
  return results;
}

const sharedHooks = (hook: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `the environment makes git take hooks from \`${hook}\`, which is not the copy's own`,
    "unset GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS, and rehearse again",
  );

type Sign = ReturnType<typeof rehearsing>;

/** Pushes a commit without changes on top of a ref, and puts the ref back. */
async function pushTo(
  bare: string,
  { ref, tip, sign }: { readonly ref: string; readonly tip: string; readonly sign: Sign | null },
): Promise<{ readonly landed: boolean; readonly said: string }> {
  const work = `${bare}.work`;
  await git(join(bare, ".."), ["clone", "--quiet", "--bare", "--shared", bare, work]);
  try {
    const made = await git(work, ["commit-tree", `${tip}^{tree}`, "-p", tip, "-m", "rehearsal"]);
    const lines = sign === null ? [] : await sign(work, `${tip}..${made.trim()}`, ref);
    const options = lines.flatMap((line) => ["-o", `interlock-emergency=${line}`]);
    const pushed = await run(work, ["push", ...options, bare, `${made.trim()}:${ref}`]);
    if (pushed.status === 0) await git(bare, ["update-ref", ref, tip]);
    return { landed: pushed.status === 0, said: pushed.says.replace(/^remote: ?/gm, "") };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Answers nobody. It keeps its address: left free, another program could come to answer there. */
async function serverAway() {
  return await listening(createServer((request) => void request.socket.destroy()));
}

/** Answers as a server does whose database is away. */
async function databaseAway() {
  const problem = problemOf({
    code: "STORE_UNREACHABLE",
    message: "the database is away, as rehearsed",
    help: "try again when it is back",
  });
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(problem.status, { "content-type": "application/problem+json" });
    response.end(JSON.stringify(problem));
  });
  return await listening(server);
}

async function listening(server: Server) {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("invariant broken: a server that listens has a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function git(dir: string, args: readonly string[]): Promise<string> {
  const { status, says, out } = await run(dir, args);
  if (status === 0) return out;
  throw new GateError(
    "GIT_UNUSABLE",
    `the rehearsal needs \`git ${args[0]}\`, which failed: ${says.trim().split("\n").at(-1) ?? ""}`,
    "run this as the account that owns the repository",
  );
}

type Ran = { readonly status: number | null; readonly says: string; readonly out: string };

/** No configuration of this account speaks here, and who is away needs no name. */
function run(dir: string, args: readonly string[]): Promise<Ran> {
  const nobody = { GIT_AUTHOR_NAME: "rehearsal", GIT_AUTHOR_EMAIL: REHEARSER };
  const committer = { GIT_COMMITTER_NAME: "rehearsal", GIT_COMMITTER_EMAIL: REHEARSER };
  return new Promise((done, fail) => {
    const child = spawn("git", ["-C", dir, "-c", "safe.directory=*", ...args], {
      env: {
        ...{ PATH: process.env["PATH"] ?? "", LC_ALL: "C", HOME: dir, REMOTE_USER: REHEARSER },
        ...{ GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", ...nobody, ...committer },
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, says]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => says.push(chunk));
    child.on("error", fail);
    child.on("close", (status) => {
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
      done({ status, says: text(says), out: text(out) });
    });
  });
}
