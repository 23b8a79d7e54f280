// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openStore } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const writer = fileURLToPath(new URL("./children/writer.mjs", import.meta.url));

describe.each(ENGINES)("a process ($name)", ({ home }) => {
  it("ends by itself once it has closed the store", async () => {
    const { place, remove } = await home();
    const notes = mkdtempSync(join(tmpdir(), "interlock-notes-"));
    // A process that hangs would be ended by the time limit, with a signal.
    const args = [writer, notes, JSON.stringify(place), "none", "0"];
    const ended = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 120_000 });
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: "", stdout: "0 0\n" });
    rmSync(notes, { recursive: true, force: true });
    remove();
  });
});

describe("a data directory", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "interlock-open-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

  it("is refused to a second process, and free at once after kill -9 of the first (one-holder)", async () => {
    const place = { directory };
    const args = [writer, directory, JSON.stringify(place), "endless", "0"];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    const ended = new Promise((done) => child.once("exit", done));
    // It writes this file once the store is open.
    while (!existsSync(join(directory, "told")))
      await new Promise((later) => setTimeout(later, 20));
    const refused = await openStore(place);
    expect(refused).toMatchObject({ failure: { code: "STORE_HELD" } });
    expect(refused.ok ? "" : refused.failure.message).toContain(`process ${child.pid} on`);
    child.kill("SIGKILL");
    await ended;
    const opened = await openStore(place);
    expect(opened).toMatchObject({ ok: true });
    if (opened.ok) await opened.value.close();
  });

  it("of another major version is refused", async () => {
    mkdirSync(join(directory, "data"));
    writeFileSync(join(directory, "data/PG_VERSION"), "17\n");
    expect(await openStore({ directory })).toMatchObject({
      failure: { code: "STORE_UNFIT", message: expect.stringContaining("made by Postgres 17") },
    });
  });

  it("whose making was cut off is made anew", async () => {
    mkdirSync(join(directory, "data.new/base"), { recursive: true });
    const opened = await openStore({ directory });
    expect(opened).toMatchObject({ ok: true });
    if (opened.ok) await opened.value.close();
  });
});
