/** Installing the gate into a bare repository, and taking it out. */
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TOKEN } from "./gate-server.ts";
import { approve, change, install, world } from "./pushing.ts";
import { folder, git, interlock } from "./scratch.ts";

describe("installing", () => {
  it("GT15 the token stands in no hook, no argument and no message, and only the owner reads it", async () => {
    const w = await world();
    const hook = readFileSync(join(w.bare, "hooks/pre-receive"), "utf8");
    expect(hook).not.toContain(TOKEN);
    const settings = join(w.bare, "interlock.json");
    expect(statSync(settings).mode & 0o777).toBe(0o600);
    expect(interlock(w.bare, "hook", "status").stdout).not.toContain(TOKEN);
    writeFileSync(settings, `{"token": "${TOKEN}" oops`);
    change(w, { "a.txt": "two\n" });
    const { status, says } = await w.push("main");
    expect(status).toBe(1);
    expect(says).toMatch(/do not fit: it is no JSON[\s\S]+hook install/);
  });

  it.each([
    ["http://interlock.example.com", /is not `https/],
    ["https://ana:secret-canary@interlock.example.com", /holds a name or a password/],
    ["not a url", /is no URL/],
  ])("GT15 the server %s is refused and not repeated", async (url, says) => {
    const bare = join(folder(), "b.git");
    git(folder(), "init", "-q", "--bare", bare);
    writeFileSync(join(bare, "token"), TOKEN);
    const args = ["--server", url, "--token-file", "token"];
    const { status, stderr } = interlock(bare, "hook", "install", ...args);
    expect([status, existsSync(join(bare, "interlock.json"))]).toEqual([64, false]);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain("secret-canary");
  });

  it("keeps a hook that is there, runs it after ours, and puts it back", async () => {
    const w = await world();
    interlock(w.bare, "hook", "uninstall");
    const hook = join(w.bare, "hooks/pre-receive");
    expect(existsSync(hook)).toBe(false);
    const theirs = "#!/bin/sh\ncat > seen\nexit $(cat code)\n";
    writeFileSync(hook, theirs, { mode: 0o755 });
    writeFileSync(join(w.bare, "code"), "5");
    const args = ["--server", w.server.url, "--token-file", "../token"];
    const dry = interlock(w.bare, "hook", "install", ...args, "--dry-run");
    expect(dry.stdout).toMatch(/^would: move the hook that is there to/);
    expect(readFileSync(hook, "utf8")).toBe(theirs);
    await install(w.bare, w.server.url);
    await install(w.bare, w.server.url);
    const head = change(w, { "a.txt": "two\n" });
    expect((await w.push("main")).status).toBe(1);
    // Not before ours has let the push in.
    expect(existsSync(join(w.bare, "seen"))).toBe(false);
    approve(w.server, w.server.asked[0]);
    const refused = await w.push("main");
    expect(refused.says).toContain("which was here before, refused the push: it exits 5");
    expect(readFileSync(join(w.bare, "seen"), "utf8")).toMatch(`${head} refs/heads/main\n`);
    writeFileSync(join(w.bare, "code"), "0");
    expect((await w.push("main")).status).toBe(0);
    interlock(w.bare, "hook", "uninstall");
    expect(readFileSync(hook, "utf8")).toBe(theirs);
    expect(existsSync(join(w.bare, "interlock.json"))).toBe(false);
  });

  it("follows core.hooksPath, and leaves others that share the folder alone", async () => {
    const w = await world();
    const hooks = folder();
    interlock(w.bare, "hook", "uninstall");
    git(w.bare, "config", "core.hooksPath", hooks);
    await install(w.bare, w.server.url);
    change(w, { "a.txt": "two\n" });
    expect((await w.push("main")).status).toBe(1);
    const other = join(folder(), "other.git");
    git(w.bare, "clone", "-q", "--bare", w.bare, other);
    git(other, "config", "core.hooksPath", hooks);
    git(w.work, "remote", "set-url", "origin", other);
    expect((await w.push("main")).status).toBe(0);
  });

  it("status tells what is open", async () => {
    const w = await world();
    const ok = interlock(w.bare, "hook", "status");
    expect([ok.status, ok.stdout]).toEqual([
      0,
      expect.stringMatching(/if down {3}as `ifDown`[^\n]+\ntrust {5}nothing is pinned yet/),
    ]);
    git(w.bare, "symbolic-ref", "HEAD", "refs/heads/trunk");
    chmodSync(join(w.bare, "interlock.json"), 0o644);
    chmodSync(join(w.bare, "hooks/pre-receive"), 0o644);
    const open = interlock(w.bare, "hook", "status");
    expect(open.status).toBe(1);
    expect(open.stdout).toMatch(/`refs\/heads\/trunk` is not protected/);
    expect(open.stdout).toMatch(
      /OPEN {6}git ignores a hook[\s\S]+OPEN {6}others may read the token/,
    );
  });

  it("a work tree has no gate of this kind", async () => {
    const w = await world();
    const args = ["--server", w.server.url, "--token-file", "../token"];
    const { status, stderr } = interlock(w.work, "hook", "install", ...args);
    expect(status).toBe(64);
    expect(stderr).toContain("is not a bare repository");
  });
});
