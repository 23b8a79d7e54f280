// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import type { Seen, Target } from "@interlock/targets";
import { expect } from "vitest";
import type { ContractCase } from "./contract.ts";
import { bytes, set } from "./place.ts";

/** Far beyond what any driver needs; only what hangs meets it. */
const PATIENCE_MS = 60_000;

type Watcher = {
  /** The first that fits, of all that is seen from here on. */
  readonly until: (fits: (seen: Seen) => boolean) => Promise<Seen>;
  readonly stop: () => Promise<void>;
};

function watching(target: Target, since: string | null): Watcher {
  const controller = new AbortController();
  const stream = target.watch(since, controller.signal)[Symbol.asyncIterator]();
  let asked: Promise<IteratorResult<Seen>> | null = null;
  const next = () => {
    asked ??= stream.next();
    return asked;
  };
  return {
    until: async (fits) => {
      for (;;) {
        const patience = new AbortController();
        const late = pause(PATIENCE_MS, "late" as const, { signal: patience.signal });
        late.catch(() => undefined);
        const got = await Promise.race([next(), late]);
        patience.abort();
        if (got === "late") throw new Error("nothing was seen");
        asked = null;
        if (got.done === true) throw new Error("the watch ended");
        if (fits(got.value)) return got.value;
      }
    },
    stop: async () => {
      controller.abort();
      for (let left = 100; left > 0; left--) {
        const { done } = await next();
        asked = null;
        if (done === true) return;
      }
      throw new Error("the watch goes on after its end");
    },
  };
}

const isOf =
  (cell: string, key: string) =>
  (seen: Seen): boolean =>
    seen.kind === "changed" && seen.cell === cell && seen.key === key;
const isGap = ({ kind }: Seen): boolean => kind === "gap";

export const WATCHING: readonly ContractCase[] = [
  {
    says: "a watch from nowhere begins with a gap and misses nothing after it",
    holds: async ({ target, cells: [here, there], around }) => {
      await set(target, here, "a", "one");
      const watcher = watching(target, null);
      expect((await watcher.until(() => true)).kind).toBe("gap");
      await set(target, here, "a", "two");
      await watcher.until(isOf(here, "a"));
      await around(there, "b", bytes("around"));
      await watcher.until(isOf(there, "b"));
      await around(there, "b", null);
      await watcher.until(isOf(there, "b"));
      await watcher.stop();
    },
  },
  {
    says: "a watch goes on where it ended, or says that there is a gap",
    holds: async ({ target, cells: [cell], again }) => {
      const first = watching(target, null);
      await first.until(isGap);
      await set(target, cell, "a", "one");
      const { at } = await first.until(isOf(cell, "a"));
      await first.stop();
      await set(target, cell, "b", "while nobody looked");
      const second = watching(await again(), at);
      await second.until((seen) => isGap(seen) || isOf(cell, "b")(seen));
      await set(target, cell, "c", "now");
      const last = await second.until(isOf(cell, "c"));
      await second.stop();
      const third = watching(target, last.at);
      await set(target, cell, "d", "then");
      await third.until((seen) => isGap(seen) || isOf(cell, "d")(seen));
      await third.stop();
    },
  },
  {
    says: "a place that it does not know is a gap",
    holds: async ({ target }) => {
      for (const since of ["", "nowhere", "-1", "99999999999999999999", "\u0000"]) {
        const watcher = watching(target, since);
        await watcher.until(isGap);
        await watcher.stop();
      }
    },
  },
];
