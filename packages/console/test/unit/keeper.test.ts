// SPDX-License-Identifier: Apache-2.0
import type { DraftListed, DraftShown } from "@interlock/protocol";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Failure, Outcome } from "../../src/api/call.ts";
import { type Kept, openKeeper } from "../../src/documents/keeper.ts";

const AWAY: Failure = { code: "SERVER_UNREACHABLE", message: "away", help: "" };
const MOVED: Failure = { code: "OUT_OF_ORDER", message: "moved", help: "" };
const GONE: Failure = { code: "NOT_FOUND", message: "gone", help: "" };

/** A server with one draft, and a browser that a test moves on by hand. */
function world() {
  let stored: DraftShown | null = null;
  let local: Kept | null = null;
  let due: (() => void)[] = [];
  const server = { away: false };
  const listed = ({ text: _, ...rest }: DraftShown): DraftListed => rest;
  const put = ({ text, change }: Pick<Kept, "text" | "change">): DraftShown => {
    const version = (stored?.version ?? 0) + 1;
    stored = { draft: "d", title: "", version, changedAt: version, text, change };
    return stored;
  };
  const save = async (kept: Kept): Promise<Outcome<DraftListed>> => {
    if (server.away) return { ok: false, failure: AWAY };
    if (stored !== null && stored.text === kept.text) return { ok: true, value: listed(stored) };
    if ((stored?.version ?? 0) !== kept.over) return { ok: false, failure: MOVED };
    return { ok: true, value: listed(put(kept)) };
  };
  const open = (start: Kept & { readonly unsaved: boolean }) =>
    openKeeper(
      { ...start, at: null },
      {
        save,
        theirs: async () =>
          stored === null ? { ok: false, failure: GONE } : { ok: true, value: stored },
        remember: (kept) => {
          local = kept;
        },
        later: (_, run) => {
          due.push(run);
          return () => {
            due = due.filter((one) => one !== run);
          };
        },
      },
    );
  return {
    ...{ server, open, put },
    stored: () => stored,
    local: () => local,
    /** Lets all that waits happen, and what comes of it. */
    pass: async () => {
      const now = due;
      due = [];
      for (const run of now) run();
      for (let i = 0; i < 10; i++) await Promise.resolve();
    },
  };
}

const EMPTY = { text: "", change: "", over: 0, unsaved: false };

it("sends what was written, and says so only when the server has it", async () => {
  const { open, pass, stored, local } = world();
  const keeper = open(EMPTY);
  keeper.write({ text: "a" });
  expect([keeper.now().keeping.kind, local()?.text, stored()]).toEqual(["saving", "a", null]);
  await pass();
  expect([keeper.now().keeping, local(), stored()?.text]).toEqual([
    { kind: "saved", at: 1 },
    null,
    "a",
  ]);
});

it("keeps it in the browser while the server is away, and sends it again by itself", async () => {
  const { open, pass, stored, local, server } = world();
  const keeper = open(EMPTY);
  server.away = true;
  keeper.write({ text: "a" });
  await pass();
  keeper.write({ text: "ab" });
  await pass();
  expect([keeper.now().keeping.kind, local()?.text]).toEqual(["failed", "ab"]);
  server.away = false;
  await pass();
  expect([keeper.now().keeping.kind, local(), stored()?.text]).toEqual(["saved", null, "ab"]);
});

it("a text that was changed elsewhere is not written over before a person says so", async () => {
  const { open, pass, stored, put } = world();
  const keeper = open(EMPTY);
  put({ text: "theirs", change: "" });
  keeper.write({ text: "mine" });
  await pass();
  expect([keeper.now().keeping.kind, stored()?.text]).toEqual(["moved", "theirs"]);
  keeper.write({ text: "mine, longer" });
  await pass();
  expect(stored()?.text).toBe("theirs");
  keeper.keepMine();
  await pass();
  expect([keeper.now().keeping.kind, stored()?.text]).toEqual(["saved", "mine, longer"]);
});

it("of two texts the other one can be taken", async () => {
  const { open, pass, put, local } = world();
  put({ text: "theirs", change: "c" });
  const keeper = open({ text: "mine", change: "", over: 0, unsaved: true });
  await pass();
  keeper.takeTheirs();
  expect([keeper.now().text, keeper.now().change, keeper.now().over, local()]).toEqual([
    ...["theirs", "c", 1],
    null,
  ]);
});

it("nothing lost: whatever happens, the last text stands in the browser or on the server", async () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant("write"), text: fc.string({ minLength: 1, maxLength: 3 }) }),
    fc.constantFrom({ does: "away" }, { does: "back" }, { does: "pass" }, { does: "mine" }),
    fc.record({ does: fc.constant("elsewhere"), text: fc.string({ maxLength: 3 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { open, pass, local, server, put } = world();
      const keeper = open(EMPTY);
      let last = "";
      for (const one of steps) {
        if (one.does === "write" && "text" in one) {
          last = one.text;
          keeper.write({ text: last });
        } else if (one.does === "elsewhere" && "text" in one) put({ text: one.text, change: "" });
        else if (one.does === "mine") keeper.keepMine();
        else if (one.does === "pass") await pass();
        else server.away = one.does === "away";
        const { text, keeping } = keeper.now();
        expect(text).toBe(last);
        if (last !== "" && keeping.kind !== "saved") expect(local()?.text).toBe(last);
      }
      server.away = false;
      for (let i = 0; i < 3; i++) await pass();
      expect(["saved", "moved"]).toContain(keeper.now().keeping.kind);
    }),
    { numRuns: 200 },
  );
});
