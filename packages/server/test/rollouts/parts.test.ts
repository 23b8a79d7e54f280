// SPDX-License-Identifier: Apache-2.0
/** A cell that is divided into shares of its traffic, in folders of a disk, by drivers that die. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Description, readDescription } from "@interlock/controlplane";
import { changeDigest, sha256Hex, utf8 } from "@interlock/digest";
import { openReconciler, openRolloutsOf, type RolloutDriver } from "@interlock/server";
import { unrecordedKeys } from "@interlock/store";
import { openTarget, type Target } from "@interlock/targets";
import { ENGINES } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openWorld, question, REPOSITORY, type World } from "../world.ts";
import { LEDGER } from "./field.ts";

const REF = "refs/heads/main";
const MINUTE = 60_000;
const PARTS = ["na.1", "na.2", "na.3"] as const;
const OF = { "na.1": "parts/one", "na.2": "parts/two", "na.3": "na" } as const;

const TEXT = `version: 1
targets:
  - name: disk
    kind: files
    settings:
      root: ROOT
      CELLS
systems:
  - name: shop
    tier: 1
    ordersPerMinute: 1000
    asyncFailure: 1m
    lossBudget: 20000
    cells:
      - {id: na, region: north, share: 100%, runs: code-7, parts: [5%, 20%, 75%]}
configSets:
  - name: promises
    system: shop
    target: disk
    owner: payments
    repository: "${REPOSITORY}"
    ref: ${REF}
    files: [{path: "config/{cell}/{key}.json", key: "{cell}/{key}"}]
    schema: {type: string}
signals:
  - name: orders
    system: shop
    kind: push
    measures: orders
    settings: {metric: orders}
    unit: orders
    fresh: 2m
    minimumSamples: 10
    weight: 100%
`;

const DIVIDED = ", parts: [5%, 20%, 75%]";

function planeIn(root: string, divided = DIVIDED): Description {
  const cells = `cells: {${PARTS.map((part) => `${part}: ${OF[part]}`).join(", ")}}`;
  const text = TEXT.replace("ROOT", root)
    .replace(DIVIDED, divided)
    .replace("CELLS", divided === DIVIDED ? cells : "cells: {na: whole}");
  const read = readDescription("control-plane.yaml", text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.description;
}

/** With the cell as it is called by whoever does not know its parts. */
async function diskOf({ targets: [place] }: Description): Promise<Target> {
  if (place === undefined) throw new Error("there is one target");
  const settings = place.settings as { readonly root: string; readonly cells: object };
  const cells = { ...settings.cells, na: "whole" };
  const opened = await openTarget({ ...place, settings: { ...settings, cells } }, async () => null);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

type Death = "before the write" | "after the write" | "while it is read back" | null;

describe.each(ENGINES.slice(-1))("on $name", (engine) => {
  const root = mkdtempSync(join(tmpdir(), "interlock-parts-"));
  const plane = planeIn(root);
  let signed = plane;
  let disk: Target;
  let world: World;
  let driver: RolloutDriver;
  let verdict: "successful" | "failed" = "successful";
  let death: Death = null;
  let calls = 0;
  /** Ends the driver of a rollout at the first call of a wave, the third and the fifth. */
  const die = (at: Death) => {
    if (death === at && calls < 6 && calls++ % 2 === 0) throw new Error("killed here");
  };
  const dying = (): Target => ({
    ...disk,
    read: async (...asked) => {
      const read = await disk.read(...asked);
      die("while it is read back");
      return read;
    },
    write: async (batch) => {
      die("before the write");
      const outcome = await disk.write(batch);
      die("after the write");
      return outcome;
    },
  });
  beforeAll(async () => {
    disk = await diskOf(plane);
    world = await openWorld(engine, {
      more: (app, around) => {
        const target = dying();
        driver = openRolloutsOf(
          app,
          {
            target: () => target,
            plane: () => Promise.resolve(signed),
            onTrouble: () => undefined,
            limits: { periodMs: null },
            analysis: {
              ask: (_, { id, wave }) =>
                Promise.resolve([
                  {
                    ...{ kind: "verdict", id, source: "orders", wave, outcome: verdict },
                    ...{ samples: 100, excludesPpm: 10_000, observedAt: around.now() },
                  },
                ]),
            },
          },
          around,
        );
      },
    });
  });
  afterAll(async () => {
    await driver.close();
    await world.close();
    await disk.close();
    rmSync(root, { recursive: true, force: true });
  });

  const fileOf = (part: (typeof PARTS)[number], key: string) => join(root, OF[part], "na", key);
  const held = (key: string) => PARTS.map((part) => readFileSync(fileOf(part, key), "utf8"));
  const all = (text: string) => PARTS.map(() => text);
  const pass = async (ms: number, until: () => Promise<boolean> = async () => false) => {
    for (let gone = 0; gone < ms && !(await until()); gone += MINUTE / 2) {
      world.clock.now += MINUTE / 2;
      await driver.look();
      await driver.idle();
    }
  };

  /** An allowed change of one file of the whole cell, which all of its parts hold. */
  async function change(key: string) {
    const [old, fresh] = [utf8('"old"'), utf8('"new"')];
    const [oldContent, newContent] = [sha256Hex(old), sha256Hex(fresh)];
    const entry = { path: `config/na/${key}.json`, oldMode: "100644", newMode: "100644" };
    const entries = [{ ...entry, oldContent, newContent }];
    const input = { entries, attributes: [], plan: null, document: null };
    const digest = changeDigest({ repository: REPOSITORY, target: REF, ...input });
    const asked = question({ digest });
    const judged = await world.call("gate", "POST", "/api/v1/gate", asked);
    const id = String(judged.body["change"]);
    await world.call("gate", "POST", `/api/v1/changes/${id}/contents`, { ...input, leftOut: [] });
    const blobs = [old, fresh].map((bytes) => Buffer.from(bytes).toString("base64url"));
    await world.call("gate", "POST", `/api/v1/changes/${id}/blobs`, { blobs });
    for (const person of ["bo", "cy"]) await world.sign(person, id, "approve");
    await world.call("gate", "POST", "/api/v1/gate", asked);
    for (const part of PARTS) {
      await mkdir(dirname(fileOf(part, key)), { recursive: true });
      writeFileSync(fileOf(part, key), '"old"');
    }
    return id;
  }
  const bake = { ms: 10 * MINUTE, samples: 10, marginPpm: 20_000 };
  const wave = (...cells: readonly string[]) => ({ name: cells.join(" "), cells, bake });
  const begin = async (change: string): Promise<unknown> => {
    const asked = { system: "shop", change, waves: [wave("na: 5%"), wave("na: 25%"), wave("na")] };
    const { body } = await world.call("ana", "POST", "/api/v1/rollouts", asked);
    expect(body).toMatchObject({ phase: "running", divided: [{ cell: "na", ppm: 0 }] });
    return body["rollout"];
  };
  const show = async (id: unknown) =>
    (await world.call("dee", "GET", `/api/v1/rollouts/${id}`)).body;
  const phaseOf = async (id: unknown) => String((await show(id))["phase"]);

  it("begins with the smallest share, and takes waves that name shares", async () => {
    const id = await change("planned");
    const asked = async (waves?: object) =>
      (
        await world.call("ana", "POST", "/api/v1/rollouts/plans", {
          ...{ change: id, system: "shop" },
          ...(waves === undefined ? {} : { waves }),
        })
      ).body;
    const cellsOf = (body: Record<string, unknown>) =>
      (body["waves"] as readonly { readonly cells: readonly string[] }[]).map(({ cells }) => cells);
    expect(cellsOf(await asked())).toEqual([["na.1"], ["na.2", "na.3"]]);
    const named = await asked([wave("na: 5%"), wave("na: 25%"), wave("na")]);
    expect(cellsOf(named)).toEqual([["na.1"], ["na.2"], ["na.3"]]);
    expect(await asked([wave("na: 10%"), wave("na")])).toMatchObject({
      ...{ status: 422, code: "ROLLOUT_PLAN", detail: "`na` is not divided at 10%" },
    });
    const rest = await asked([wave("na: 25%")]);
    expect(rest["detail"]).toContain("no wave brings the change to `na.3`");
  });

  it("a cell that is called otherwise now is in the way of others until its rollout is over", async () => {
    const open = await begin(await change("open"));
    const id = await change("renamed");
    await mkdir(join(root, "whole/na"), { recursive: true });
    writeFileSync(join(root, "whole/na/renamed"), '"old"');
    signed = planeIn(root, "");
    onTestFinished(() => {
      signed = plane;
    });
    const again = async () =>
      (await world.call("ana", "POST", "/api/v1/rollouts", { change: id, system: "shop" })).body;
    expect(await again()).toMatchObject({
      ...{ status: 409, code: "ROLLOUT_CONFLICT" },
      detail: `rollout \`${open}\` writes to \`na.1\`, which the description does not have any more`,
    });
    await world.call("cy", "POST", `/api/v1/rollouts/${open}/back`, {});
    await pass(30 * MINUTE, async () => (await phaseOf(open)) === "gone-back");
    const begun = await again();
    expect(begun).toMatchObject({ phase: "running" });
    await world.call("cy", "POST", `/api/v1/rollouts/${begun["rollout"]}/back`, {});
    await pass(30 * MINUTE, async () => (await phaseOf(begun["rollout"])) === "gone-back");
  });

  it("leaves no part behind that does not hold the same (parts-alike)", async () => {
    const apart = await change("apart");
    const path = "config/na/apart.json";
    const asked = async (parts: readonly string[]) =>
      (
        await world.call("ana", "POST", "/api/v1/rollouts/plans", {
          ...{ change: apart, system: "shop" },
          deliveries: parts.map((cell) => ({ cell, key: "na/apart", path })),
        })
      ).body;
    expect(await asked(["na.1", "na.2"])).toMatchObject({
      ...{ status: 422, code: "ROLLOUT_PLAN" },
      detail: "`na.3` would not get what other parts of its cell get",
    });
    writeFileSync(fileOf("na.3", "apart"), '"new"');
    expect(await asked(["na.1", "na.2"])).toMatchObject({ persons: ["ana", "bo", "cy"] });
  });

  const DEATHS: readonly Death[] = [
    ...([null, "before the write", "after the write", "while it is read back"] as const),
  ];
  it.each(DEATHS)("goes out by shares where drivers die: %s", async (at) => {
    const key = `out-${DEATHS.indexOf(at)}`;
    const rollout = await begin(await change(key));
    death = at;
    onTestFinished(() => {
      death = null;
    });
    const isAt = async (ppm: number) =>
      JSON.stringify((await show(rollout))["divided"]) === JSON.stringify([{ cell: "na", ppm }]);
    for (const [i, ppm] of [50_000, 250_000, 1_000_000].entries()) {
      calls = 0;
      await pass(120 * MINUTE, () => isAt(ppm));
      expect(await isAt(ppm)).toBe(true);
      expect(held(key)).toEqual(PARTS.map((_, part) => (part <= i ? '"new"' : '"old"')));
    }
    expect(calls > 0).toBe(at !== null);
    await pass(120 * MINUTE, async () => (await phaseOf(rollout)) === "completed");
    expect(await phaseOf(rollout)).toBe("completed");
  });

  it.each(DEATHS)("comes back from a share where drivers die: %s", async (at) => {
    const key = `back-${DEATHS.indexOf(at)}`;
    const rollout = await begin(await change(key));
    await pass(120 * MINUTE, async () => held(key)[1] === '"new"');
    expect(held(key)).toEqual(['"new"', '"new"', '"old"']);
    [verdict, death, calls] = ["failed", at, 0];
    onTestFinished(() => {
      [verdict, death] = ["successful", null];
    });
    await pass(120 * MINUTE, async () => (await phaseOf(rollout)) === "gone-back");
    expect(await show(rollout)).toMatchObject({
      ...{ phase: "gone-back", exposurePpm: 0, divided: [{ cell: "na", ppm: 0 }] },
    });
    expect(held(key)).toEqual(all('"old"'));
  });

  it("code that is deployed to a cell is deployed to all of its parts", async () => {
    const rollout = await begin(await change("runs"));
    await pass(120 * MINUTE, async () => held("runs")[0] === '"new"');
    const told = { system: "shop", cell: "na", version: "code-8" };
    const answer = await world.call("gate", "POST", "/api/v1/rollouts/runs", told);
    expect(answer.body).toEqual({ told: 1 });
    const now = await show(rollout);
    expect(now["phase"]).toBe("halted");
    expect(now["cells"]).toMatchObject(PARTS.map((cell) => ({ cell, runs: "code-8" })));
  });

  it("what rollouts wrote to parts is explained, and what others write to a key of the set is told", async () => {
    const reconciler = openReconciler({
      ...{ store: world.store, ledger: LEDGER, now: () => world.clock.now },
      ...{ plane: async () => plane, target: () => disk, onTrouble: () => undefined },
      limits: { periodMs: null, paceMs: 0 },
    });
    const open = async () =>
      (await unrecordedKeys(world.store.db, 100)).flatMap(({ cell, key, because, closedAt }) =>
        closedAt === null ? [[cell, key, because]] : [],
      );
    await reconciler.look();
    expect(await open()).toEqual([]);
    writeFileSync(fileOf("na.2", "planned"), '"by hand"');
    world.clock.now += MINUTE;
    await reconciler.look();
    expect(await open()).toEqual([["na.2", "na/planned", "not-written"]]);
    await reconciler.close();
  });
});
