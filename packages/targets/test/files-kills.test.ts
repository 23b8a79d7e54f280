// SPDX-License-Identifier: Apache-2.0
/** `kill -9` before every step that a batch takes on the disk. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTarget, type Target } from "@interlock/targets";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchOf, newKey, put, set, textAt, versionAt, written } from "./place.ts";

const writer = fileURLToPath(new URL("./children/files-writer.mjs", import.meta.url));
const STEPS_MAX = 40;
/** Staging, the moment it takes effect, each file in its place, the end; all steps in the long run. */
const STEPS =
  Number(process.env["KILL_ROUNDS"] ?? 1) > 1
    ? Array.from({ length: STEPS_MAX }, (_, at) => at + 1)
    : [3, 6, 7, 8, 9, 11, STEPS_MAX];

describe("files after kill -9", () => {
  let root: string;
  let target: Target;
  const settings = () => ({ root, cells: { one: "one" }, lockMs: 60_000, pollMs: 5 });
  const open = async (): Promise<Target> => {
    const at = { name: "disk", kind: "files" as const, settings: settings() };
    const opened = await openTarget(at, async () => null);
    if (!opened.ok) throw new Error(opened.failure.message);
    return opened.value;
  };
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "interlock-kills-"));
    target = await open();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const read = async () => ({
    a: await textAt(target, "one", "a"),
    b: await textAt(target, "one", "far/b"),
    c: await textAt(target, "one", "new/c"),
  });
  const items = async () => [
    put("a", "two", await versionAt(target, "one", "a")),
    { key: "far/b", value: null, over: await versionAt(target, "one", "far/b") },
    put("new/c", "two", null),
  ];
  const OLD = { a: "one", b: "one", c: null };
  const NEW = { a: "two", b: null, c: "two" };
  /** What the child was killed at; `null`: it came to its end. */
  const killedAt = (step: number, batch: object): boolean => {
    const args = [writer, JSON.stringify(settings()), JSON.stringify(batch), String(step)];
    const { signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    if (signal === null) expect(JSON.parse(stdout)).toEqual({ kind: "written" });
    return signal === "SIGKILL";
  };
  const sendable = (batch: ReturnType<typeof batchOf>) => ({
    ...batch,
    items: batch.items.map(({ key, value, over }) => ({
      key,
      over,
      value: value === null ? null : Buffer.from(value).toString(),
    })),
  });

  it("RO1 a batch is there whole or not at all, and sending it again makes it one", async () => {
    const found = new Set<string>();
    for (const step of STEPS) {
      rmSync(join(root, "one"), { recursive: true, force: true });
      await set(target, "one", "a", "one");
      await set(target, "one", "far/b", "one");
      const batch = batchOf("one", await items(), { idempotencyKey: newKey() });
      const wasKilled = killedAt(step, sendable(batch));
      const held = await read();
      expect([OLD, NEW]).toContainEqual(held);
      found.add(wasKilled ? JSON.stringify(held) : "end");
      const isDone = JSON.stringify(held) === JSON.stringify(NEW);
      expect(await target.write(batch)).toEqual({ kind: isDone ? "already" : "written" });
      expect(await read()).toEqual(NEW);
      expect(readdirSync(join(root, "one/.interlock/new"))).toEqual([]);
      if (!wasKilled) break;
    }
    expect([...found].sort()).toEqual([JSON.stringify(NEW), JSON.stringify(OLD), "end"].sort());
  });

  it("a batch that died does not overwrite what was written around us, and is not remembered", async () => {
    await set(target, "one", "a", "one");
    await set(target, "one", "far/b", "one");
    const batch = batchOf("one", await items());
    // Step 6 is the state, step 7 the first file in its place.
    expect(killedAt(7, sendable(batch))).toBe(true);
    writeFileSync(join(root, "one/a"), "around");
    expect(await read()).toEqual({ a: "around", b: null, c: "two" });
    const again = await target.write(batch);
    expect(again).toEqual({ kind: "conflict", keys: ["a", "far/b", "new/c"], done: [] });
    const over = await versionAt(target, "one", "a");
    await written(target, batchOf("one", [put("a", "three", over)]));
  });

  it("a lock of a living process is waited for, and one that says nothing is left alone", async () => {
    await set(target, "one", "a", "one");
    const own = join(root, "one/.interlock");
    const [lock] = readdirSync(own).filter((name) => name.startsWith("lock."));
    appendFileSync(join(own, "lock.9999"), "somebody");
    expect(lock !== undefined && existsSync(join(own, lock))).toBe(true);
    const opened = await openTarget(
      { name: "disk", kind: "files", settings: { ...settings(), lockMs: 30 } },
      async () => null,
    );
    if (!opened.ok) throw new Error(opened.failure.message);
    const outcome = await opened.value.write(batchOf("one", [put("b", "two", null)]));
    expect(outcome).toMatchObject({ kind: "away", failure: { code: "TARGET_AWAY" } });
  });
});
