// SPDX-License-Identifier: Apache-2.0
import { readBack } from "@interlock/targets";
import { expect } from "vitest";
import type { ContractCase } from "./contract.ts";
import {
  batchOf,
  bytes,
  heldAt,
  keysIn,
  newKey,
  put,
  set,
  textAt,
  versionAt,
  written,
} from "./place.ts";

export const CASES: readonly ContractCase[] = [
  {
    says: "absent keys are null, and no fence was seen",
    holds: async ({ target, cells }) => {
      for (const cell of cells) {
        const read = await target.read(cell, ["a", "b"]);
        expect(read).toEqual({
          ok: true,
          value: {
            items: new Map([
              ["a", null],
              ["b", null],
            ]),
            fence: target.abilities.fences ? 0 : null,
          },
        });
        expect(await keysIn(target, cell)).toEqual([]);
      }
    },
  },
  {
    says: "what was written is read, in its cell alone",
    holds: async ({ target, cells: [here, there] }) => {
      await written(target, batchOf(here, [put("a", "one\n", null)]));
      expect(await textAt(target, here, "a")).toBe("one\n");
      expect(await versionAt(target, here, "a")).not.toBe("");
      expect(await textAt(target, there, "a")).toBeNull();
    },
  },
  {
    says: "nothing is created over what exists",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      expect(await target.write(batchOf(cell, [put("a", "two", null)]))).toEqual({
        kind: "conflict",
        keys: ["a"],
        done: [],
      });
      expect(await textAt(target, cell, "a")).toBe("one");
    },
  },
  {
    says: "a write changes the version, and the older version is worth nothing",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      const first = await versionAt(target, cell, "a");
      await written(target, batchOf(cell, [put("a", "two", first)]));
      expect(await versionAt(target, cell, "a")).not.toBe(first);
      const late = await target.write(batchOf(cell, [put("a", "three", first)]));
      expect(late).toEqual({ kind: "conflict", keys: ["a"], done: [] });
      expect(await textAt(target, cell, "a")).toBe("two");
    },
  },
  {
    says: "a version that never was is a conflict",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      for (const over of ["", "0", "none", "\u0000\n'\"", "9".repeat(40)]) {
        const outcome = await target.write(batchOf(cell, [put("a", "two", over)]));
        expect(outcome).toEqual({ kind: "conflict", keys: ["a"], done: [] });
      }
      const absent = await target.write(batchOf(cell, [put("b", "two", "0")]));
      expect(absent).toEqual({ kind: "conflict", keys: ["b"], done: [] });
      expect(await keysIn(target, cell)).toEqual(["a"]);
    },
  },
  {
    says: "a key is deleted over its version, and absence can be asked for",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      const first = await versionAt(target, cell, "a");
      await set(target, cell, "a", "two");
      const late = await target.write(batchOf(cell, [{ key: "a", value: null, over: first }]));
      expect(late).toEqual({ kind: "conflict", keys: ["a"], done: [] });
      const over = await versionAt(target, cell, "a");
      await written(target, batchOf(cell, [{ key: "a", value: null, over }]));
      expect(await heldAt(target, cell, "a")).toBeNull();
      expect(await keysIn(target, cell)).toEqual([]);
      await written(target, batchOf(cell, [{ key: "a", value: null, over: null }]));
      await written(target, batchOf(cell, [put("a", "three", null)]));
    },
  },
  {
    says: "a batch writes all its keys",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      await set(target, cell, "b", "one");
      const items = [
        put("a", "two", await versionAt(target, cell, "a")),
        { key: "b", value: null, over: await versionAt(target, cell, "b") },
        put("c", "", null),
      ];
      await written(target, batchOf(cell, items));
      expect(await keysIn(target, cell)).toEqual(["a", "c"]);
    },
  },
  {
    says: "a conflict in a batch leaves nothing, or what it names",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "b", "theirs");
      const batch = batchOf(cell, [put("a", "1", null), put("b", "2", null), put("c", "3", null)]);
      const outcome = await target.write(batch);
      expect(outcome).toMatchObject({ kind: "conflict", keys: ["b"] });
      const done = outcome.kind === "conflict" ? outcome.done : [];
      expect(target.abilities.atomic ? [[]] : [[], ["a"]]).toContainEqual(done);
      expect(await keysIn(target, cell)).toEqual([...done, "b"]);
      const back = await readBack(target, batch);
      const before = ["a", "c"].filter((key) => !done.includes(key));
      expect(back).toEqual({ ok: true, value: { done, before, other: ["b"] } });
    },
  },
  {
    says: "a batch sent twice takes effect once",
    holds: async ({ target, cells: [cell], again }) => {
      const batch = batchOf(cell, [put("a", "one", null)]);
      await written(target, batch);
      const repeated = target.abilities.remembers
        ? { kind: "already" }
        : { kind: "conflict", keys: ["a"], done: [] };
      expect(await target.write(batch)).toEqual(repeated);
      expect(await (await again()).write({ ...batch, fence: 2 })).toEqual(repeated);
      await set(target, cell, "a", "later");
      expect(await target.write(batch)).toEqual(repeated);
      expect(await textAt(target, cell, "a")).toBe("later");
    },
  },
  {
    says: "a batch that had no effect may be sent again",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      const idempotencyKey = newKey();
      const wrong = batchOf(cell, [put("a", "two", null)], { idempotencyKey });
      expect(await target.write(wrong)).toMatchObject({ kind: "conflict" });
      const over = await versionAt(target, cell, "a");
      await written(target, batchOf(cell, [put("a", "two", over)], { idempotencyKey }));
    },
  },
  {
    says: "a smaller fence than one seen is refused, in its cell",
    holds: async ({ target, cells: [here, there], again }) => {
      if (!target.abilities.fences) return;
      await written(target, batchOf(here, [put("a", "one", null)], { fence: 7 }));
      const over = await versionAt(target, here, "a");
      const late = batchOf(here, [put("a", "two", over)], { fence: 6 });
      for (const handle of [target, await again()]) {
        expect(await handle.write(late)).toEqual({ kind: "fenced", fence: 7 });
        const read = await handle.read(here, ["a"]);
        expect(read).toMatchObject({ ok: true, value: { fence: 7 } });
      }
      expect(await textAt(target, here, "a")).toBe("one");
      await written(target, batchOf(here, [put("b", "two", null)], { fence: 7 }));
      await written(target, batchOf(there, [put("a", "two", null)], { fence: 3 }));
    },
  },
  {
    says: "a list is sorted and comes in pages",
    holds: async ({ target, cells: [cell, other] }) => {
      const keys = ["a", "a-b", "a.b", "b", "c1", "c10", "c2"];
      await written(
        target,
        batchOf(
          cell,
          [...keys].reverse().map((key) => put(key, key, null)),
        ),
      );
      await set(target, other, "elsewhere", "1");
      const seen: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 5; page++) {
        const listed = await target.list(cell, {
          limit: 3,
          ...(after === undefined ? {} : { after }),
        });
        if (!listed.ok) throw new Error(listed.failure.message);
        expect(listed.value.keys.length).toBeLessThanOrEqual(3);
        seen.push(...listed.value.keys);
        after = listed.value.next;
        if (after === undefined) break;
      }
      expect(after).toBeUndefined();
      expect(seen).toEqual(keys);
    },
  },
  {
    says: "a cell that it has not got is refused",
    holds: async ({ target }) => {
      for (const cell of ["nowhere", "", "../x", "__proto__", "constructor"]) {
        const refused = { ok: false, failure: { code: "TARGET_REFUSED" } };
        expect(await target.read(cell, ["a"])).toMatchObject(refused);
        expect(await target.list(cell, { limit: 1 })).toMatchObject(refused);
        const outcome = await target.write(batchOf(cell, [put("a", "1", null)]));
        expect(outcome).toMatchObject({ kind: "refused", failure: { code: "TARGET_REFUSED" } });
      }
    },
  },
  {
    says: "it says how it is",
    holds: async ({ target }) => {
      const { answers, says } = await target.health();
      expect({ answers, says: says !== "" }).toEqual({ answers: true, says: true });
    },
  },
  {
    says: "a target that says yes and did nothing is found by reading back",
    holds: async ({ target, cells: [cell] }) => {
      await set(target, cell, "a", "one");
      const liar = { ...target, write: async () => ({ kind: "written" as const }) };
      const batch = batchOf(cell, [
        put("a", "two", await versionAt(target, cell, "a")),
        { key: "b", value: null, over: null },
        { key: "c", value: bytes(""), over: null },
      ]);
      expect(await liar.write()).toEqual({ kind: "written" });
      const value = { done: ["b"], before: ["a", "c"], other: [] };
      expect(await readBack(liar, batch)).toEqual({ ok: true, value });
    },
  },
];
