/** Pushes over HTTP through `git http-backend`, and what a hostile repository would like to run. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { bodyOf, listening, TOKEN } from "./gate-server.ts";
import { approve, change, running, START, world } from "./pushing.ts";
import { folder, git, interlock, put } from "./scratch.ts";

/** As a web server runs it (RFC 3875), with the person that it signed in. */
async function backend(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?");
  const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? "")?.[1];
  if (basic === undefined) {
    response.writeHead(401, { "www-authenticate": "Basic realm=git" }).end();
    return;
  }
  const body = await bodyOf(request);
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: root,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      REMOTE_USER: Buffer.from(basic, "base64").toString("utf8").split(":")[0] ?? "",
    },
  });
  child.stdin.end(body);
  const out: Buffer[] = [];
  for await (const chunk of child.stdout) out.push(Buffer.from(chunk));
  const all = Buffer.concat(out);
  const end = all.indexOf("\r\n\r\n");
  const headers = all.toString("latin1", 0, end).split("\r\n");
  const status = headers.find((line) => line.startsWith("Status: "))?.slice(8, 11) ?? "200";
  const type = headers.find((line) => line.startsWith("Content-Type: "))?.slice(14) ?? "";
  response.writeHead(Number(status), { "content-type": type }).end(all.subarray(end + 4));
}

describe("over HTTP", () => {
  it("the web server says who pushes; refused with the reason, then accepted", async () => {
    const w = await world();
    const root = dirname(w.bare);
    const url = await listening((request, response) => void backend(root, request, response));
    const remote = `${url.replace("//", "//bo%40example.com:pass@")}/shop.git`;
    const head = change(w, { "a.txt": "two\n" });
    const push = () => running(w.work, ["git", "push", remote, "main"]);
    const refused = await push();
    expect(refused.status).toBe(1);
    expect(refused.says).toMatch(/● hold[\s\S]+needs 2 approval\(s\)[\s\S]+page {4}http/);
    expect(w.server.asked[0]?.facts["change"]).toMatchObject({
      pushedBy: ["email:bo@example.com"],
    });
    approve(w.server, w.server.asked[0], ["cy", "dee"]);
    expect([(await push()).status, w.tip("refs/heads/main")]).toEqual([0, head]);
    expect(w.server.wrong).toEqual([]);
  });
});

/** A programme that leaves a trace of having been run. */
function trap(): { readonly program: string; readonly sprung: () => boolean } {
  const dir = folder();
  const program = join(dir, "trap.sh");
  const canary = join(dir, "canary");
  writeFileSync(program, `#!/bin/sh\ntouch '${canary}'\ncat\n`, { mode: 0o755 });
  return { program, sprung: () => existsSync(canary) };
}

