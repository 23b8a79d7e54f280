// SPDX-License-Identifier: Apache-2.0
/** Systems with emergency lanes on a fake target, and what people do to go out there. */
import type { Description } from "@interlock/controlplane";
import { changeDigest, sha256Hex, utf8 } from "@interlock/digest";
import { openRolloutsOf, type RolloutDriver } from "@interlock/server";
import type { EngineUnderTest } from "@interlock/testkit";
import { expect } from "vitest";
import { openWorld, question, REPOSITORY, type World } from "../world.ts";
import { type FakeTarget, fakeTarget } from "./fake-target.ts";

const TARGET = "refs/heads/main";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const CELLS = ["eu-1", "eu-2", "us-1"];
const LANE = { keys: 1, cells: 3, bakeMs: 2 * MINUTE };

/** By system: its lane, if it has one. */
const LANES = {
  ...{
    plain: null,
    wide: { ...LANE, cells: 2 },
    many: LANE,
    none: LANE,
    other: LANE,
    closed: LANE,
  },
  ...{ late: LANE, taken: LANE, alone: LANE, cart: LANE, held: LANE, back: LANE, key: LANE },
  ...{ narrow: LANE, revoked: LANE, split: LANE },
} as const;
export type System = keyof typeof LANES;
const SYSTEMS = Object.keys(LANES) as readonly System[]; // its own keys

const PLANE: Description = {
  version: 1,
  targets: [{ name: "fake", kind: "files", settings: {} }],
  systems: SYSTEMS.map((name) => ({
    ...{ name, tier: 1, ordersPerMinute: 100, asyncFailureMs: MINUTE },
    lossBudgetOrders: name === "narrow" || name === "split" ? 1_000 : 100,
    cells: CELLS.map((id, at) => ({
      ...{ id: `${name}-${id}`, region: "north", sharePpm: [100_000, 300_000, 600_000][at] ?? 0 },
      runs: "code-7",
    })),
    ...(LANES[name] === null ? {} : { emergency: LANES[name] }),
  })),
  configSets: SYSTEMS.map((system) => ({
    ...{ name: system, system, target: "fake", owner: "payments", repository: REPOSITORY },
    ...{ ref: TARGET, files: [{ path: `${system}/{key}.json`, key: "{key}" }] },
    ...{ invariants: [], references: [] },
    limits: { keys: 10, valueBytes: 1_000, growthPpm: 1_000_000, shrinkPpm: 0 },
  })),
  signals: SYSTEMS.map((system) => ({
    ...{ name: "orders", system, kind: "push", measures: "orders", settings: {}, unit: "orders" },
    ...{ freshMs: 2 * MINUTE, minimumSamples: 10, weightPpm: 1_000_000 },
  })),
};

export type Lanes = {
  readonly world: World;
  readonly target: FakeTarget;
  readonly driver: RolloutDriver;
};

/** A server that drives them, each look when it is told to; every wave is seen to do no harm. */
export async function openLanes(engine: EngineUnderTest): Promise<Lanes> {
  const target = fakeTarget();
  let driver: RolloutDriver | null = null;
  const world = await openWorld(engine, {
    more: (app, around) => {
      driver = openRolloutsOf(
        app,
        {
          target: (name) => (name === "fake" ? target : null),
          plane: () => Promise.resolve(PLANE),
          onTrouble: () => undefined,
          limits: { periodMs: null },
          analysis: {
            ask: (_, { id, wave }) =>
              Promise.resolve([
                {
                  ...{ kind: "verdict", id, source: "orders", wave, outcome: "successful" },
                  ...{ samples: 100, excludesPpm: 10_000, observedAt: around.now() },
                },
              ]),
          },
        },
        around,
      );
    },
  });
  if (driver === null) throw new Error("no driver");
  return { world, target, driver };
}

