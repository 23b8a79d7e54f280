// SPDX-License-Identifier: Apache-2.0
import { digestOf } from "@interlock/digest";
import { ENGINES } from "@interlock/testkit";
import { expect, it } from "vitest";
import { dataRunId, storyOf } from "../src/data/story.ts";
import { type Prepared, prepare, type Unsalted } from "../src/ledger/record.ts";
import { appendAll, NOW, openWorld } from "./world.ts";

const HEX = digestOf("interlock/test/v1", 1);

it.each(ENGINES)(
  "on $name a run of more entries than are read is held: the last might be a halt (halt-wins)",
  async (engine) => {
    const world = await openWorld(engine);
    const run = dataRunId("change", HEX);
    const entries: Prepared[] = [];
    const add = (entry: Pick<Unsalted, "kind" | "body">) => {
      entries.push(prepare({ ...entry, at: NOW, subject: run } as Unsalted));
    };
    const previous = () => entries.at(-1)?.id ?? HEX;
    const started = { change: "change", decision: HEX, digest: HEX, fix: HEX, path: "fix.sql" };
    add({ kind: "data-started", body: { ...started, way: "fix", by: "ana" } });
    const end = { by: "ana", outcome: "stopped", batches: 1, rows: 1 } as const;
    for (let i = 0; i < 3; i++)
      add({ kind: "data-finished", body: { previous: previous(), ...end } });
    const halt = { by: "bo", role: "bo", because: "orders fall", halted: NOW };
    add({ kind: "data-halted", body: { previous: previous(), ...halt } });
    await appendAll(world.store, world.ledger, entries);

    expect(await storyOf(world.store.db, run, 4)).toBe("damaged");
    expect(await storyOf(world.store.db, run, 5)).toMatchObject({
      ends: [{ outcome: "stopped" }, { outcome: "stopped" }, { outcome: "stopped" }],
      halts: [{ because: "orders fall" }],
    });
    await world.close();
  },
);