describe("nothing of what is pushed, or of how the repository is set up, is run", () => {
  it("GT3 GT5 GT6 configuration, attributes and hooks that the change brings", async () => {
    const w = await world();
    const { program, sprung } = trap();
    for (const [key, value] of [
      ["diff.external", program],
      ["diff.evil.textconv", program],
      ["filter.evil.smudge", program],
      ["filter.evil.clean", program],
      ["merge.evil.driver", program],
      ["core.fsmonitor", program],
      ["core.pager", program],
      ["core.sshCommand", program],
      ["gpg.program", program],
      ["credential.helper", `!${program}`],
      ["alias.cat-file", `!${program}`],
      ["alias.rev-list", `!${program}`],
    ])
      git(w.bare, "config", key ?? "", value ?? "");
    change(w, {
      ".gitattributes": "* diff=evil filter=evil merge=evil\n",
      "a.txt": "two\n",
      "hooks/pre-receive": `#!/bin/sh\n${program}\n`,
      ".githooks/post-index-change": `#!/bin/sh\n${program}\n`,
      ".gitmodules": `[submodule "x"]\n\tpath = x\n\turl = ext::${program}\n`,
    });
    const { status } = await w.push("main");
    expect([status, sprung(), w.server.wrong]).toEqual([1, false, []]);
    expect(w.server.asked.length).toBe(1);
  });

  it("GT5 the environment of the hook does not reach git, nor where the objects are looked for", async () => {
    const { program, sprung } = trap();
    const elsewhere = folder();
    const w = await world({
      env: {
        GIT_EXTERNAL_DIFF: program,
        GIT_PAGER: program,
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "core.fsmonitor",
        GIT_CONFIG_VALUE_0: program,
        NODE_OPTIONS: `--require=${join(elsewhere, "nothing.js")}`,
        GIT_ALTERNATE_OBJECT_DIRECTORIES: elsewhere,
      },
    });
    change(w, { "a.txt": "two\n" });
    const { status } = await w.push("main");
    expect([status, sprung(), w.server.asked.length]).toEqual([1, false, 1]);
  });

  it("GT12 an object that the repository has is not shown as another one from the push", async () => {
    const w = await world();
    // A loose object under the name of another: what a collision of SHA-1 would come to.
    const quarantine = join(w.bare, "objects/tmp_objdir-incoming-x");
    const old = git(w.work, "rev-parse", "HEAD:a.txt");
    const other = folder();
    git(other, "init", "-q");
    put(other, { x: "something else\n" });
    const forged = git(other, "hash-object", "-w", "x");
    cpSync(
      join(other, ".git/objects", forged.slice(0, 2), forged.slice(2)),
      join(quarantine, old.slice(0, 2), old.slice(2)),
    );
    // Its content is that of the old a.txt: the same blob, which the repository has already.
    const head = change(w, { "b.txt": "b\n", "c.txt": "one\n" });
    git(w.bare, "fetch", "-q", w.work, "main");
    const line = `${w.tip("refs/heads/main")} ${head} refs/heads/main\n`;
    const env = { GIT_DIR: ".", GIT_QUARANTINE_PATH: quarantine, REMOTE_USER: "ana@example.com" };
    const { status } = await running(w.bare, [join(w.bare, "hooks/pre-receive")], env, line);
    expect([status, w.server.asked.length]).toEqual([1, 1]);
    const checked = interlock(w.work, "check", "origin/main..main", "--format", "json");
    const { digest } = JSON.parse(checked.stdout).change;
    expect(w.server.asked[0]?.facts["change"]).toMatchObject({ digest });
  });

  it.each<[string, (bare: string) => string]>([
    ["outside of the repository", () => "/tmp"],
    ["above it", (bare) => join(bare, "objects/../..")],
    ["that is not there", (bare) => join(bare, "objects/none")],
  ])("objects said to lie %s are not looked at", async (_name, where) => {
    const w = await world();
    const line = `${w.tip("refs/heads/main")} ${"1".repeat(40)} refs/heads/main\n`;
    const env = { GIT_DIR: w.bare, GIT_QUARANTINE_PATH: where(w.bare) };
    const hook = [join(w.bare, "hooks/pre-receive")];
    const { status, says } = await running(w.bare, hook, env, line);
    expect([status, w.server.asked.length]).toEqual([3, 0]);
    expect(says).toContain("which is not in the repository");
  });

  it("a hook that is fed what git never writes refuses", async () => {
    const w = await world();
    const hook = [join(w.bare, "hooks/pre-receive")];
    const ids = `${"1".repeat(40)} ${"2".repeat(40)}`;
    for (const line of ["x\n", `${ids} main\n`, `${ids} refs/heads/main`, `${ids} refs/../x\n`]) {
      const { status, says } = await running(w.bare, hook, {}, line);
      expect([status, w.server.asked.length]).toEqual([3, 0]);
      expect(says).toContain("this is not what git gives a pre-receive hook");
    }
  });

  it("approvals-end: whoever pushes cannot say where a ref stands, and so that something has landed", async () => {
    const w = await world({ install: ["--protect", "main", "other"] });
    const judged = change(w, { "a.txt": "two\n" });
    const next = change(w, { "a.txt": "three\n" });
    git(w.bare, "fetch", "-q", w.work, "main");
    const stands = w.tip("refs/heads/main");
    const cases: readonly (readonly [string, string, string])[] = [
      [
        judged,
        "main",
        `it stands at ${stands.slice(0, 12)}, and the push says ${judged.slice(0, 12)}`,
      ],
      ["0".repeat(40), "main", "and the push says a new ref"],
      [judged, "other", "it is not there"],
    ];
    for (const [old, ref, says] of cases) {
      const line = `${old} ${next} refs/heads/${ref}\n`;
      const env = { GIT_DIR: w.bare, REMOTE_USER: "ana@example.com" };
      const pushed = await running(w.bare, [join(w.bare, "hooks/pre-receive")], env, line);
      expect([pushed.status, pushed.says]).toEqual([1, expect.stringContaining(says)]);
      expect(pushed.says).toContain("fetch and push again");
    }
    expect(w.server.asked).toEqual([]);
  });

  it("GT15 no process of a push has the token among its arguments", async () => {
    const seen: string[] = [];
    const slow = await listening((_request, response) => {
      for (const pid of readdirSync("/proc").filter((p) => /^\d+$/.test(p)))
        seen.push(argumentsOf(pid));
      response.writeHead(500).end();
    });
    const w = await world({ url: slow, files: START });
    change(w, { "a.txt": "two\n" });
    await w.push("main");
    expect(seen.some((args) => args.includes("pre-receive"))).toBe(true);
    expect(seen.filter((args) => args.includes(TOKEN))).toEqual([]);
  });
});

/** Processes come and go while they are listed. */
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