/** What people and time do there. */
export function inLanes(at: () => Lanes) {
  const pass = async (ms: number) => {
    for (let gone = 0; gone < ms; gone += MINUTE) {
      at().world.clock.now += MINUTE;
      await at().driver.look();
      await at().driver.idle();
    }
  };
  type Judging = { readonly id: string; readonly judged: () => Promise<unknown> };

  /** A change of some keys of a system, judged once, its contents kept. */
  async function proposed(system: System, keys: readonly string[] = ["promise"]): Promise<Judging> {
    const [old, fresh] = [utf8(`"old ${system}"`), utf8(`"new ${system}"`)];
    const [oldContent, newContent] = [sha256Hex(old), sha256Hex(fresh)];
    const entries = keys.map((key) => ({
      ...{ path: `${system}/${key}.json`, oldMode: "100644", newMode: "100644" },
      ...{ oldContent, newContent },
    }));
    const input = { entries, attributes: [], plan: null, document: null };
    const digest = changeDigest({ repository: REPOSITORY, target: TARGET, ...input });
    const judged = async () =>
      (await at().world.call("gate", "POST", "/api/v1/gate", question({ digest }))).body;
    const id = String((await judged())["change"]);
    await at().world.call("gate", "POST", `/api/v1/changes/${id}/contents`, {
      ...input,
      leftOut: [],
    });
    const blobs = [old, fresh].map((bytes) => Buffer.from(bytes).toString("base64url"));
    await at().world.call("gate", "POST", `/api/v1/changes/${id}/blobs`, { blobs });
    for (const cell of CELLS)
      for (const key of keys) at().target.set(`${system}-${cell}`, key, `"old ${system}"`);
    return { id, judged };
  }

  const incident = async (systems: readonly string[] = []) => {
    const body = { title: "no orders", systems };
    return String(
      (await at().world.call("dee", "POST", "/api/v1/incidents", body)).body["incident"],
    );
  };
  const close = (id: string) =>
    at().world.call("dee", "POST", `/api/v1/incidents/${id}/close`, { reason: "orders are back" });
  const breaks = async (who: string, change: string, of: string, hours = 4) => {
    const waives = { rule: "two-people", breakGlass: true, incident: of };
    const ask = { reason: "no orders", waives, validForHours: hours };
    expect((await at().world.sign(who, change, "override", { ask })).status).toBe(200);
  };
  /** Let pass by the break-glass of bo and cy. */
  async function broken(
    system: System,
    more: { readonly keys?: readonly string[]; readonly of?: readonly string[] } = {},
    hours = 4,
  ) {
    const { id, judged } = await proposed(system, more.keys);
    const of = await incident(more.of);
    for (const who of ["bo", "cy"]) await breaks(who, id, of, hours);
    expect(await judged()).toMatchObject({ decision: { effective: "allow" } });
    return { id, incident: of };
  }
  const begin = (change: string, system: System, more: object = {}) =>
    at().world.call("ana", "POST", "/api/v1/rollouts", {
      change,
      system,
      emergency: true,
      ...more,
    });
  const act = (as: string, id: unknown, what: string, body: object = {}) =>
    at().world.call(as, "POST", `/api/v1/rollouts/${id}/${what}`, body);
  const show = async (id: unknown) =>
    (await at().world.call("dee", "GET", `/api/v1/rollouts/${id}`)).body;
  type Owed = { readonly debt: string; readonly change: string };
  const debts = async () =>
    (await at().world.call("ana", "GET", "/api/v1/debts?limit=200&state=open")).body[
      "debts"
    ] as readonly Owed[];
  const debtOf = async (id: string) => (await debts()).find(({ change }) => change === id)?.debt;
  /** What was owed holds the changes of the team that people approve. */
  const reviewed = async () => {
    for (const { debt, change } of await debts())
      for (const who of ["ana", "dee"]) {
        const ask = { reason: "it was right", settles: debt };
        expect((await at().world.sign(who, change, "settle", { ask })).status).toBe(200);
      }
  };

  return { pass, proposed, incident, close, breaks, broken, begin, act, show, debtOf, reviewed };
}
