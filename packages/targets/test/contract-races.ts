// SPDX-License-Identifier: Apache-2.0
import { expect } from "vitest";
import type { ContractCase } from "./contract.ts";
import { batchOf, bytes, keysIn, put, set, textAt, versionAt } from "./place.ts";

const RACERS = 6;

export const RACES: readonly ContractCase[] = [
  {
    says: "of two that read the same the second loses",
    holds: async ({ target, cells: [cell], again }) => {
      await set(target, cell, "a", "one");
      const other = await again();
      const ours = await versionAt(target, cell, "a");
      const theirs = await versionAt(other, cell, "a");
      expect(theirs).toBe(ours);
      expect(await other.write(batchOf(cell, [put("a", "theirs", theirs)]))).toEqual({
        kind: "written",
      });
      expect(await target.write(batchOf(cell, [put("a", "ours", ours)]))).toEqual({
        kind: "conflict",
        keys: ["a"],
        done: [],
      });
      expect(await textAt(target, cell, "a")).toBe("theirs");
    },
  },
  {
    says: "what somebody wrote around us is not overwritten",
    holds: async ({ target, cells: [cell], around }) => {
      await set(target, cell, "a", "one");
      const over = await versionAt(target, cell, "a");
      await around(cell, "a", bytes("around"));
      await around(cell, "b", bytes("around"));
      const batch = batchOf(cell, [put("a", "two", over)]);
      expect(await target.write(batch)).toEqual({ kind: "conflict", keys: ["a"], done: [] });
      const created = batchOf(cell, [put("b", "two", null)]);
      expect(await target.write(created)).toEqual({ kind: "conflict", keys: ["b"], done: [] });
      expect(await textAt(target, cell, "a")).toBe("around");
      await around(cell, "a", null);
      expect(await textAt(target, cell, "a")).toBeNull();
      expect(await keysIn(target, cell)).toEqual(["b"]);
    },
  },
  {
    says: "of many that write a key at once one wins",
    holds: async ({ target, cells: [cell], again }) => {
      const other = await again();
      const texts = Array.from({ length: RACERS }, (_, at) => `racer ${at}`);
      const outcomes = await Promise.all(
        texts.map((text, at) =>
          (at % 2 === 0 ? target : other).write(batchOf(cell, [put("a", text, null)])),
        ),
      );
      const winners = texts.filter((_, at) => outcomes[at]?.kind === "written");
      expect(winners).toHaveLength(1);
      expect(await textAt(target, cell, "a")).toBe(winners[0]);
      for (const { kind } of outcomes) expect(["written", "conflict"]).toContain(kind);
    },
  },
  {
    says: "many that write keys of their own at once all succeed",
    holds: async ({ target, cells, again }) => {
      const other = await again();
      const outcomes = await Promise.all(
        Array.from({ length: RACERS }, (_, at) =>
          (at % 2 === 0 ? target : other).write(
            batchOf(cells[at % 3 === 0 ? 0 : 1], [put(`k${at}`, "1", null)]),
          ),
        ),
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(Array(RACERS).fill("written"));
      const [first, second] = cells;
      const keys = [...(await keysIn(target, first)), ...(await keysIn(target, second))];
      expect(keys).toHaveLength(RACERS);
    },
  },
  {
    says: "the same batch sent by many at once takes effect once",
    holds: async ({ target, cells: [cell], again }) => {
      const other = await again();
      const batch = batchOf(cell, [put("a", "one", null)]);
      const outcomes = await Promise.all([target, other, target, other].map((t) => t.write(batch)));
      const repeated = target.abilities.remembers ? "already" : "conflict";
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(
        [repeated, repeated, repeated, "written"].sort(),
      );
    },
  },
];
