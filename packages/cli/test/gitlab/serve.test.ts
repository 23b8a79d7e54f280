/** The command as it is installed: settings from a file, facts from a child process, a status on GitLab. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { folder, interlock, MAIN } from "../scratch.ts";
import { CHECK, gitlab, SIGNING_TOKEN, TOKEN } from "./stand-in.ts";
import { FILES } from "./world.ts";

const PROJECT = { path: "acme/shop", id: 77, protect: ["main"], statusCheckId: CHECK };
const settings = (url: string, more: object = {}): object => ({
  ...{ url, tokenFile: "token", signingTokenFiles: ["signing"], projects: [PROJECT] },
  ...more,
});

function written(dir: string, given: object, signing = SIGNING_TOKEN): string {
  writeFileSync(join(dir, "token"), `${TOKEN}\n`);
  writeFileSync(join(dir, "signing"), signing);
  const file = join(dir, "gitlab.json");
  writeFileSync(file, JSON.stringify(given));
  return file;
}

describe("interlock serve --gitlab", () => {
  it("finds an open merge request by itself, and says nothing of its secrets", async () => {
    const lab = await gitlab(FILES);
    lab.push("f", { "f.txt": "new\n" }, "ana");
    const { iid } = lab.open("f", "ana");
    const dir = folder();
    const file = written(dir, settings(lab.url));
    // Nobody asks this server anything here, so any free port will do.
    const args = ["--data", join(dir, "data"), "--listen", "127.0.0.1:0"];
    const origin = ["--origin", "http://localhost:8410"];
    const child = spawn(process.execPath, [MAIN, "serve", ...args, ...origin, "--gitlab", file], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"] ?? "", HOME: dir },
    });
    let says = "";
    child.stderr.on("data", (chunk: Buffer) => {
      says += chunk.toString("utf8");
    });
    const ended = new Promise((done) => child.on("close", done));
    onTestFinished(() => void child.kill("SIGKILL"));
    const notes = () => lab.requests.get(iid)?.notes.map(({ body }) => body) ?? [];
    await expect.poll(() => notes()[0] ?? says, { timeout: 120_000 }).toMatch(/HOLD/);
    const [status] = lab.statuses;
    expect(status).toMatchObject({
      ...{ status: "failed", description: expect.stringMatching(/^hold: 0 of 2/) },
      target_url: expect.stringMatching(/^http:\/\/localhost:8410\/changes\//),
    });
    child.kill("SIGTERM");
    await ended;
    expect(lab.wrong).toEqual([]);
    expect(says).not.toMatch(/glpat|whsec|failed that should not/);
  });

  it.each([
    ["WH6 both kinds of secrets", { secretTokenFiles: ["token"] }, "", /and not both/],
    ["no secret", { signingTokenFiles: undefined }, "", /and not both/],
    ["an unknown setting", { projekts: [] }, "", /Unrecognized key|projekts/],
    ["no TLS", { url: "http://gitlab.example.com" }, "", /`url`/],
    ["SS6 a password in an address", { url: "https://a:b@gitlab.example.com" }, "", /`url`/],
    ["GT1 a path out of the tree", { projects: [{ ...PROJECT, path: "acme/../x" }] }, "", /path/],
    ["a signing token that is none", {}, "a secret of sixteen bytes", /no signing token/],
  ])("does not start with %s", (_case, more, signing, says) => {
    const dir = folder();
    const given = settings("https://gitlab.example.com", more);
    const file = written(dir, given, signing === "" ? SIGNING_TOKEN : signing);
    const ran = interlock(dir, "serve", "--data", join(dir, "data"), "--gitlab", file);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).not.toMatch(/a:b@|glpat/);
  });
});
