// SPDX-License-Identifier: Apache-2.0
/** Live drills as a person runs them: the command as built, and every program that it starts. */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { etcdProgram, prometheusBinary } from "@interlock/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { folder, interlock, MAIN } from "./scratch.ts";

/** Everything that a drill leaves lies in this folder, and nothing may. */
async function drilled(...args: readonly string[]) {
  const left = folder();
  const child = spawn(process.execPath, [MAIN, "drill", ...args, "--live", "--json"], {
    env: { PATH: process.env["PATH"] ?? "", HOME: left, TMPDIR: left },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [out, said] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString("utf8");
  });
  const until = (what: RegExp) =>
    new Promise<void>((found) => {
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        if (what.test(said)) found();
      });
    });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  return {
    until,
    stop: (signal: NodeJS.Signals) => child.kill(signal),
    over: async () => ({ status: await ended, out, left: readdirSync(left) }),
  };
}

const AS_IT_SHOULD = {
  phase: "gone-back",
  haltedBy: expect.stringMatching(/^(orders|errors)$/),
  secondsToHalt: expect.any(Number),
  secondsToUnwind: expect.any(Number),
  cells: [
    { cell: "na-1", sawIt: true },
    ...["na-2", "na-3", "na-4"].map((cell) => ({ cell, sawIt: false })),
  ],
  ledger: { entries: expect.any(Number), verified: true },
};

describe("interlock drill --live", () => {
  it("files and push: the first wave halts, goes back, and no other cell ever sees it", async () => {
    const drill = await drilled(
      "march-5",
      "--target",
      "files",
      "--signals",
      "push",
      "--warm-up",
      "15",
    );
    await drill.until(/rollouts\/[0-9a-f]{64}\n/);
    const { status, out, left } = await drill.over();
    const report = JSON.parse(out);
    expect(report).toMatchObject({ drill: "march-5", ...AS_IT_SHOULD });
    expect(report.lostOrders).toBeLessThan(report.ordersLostIfBad);
    expect([status, left]).toEqual([0, []]);
  });

  it("a real etcd and a real Prometheus: wrong promises halt, and go back", async () => {
    if (etcdProgram() === null || prometheusBinary() === null) return;
    const drill = await drilled("march-2", "--warm-up", "20");
    await drill.until(/HALTED by/);
    const { status, out, left } = await drill.over();
    expect(JSON.parse(out)).toMatchObject({ drill: "march-2", ...AS_IT_SHOULD });
    expect([status, left]).toEqual([0, []]);
  });

  it("nothing goes out unseen with `--watch`; Ctrl-C ends it, and nothing stays", async () => {
    const to = ["--target", "files", "--signals", "push", "--watch"];
    const drill = await drilled("march-5", ...to);
    await drill.until(/the change waits until you are there/);
    drill.stop("SIGINT");
    expect(await drill.over()).toEqual({ status: 130, out: "", left: [] });
  });

  it.each([
    { args: ["grafana-priority-2019-07", "--live"], says: "`--live` is for an incident alone" },
    {
      args: ["march-5", "--live", "--target", "git"],
      says: "`--target git` is neither `etcd` nor",
    },
    { args: ["march-5", "--live", "--orders", "many"], says: "no whole number" },
  ])("refuses $args", ({ args, says }) => {
    const { status, stderr } = interlock(folder(), "drill", ...args);
    expect([status, stderr]).toEqual([64, expect.stringContaining(says)]);
  });

  it("says what to install, or to do without", () => {
    const dir = folder();
    const { PATH } = process.env;
    process.env["PATH"] = dir;
    onTestFinished(() => {
      process.env["PATH"] = PATH;
    });
    const { status, stderr } = interlock(dir, "drill", "march-5", "--live");
    expect(status).toBe(3);
    expect(stderr).toMatch(/`etcd` is not installed[\s\S]*etcd-server.*--target files/);
  });
});
