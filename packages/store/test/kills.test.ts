// SPDX-License-Identifier: Apache-2.0
/** Processes and servers that are killed; `KILL_ROUNDS` says how often each (`npm run campaign:kills`). */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Place } from "@interlock/store";
import { type Cluster, ENGINES, type Home, startCluster } from "@interlock/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

const rounds = Number(process.env["KILL_ROUNDS"] ?? 1);
const writer = fileURLToPath(new URL("./children/writer.mjs", import.meta.url));
const AT_COMMIT = ["commit.before", "commit.after"];
const ALL = [...AT_COMMIT, "append.before", "append.after", "answer.before"];
/** The embedded engine takes its time to start: every point only in the long run. */
const POINTS = {
  embedded: rounds > 1 ? ALL : AT_COMMIT,
  postgres: ALL,
};

const argumentsOf = (notes: string, place: Place, point: string, hit: number) => [
  writer,
  notes,
  JSON.stringify(place),
  point,
  String(hit),
];

describe.each(ENGINES)("kill -9 ($name)", ({ name, home }) => {
  let place: Home;
  let notes: string;
  beforeAll(async () => {
    place = await home();
    notes = mkdtempSync(join(tmpdir(), "interlock-kills-"));
  });
  afterAll(() => {
    rmSync(notes, { recursive: true, force: true });
    place.remove();
  });
  const write = (point: string, hit: number) =>
    spawnSync(process.execPath, argumentsOf(notes, place.place, point, hit), { encoding: "utf8" });

  it.each([...POINTS[name], ...(name === "embedded" ? ["disk"] : [])])(
    "RO1 at %s loses nothing that was acknowledged, leaves no gap and nothing twice",
    (point) => {
      for (let round = 1; round <= rounds; round++) {
        const { signal, stderr } = write(point, point === "disk" ? 7 * round : 1 + (round % 9));
        // The disk may be touched less often than asked; then the writer simply finishes.
        if (point !== "disk") expect({ signal, stderr }).toEqual({ signal: "SIGKILL", stderr: "" });
        expect(stderr).toBe("");
      }
    },
  );

  // Each writer checks what those before it left; this one checks the last.
  it("RO1 after all of it the ledger is whole", () => {
    expect(write("none", 0)).toMatchObject({ status: 0, stderr: "" });
  });
});

describe.each(ENGINES.filter(({ name }) => name === "postgres"))("kill -9 of a server", () => {
  let home: string;
  let cluster: Cluster;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "interlock-server-"));
    cluster = startCluster(home);
  });
  afterEach(async () => {
    await cluster.kill();
    rmSync(home, { recursive: true, force: true });
  });

  it("RO1 loses nothing that was acknowledged, leaves no gap and nothing twice", async () => {
    const place = { url: cluster.newDatabase() };
    const write = (point: string) => argumentsOf(home, place, point, 0);
    for (let round = 1; round <= rounds; round++) {
      const child = spawn(process.execPath, write("endless"), { stdio: "ignore" });
      const ended = new Promise((done) => child.once("exit", done));
      const before = toldIn(home);
      while (toldIn(home) < before + (round % 20))
        await new Promise((later) => setTimeout(later, 5));
      await cluster.kill();
      child.kill("SIGKILL");
      await ended;
      cluster.start();
      const after = spawnSync(process.execPath, write("none"), { encoding: "utf8" });
      expect(after).toMatchObject({ status: 0, stderr: "" });
    }
  });
});

function toldIn(notes: string): number {
  try {
    return readFileSync(join(notes, "told"), "utf8").split("\n").length;
  } catch {
    return 0;
  }
}
