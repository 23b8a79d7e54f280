// SPDX-License-Identifier: Apache-2.0
/** A bare repository behind the real hook, and somebody who pushes to it. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBase64url, toBase64url } from "@interlock/receipt";
import type { SoftAuthenticator } from "@interlock/testkit";

const MAIN = fileURLToPath(new URL("../../cli/dist/bundle/interlock.js", import.meta.url));

export type Files = Readonly<Record<string, string | Uint8Array>>;
export type Ran = { readonly status: number | null; readonly says: string };

export type Pushing = {
  readonly work: string;
  readonly commit: (files: Files, message: string) => string;
  readonly push: () => Promise<Ran>;
  readonly git: (...args: readonly string[]) => string;
  readonly close: () => void;
};

const POLICY = `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: a test
`;
const PEOPLE = `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`;

/** Puts the hook in front of a bare repository, with a token that bo makes. */
export async function gated(origin: string, key: SoftAuthenticator): Promise<Pushing> {
  const top = mkdtempSync(join(tmpdir(), "interlock-push-"));
  const [work, bare] = [join(top, "work"), join(top, "shop.git")];
  mkdirSync(work);
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: top, LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1" },
    ...{ GIT_AUTHOR_NAME: "Ana", GIT_AUTHOR_EMAIL: "ana@example.com" },
    ...{ GIT_COMMITTER_NAME: "Ana", GIT_COMMITTER_EMAIL: "ana@example.com" },
  };
  const run = (dir: string, ...command: readonly string[]): string => {
    const [file = "", ...args] = command;
    const done = spawnSync(file, args, { cwd: dir, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${command.join(" ")}: ${done.stdout}${done.stderr}`);
    return done.stdout.trim();
  };
  const git = (...args: readonly string[]) => run(work, "git", ...args);
  const commit = (files: Files, message: string): string => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), content);
    }
    git("add", "-A");
    git("commit", "-q", "-m", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "-q", "-b", "main");
  commit(
    {
      CODEOWNERS: "* @payments\n",
      ...{ "interlock/policy.yaml": POLICY, "interlock/people.yaml": PEOPLE },
      "billing/rates.txt": Array.from({ length: 40 }, (_, i) => `rate ${i}\n`).join(""),
      "billing/old.txt": "gone soon\n",
    },
    "start",
  );
  run(top, "git", "clone", "-q", "--bare", work, bare);
  git("remote", "add", "origin", bare);
  const facts = JSON.parse(run(work, process.execPath, MAIN, "facts", "HEAD")) as {
    readonly change: { readonly repository: string };
  };
  const file = join(top, "token");
  writeFileSync(file, await tokenFor(origin, key, facts.change.repository));
  run(bare, process.execPath, MAIN, "hook", "install", "--server", origin, "--token-file", file);
  return {
    ...{ work, git, commit },
    push: () => running(work, { ...env, REMOTE_USER: "ana@example.com" }),
    close: () => rmSync(top, { recursive: true, force: true }),
  };
}

/** Beside the test, whose own process is the server. */
function running(dir: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn("git", ["push", "origin", "main"], { cwd: dir, env });
    let says = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        says += chunk.toString("utf8");
      });
    child.on("error", fail);
    child.on("close", (status) => done({ status, says }));
  });
}

const bytes = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array();

async function tokenFor(
  origin: string,
  key: SoftAuthenticator,
  repository: string,
): Promise<string> {
  let cookie = "";
  const post = async (path: string, body: object): Promise<Readonly<Record<string, unknown>>> => {
    const response = await fetch(`${origin}${path}`, {
      method: "POST",
      headers: { origin, "content-type": "application/json", cookie },
      body: JSON.stringify(body),
    });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const options = await post("/api/v1/sign-in/options", {});
  const { challenge } = options["publicKey"] as { readonly challenge: string };
  const made = key.assert({ rpId: "localhost", origin, challenge: bytes(challenge) });
  await post("/api/v1/sign-in", {
    nonce: options["nonce"],
    credential: toBase64url(made.credentialId),
    clientData: toBase64url(made.clientDataJson),
    authenticatorData: toBase64url(made.authenticatorData),
    signature: toBase64url(made.signature),
    userHandle: made.userHandle === null ? null : toBase64url(made.userHandle),
  });
  const token = await post("/api/v1/tokens", { name: "the hook", repository, verbs: ["gate"] });
  return String(token["secret"]);
}

/** The change that a refused push links to. */
export function changeIdOf({ says }: Ran): string {
  const id = /\/changes\/([0-9a-f]{20})/.exec(says)?.[1];
  if (id === undefined) throw new Error(says);
  return id;
}
