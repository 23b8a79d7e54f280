// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Holder, ourselves, parseHolder, standing } from "../src/embedded/holder.ts";
import { type LockTerms, lockDirectory } from "../src/embedded/lock.ts";

const we = ourselves(1_000);

/** A process that has just ended. */
const gone = (): number => spawnSync(process.execPath, ["-e", ""]).pid;

describe("the lock of a data directory (one-holder)", () => {
  let directory: string;
  let pauses: number;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "interlock-lock-"));
    pauses = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const terms = (given: Partial<LockTerms> = {}): LockTerms => ({
    now: () => 1_000,
    pause: () => {
      pauses += 1;
      return Promise.resolve();
    },
    onTaken: () => undefined,
    ...given,
  });
  const leave = (holder: Partial<Holder> | string, number = 1): void =>
    writeFileSync(
      join(directory, `lock.${number}`),
      typeof holder === "string" ? holder : JSON.stringify({ ...we, ...holder }),
    );
  const take = async (given: Partial<LockTerms> = {}) => {
    const result = await lockDirectory(directory, terms(given));
    if (result.ok) result.value.release();
    return result.ok ? "taken" : result.failure;
  };

  it("is refused while it is held, naming the holder, and free once it is released", async () => {
    const first = await lockDirectory(directory, terms());
    const second = await take();
    expect(second).toMatchObject({
      code: "STORE_HELD",
      message: `\`${directory}\` is in use by process ${process.pid} on \`${we.host}\` since 1970-01-01T00:00:01.000Z`,
    });
    if (first.ok) first.value.release();
    expect(await take()).toBe("taken");
    expect(pauses).toBe(0);
  });

  it.each<readonly [string, () => Partial<Holder>]>([
    ["of a process that ended", () => ({ pid: gone() })],
    ["of a process whose number another has now", () => ({ started: "1" })],
    ["that was released", () => ({ released: true })],
  ])("is taken at once when it is one %s", async (_, holder) => {
    leave(holder());
    expect(await take()).toBe("taken");
    expect(pauses).toBe(0);
    expect(readdirSync(directory)).toEqual(["lock.2"]);
  });

  it.each<readonly [string, Partial<Holder> | string]>([
    ["another machine", { boot: "elsewhere", host: "elsewhere" }],
    ["another container", { namespace: "pid:[1]" }],
    ["nobody, cut off while writing", '{"pid": 1'],
  ])("of %s is taken only after silence", async (_, holder) => {
    leave(holder);
    expect(await take()).toBe("taken");
    expect(pauses).toBe(6);
  });

  it.each<readonly [string, Partial<Holder> | string, RegExp]>([
    ["another machine", { boot: "elsewhere", host: "far.example.com" }, /on `far.example.com`/],
    ["somebody unreadable", "?", /does not say by whom/],
  ])("of %s stays while it beats", async (_, holder, says) => {
    leave(holder);
    const pause = () => {
      leave(typeof holder === "string" ? `${holder}?` : { ...holder, beat: 1 });
      return Promise.resolve();
    };
    expect(await take({ pause })).toMatchObject({ message: expect.stringMatching(says) });
  });

  it("is free when its holder releases it while it is watched", async () => {
    leave({ boot: "elsewhere" });
    const pause = () => {
      leave({ boot: "elsewhere", released: true });
      return Promise.resolve();
    };
    expect(await take({ pause })).toBe("taken");
  });

  it("goes to exactly one of many who find it stale", async () => {
    leave({ boot: "elsewhere" });
    const results = await Promise.all(
      Array.from({ length: 20 }, () => lockDirectory(directory, terms())),
    );
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    for (const result of results) if (result.ok) result.value.release();
  });

  it("beats, and tells a holder that was frozen while another took over", async () => {
    const lost = await new Promise<string>((resolve) => {
      void lockDirectory(directory, terms({ beatMs: 5, onTaken: () => resolve("taken") })).then(
        async () => {
          while (!readFileSync(join(directory, "lock.1"), "utf8").includes('"beat":2'))
            await new Promise((done) => setTimeout(done, 5));
          leave({ pid: 1 }, 2);
        },
      );
    });
    expect(lost).toBe("taken");
    expect(JSON.parse(readFileSync(join(directory, "lock.1"), "utf8"))).toMatchObject({
      released: false,
    });
  });

  it("says that a directory cannot be written to", async () => {
    writeFileSync(join(directory, "file"), "");
    expect(await lockDirectory(join(directory, "file"), terms())).toMatchObject({
      failure: { code: "STORE_UNWRITABLE" },
    });
  });
});

describe("a holder", () => {
  it("is read back as it was written, and nothing else is one", () => {
    expect(parseHolder(JSON.stringify(we))).toEqual(we);
    fc.assert(fc.property(fc.string(), (text) => parseHolder(text) === null));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(we)), fc.jsonValue(), (key, value) => {
        const read = parseHolder(JSON.stringify({ ...we, [key]: value }));
        return read === null || JSON.stringify(read) === JSON.stringify({ ...we, [key]: value });
      }),
    );
  });

  it("without /proc is dead when its number is free, else not known", () => {
    const bare = { ...we, boot: null, namespace: null, started: null };
    expect(standing({ ...bare, pid: gone() }, bare)).toBe("dead");
    expect(standing({ ...bare, pid: process.pid }, bare)).toBe("unknown");
    expect(standing({ ...bare, host: "far.example.com" }, bare)).toBe("unknown");
  });
});
