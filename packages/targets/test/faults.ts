// SPDX-License-Identifier: Apache-2.0
/** What a driver says when the line to its target fails, for every driver that has a line. */
import { readBack, type Target, type WriteOutcome } from "@interlock/targets";
import { afterEach, describe, expect, it } from "vitest";
import type { Fault, Line } from "./line.ts";
import { batchOf, type Place, put, set, textAt, versionAt } from "./place.ts";

export type FaultyPlace = Place & {
  readonly line: Line;
  /** Opened over the line; `target` is opened past it. */
  readonly far: Target;
  /** Whether this is the request with which a write takes effect. */
  readonly decides: (data: Buffer) => boolean;
};

type FaultCase = {
  readonly fault: Fault;
  /** A client that sends again by itself, as HTTP clients do on a kept connection, gets further. */
  readonly kinds: readonly WriteOutcome["kind"][];
};

const FAULTS: readonly FaultCase[] = [
  { fault: "cut before", kinds: ["unknown", "away", "written"] },
  { fault: "cut after", kinds: ["unknown", "already"] },
  { fault: "half an answer", kinds: ["unknown", "already"] },
  { fault: "late", kinds: ["written"] },
];

/** Whether a batch took effect that was answered so, where the line was cut so. */
function tookEffect(fault: Fault, kind: WriteOutcome["kind"]): boolean {
  return kind === "unknown" ? fault !== "cut before" : kind !== "away";
}

/** Every case lays a fault on the request that decides, reads back past the line, and sends again. */
export function faultsOf(name: string, makePlace: () => Promise<FaultyPlace>): void {
  describe(`a failing line to ${name}`, () => {
    let place: FaultyPlace | null = null;
    afterEach(async () => {
      await place?.remove();
      place = null;
    });

    it.each(FAULTS)("RO3 $fault: reading back tells", async ({ fault, kinds }) => {
      place = await makePlace();
      const { target, far, line, decides } = place;
      const [cell] = place.cells;
      await set(far, cell, "a", "one");
      const first = put("a", "two", await versionAt(far, cell, "a"));
      // Where every item is a request of its own, the fault meets the only one.
      const items = target.abilities.atomic ? [first, put("b", "two", null)] : [first];
      const batch = batchOf(cell, items);
      line.lay(fault, decides);
      const outcome = await far.write(batch);
      expect(kinds).toContain(outcome.kind);
      const takesEffect = tookEffect(fault, outcome.kind);
      const keys = items.map(({ key }) => key);
      const held = takesEffect ? { done: keys, before: [] } : { done: [], before: keys };
      expect(await readBack(target, batch)).toEqual({ ok: true, value: { ...held, other: [] } });
      const again = await far.write(batch);
      const repeated = target.abilities.remembers ? "already" : "conflict";
      expect(again.kind).toBe(takesEffect ? repeated : "written");
      for (const key of keys) expect(await textAt(target, cell, key)).toBe("two");
    });

    it("a line that is down is away, and nothing is in doubt", async () => {
      place = await makePlace();
      const { target, far, line } = place;
      const [cell] = place.cells;
      await set(far, cell, "a", "one");
      const over = await versionAt(far, cell, "a");
      await line.down();
      const outcome = await far.write(batchOf(cell, [put("a", "two", over)]));
      expect(outcome).toMatchObject({ kind: "away", failure: { code: "TARGET_AWAY" } });
      const away = { ok: false, failure: { code: "TARGET_AWAY" } };
      expect(await far.read(cell, ["a"])).toMatchObject(away);
      expect(await far.list(cell, { limit: 1 })).toMatchObject(away);
      expect((await far.health()).answers).toBe(false);
      expect(await textAt(target, cell, "a")).toBe("one");
    });
  });
}
