/** The folder that the container image is made of runs alone: nothing of the work tree is in reach. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@interlock/testkit";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { IMAGE, only, textOf, wordsOf } from "./deployed.ts";
import { MAIN, repository } from "./scratch.ts";

const TOOL = fileURLToPath(new URL("../../../tools/package.mjs", import.meta.url));
/** Without a home, as in a container. */
const ENV = { PATH: process.env["PATH"] ?? "", NODE_ENV: "production" };
const NOBODY = { uid: 65_534, gid: 65_534 };

let place: string;
let packaged: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "interlock-package-"));
  chmodSync(place, 0o755);
  packaged = join(place, "opt");
  const made = spawnSync(process.execPath, [TOOL, packaged], { encoding: "utf8" });
  expect([made.status, made.stdout]).toEqual([0, ""]);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** An instruction of the image, with its places taken for those of this test. */
const ofImage = (instruction: string, port: number, data: string): readonly string[] =>
  wordsOf(only(IMAGE, instruction)).map((word) =>
    word
      .replace("/opt/interlock", packaged)
      .replace(/^\/data$/, data)
      .replace("0.0.0.0:8410", `127.0.0.1:${port}`),
  );

/** Root gives its rights away, as the image does; others have none to give. */
const account = (): Partial<typeof NOBODY> =>
  process.getuid?.() === 0 && spawnSync(process.execPath, ["-e", ""], NOBODY).status === 0
    ? NOBODY
    : {};

async function started(port: number, data: string) {
  const words = [...ofImage("ENTRYPOINT", port, data), ...ofImage("CMD", port, data)];
  expect(words[0]).toBe("node");
  const child = spawn(process.execPath, words.slice(1), {
    ...{ ...account(), cwd: data, env: ENV, stdio: ["ignore", "ignore", "pipe"] },
  });
  let said = "";
  const ended = new Promise<number | null>((done) => child.on("close", done));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  await new Promise<void>((ready, failed) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (said.includes("set up your organisation")) ready();
    });
    child.on("close", () => failed(new Error(`the server ended: ${said}`)));
  });
  const stop = () => child.kill("SIGTERM");
  return { stop, ended, said: () => said };
}

it("the command of the image serves: ready, healthy by the image's own check, with the console", async () => {
  const data = join(place, "data");
  mkdirSync(data);
  const as = account();
  if (as.uid !== undefined && as.gid !== undefined) chownSync(data, as.uid, as.gid);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const health = () => {
    const [, ...words] = ofImage("HEALTHCHECK", port, data);
    const args = [...words, String(port)];
    return spawnSync(process.execPath, args, { ...as, env: ENV, encoding: "utf8" });
  };
  expect(health()).toMatchObject({ status: 1, stderr: expect.stringContaining("ECONNREFUSED") });
  const server = await started(port, data);
  expect(health()).toMatchObject({ status: 0, stderr: "" });
  const chart = textOf("deploy/helm/interlock/templates/statefulset.yaml");
  const probes = [...chart.matchAll(/^ +path: (\/[a-z]+)$/gm)].map((match) => match[1]);
  expect([...new Set(probes)]).toEqual(["/healthz", "/readyz"]);
  for (const probe of probes) expect((await fetch(`${origin}${probe}`)).status).toBe(200);
  const page = await fetch(`${origin}/`, { headers: { accept: "text/html" } });
  const html = await page.text();
  expect([page.status, html]).toEqual([200, expect.stringContaining("<!doctype html>")]);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
  expect((await fetch(`${origin}${script}`)).status).toBe(200);
  server.stop();
  expect(await server.ended).toBe(0);
  expect(server.said()).toContain("stopping: answering what came in");
});

it("reads a repository as the command of the work tree does", () => {
  const files = {
    "a.py": "import os\nX = 1\n",
    "main.go": "package main\n\nfunc main() {}\n",
    "m.sql": "drop table a;\n",
    "k.yaml": "kind: ConfigMap\n",
    "t.toml": "a = 1\n",
  };
  const dir = repository({ "README.md": "a\n" }, files);
  const facts = (main: string) =>
    spawnSync(process.execPath, [main, "facts", "HEAD"], { cwd: dir, env: ENV, encoding: "utf8" });
  const [here, there] = [MAIN, join(packaged, "packages/cli/dist/bundle/interlock.js")].map(facts);
  expect([there?.status, there?.stderr]).toEqual([0, ""]);
  expect(there?.stdout).toBe(here?.stdout);
});

it("holds no tests, types, tools or packages that only build", () => {
  for (const absent of ["node_modules/vite", "node_modules/typescript", "node_modules/react"])
    expect(existsSync(join(packaged, absent))).toBe(false);
  for (const absent of ["packages/testkit", "packages/cli/src", "packages/store/dist/index.d.ts"])
    expect(existsSync(join(packaged, absent))).toBe(false);
  expect(existsSync(join(packaged, "packages/store/sql/000001_ledger.sql"))).toBe(true);
});

it("does not write into a folder that has something in it", () => {
  const again = spawnSync(process.execPath, [TOOL, packaged], { encoding: "utf8" });
  expect([again.status, again.stdout]).toEqual([3, ""]);
  expect(again.stderr).toContain("is not empty");
});
