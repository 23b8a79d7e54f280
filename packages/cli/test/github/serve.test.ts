/** The command as it is installed: settings from a file, facts from a child process, a check on GitHub. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@interlock/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { folder, interlock, MAIN } from "../scratch.ts";
import { APP, APP_KEY, github, SECRET, signed } from "./stand-in.ts";
import { FILES } from "./world.ts";

const PEM = APP_KEY.export({ type: "pkcs8", format: "pem" });
const settings = (url: string, more: object = {}): object => ({
  ...{ appId: APP, privateKeyFile: "app.pem", webhookSecretFiles: ["secret"] },
  ...{ api: `${url}/api`, web: url },
  repositories: [{ name: "acme/shop", id: 77, protect: ["main"] }],
  ...more,
});

function written(
  dir: string,
  given: object,
  secret = `${SECRET}\n`,
  pem: string | Buffer = PEM,
): string {
  writeFileSync(join(dir, "app.pem"), pem);
  writeFileSync(join(dir, "secret"), secret);
  const file = join(dir, "github.json");
  writeFileSync(file, JSON.stringify(given));
  return file;
}

describe("interlock serve --github", () => {
  it("finds an open pull request by itself, and judges again when a review is told", async () => {
    const hub = await github(FILES);
    hub.push("f", { "f.txt": "new\n" }, "ana");
    const { number } = hub.open("f", "ana");
    const dir = folder();
    const file = written(dir, settings(hub.url));
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const args = ["--data", join(dir, "data"), "--listen", `127.0.0.1:${port}`, "--origin", origin];
    const child = spawn(process.execPath, [MAIN, "serve", ...args, "--github", file], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { PATH: process.env["PATH"] ?? "", HOME: dir },
    });
    let says = "";
    child.stderr.on("data", (chunk: Buffer) => {
      says += chunk.toString("utf8");
    });
    const ended = new Promise((done) => child.on("close", done));
    onTestFinished(() => void child.kill("SIGKILL"));
    const check = () => hub.runs.findLast(({ head_sha }) => head_sha === hub.tip("f"));
    await expect.poll(() => check()?.title ?? says, { timeout: 120_000 }).toMatch(/^hold: 0 of 2/);
    expect(check()?.details_url).toMatch(new RegExp(`^${origin}/changes/`));
    for (const by of ["bo", "cy"]) hub.review(number, by, "APPROVED");
    const body = JSON.stringify({ repository: { id: 77 }, pull_request: { number } });
    const reply = await fetch(`${origin}/api/v1/forges/github`, {
      ...{ method: "POST", body },
      headers: {
        "content-type": "application/json",
        "x-github-event": "pull_request_review",
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": signed(body),
      },
    });
    expect(reply.status).toBe(202);
    await expect.poll(() => check()?.conclusion, { timeout: 120_000 }).toBe("success");
    child.kill("SIGTERM");
    await ended;
    expect(hub.wrong).toEqual([]);
    expect(says).not.toMatch(/ghs_canary|webhook-secret|PRIVATE KEY/);
    expect(says).not.toMatch(/failed that should not/);
  });

  it.each([
    [
      "an unknown setting",
      (url: string) => settings(url, { appID: 1 }),
      "",
      PEM,
      /Unrecognized key/,
    ],
    ["no TLS", () => settings("http://github.example.com"), "", PEM, /`api`/],
    [
      "a password in an address",
      () => settings("https://a:b@github.example.com"),
      "",
      PEM,
      /`api`/,
    ],
    [
      "a branch out of the tree",
      (url: string) => settings(url, { repositories: [{ name: "a/b", id: 1, protect: ["../x"] }] }),
      "",
      PEM,
      /protect/,
    ],
    ["a short secret", (url: string) => settings(url), "short", PEM, /guessed/],
    ["a key that is none", (url: string) => settings(url), "", "no key", /no private key/],
  ])("does not start with %s", (_case, given, secret, pem, says) => {
    const dir = folder();
    const file = written(
      dir,
      given("https://api.example.com"),
      secret === "" ? SECRET : secret,
      pem,
    );
    const ran = interlock(dir, "serve", "--data", join(dir, "data"), "--github", file);
    expect(ran.status).toBe(3);
    expect(ran.stderr).toMatch(says);
    expect(ran.stderr).not.toMatch(/a:b@/);
  });
});
