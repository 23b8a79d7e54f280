// SPDX-License-Identifier: Apache-2.0
/** What a server drives follows the description that two people have signed. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { openControlPlane } from "../../src/controlplane/running.ts";
import { ENGINES, storeOf } from "../engines.ts";
import { endorse, expect200, found, newWorld, signedIn } from "../people/world.ts";

const home = mkdtempSync(join(tmpdir(), "interlock-plane-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const textOf = (root: string, budget = 5) => `version: 1
targets:
  - {name: here, kind: files, settings: {root: "${root}", cells: {one: one}}}
systems:
  - name: promise
    tier: 1
    ordersPerMinute: 10
    asyncFailure: 1m
    lossBudget: ${budget}
    cells: [{id: one, region: here, share: 100%, runs: v1}]
configSets:
  - name: promises
    system: promise
    target: here
    owner: promise
    repository: shop
    ref: refs/heads/main
    files: [{path: "{key}.json", key: "{key}"}]
    limits: {keys: 10, valueBytes: 1000, growth: 50%, shrink: 50%}
`;

describe.each(ENGINES.slice(0, 1))("a running control plane ($name)", (engine) => {
  const store = storeOf(engine);
  const stand = async () => {
    const at = await newWorld(store());
    const keys = await found(at);
    const as = async (person: string) => ({
      cookie: await signedIn(at, keys[person]),
      key: keys[person],
    });
    const [ana, bo] = [await as("ana"), await as("bo")];
    const told: (readonly [string, string | null])[] = [];
    let changes = 0;
    let afterReading = async () => {};
    const book: typeof at.terms.book = {
      ...at.terms.book,
      at: async (db) => {
        const read = await at.terms.book.at(db);
        await afterReading();
        return read;
      },
    };
    const plane = await openControlPlane({
      ...{ store: at.store, book, now: () => at.clock.now, fetch },
      onTrouble: (part, says) => void told.push([part, says]),
      onChange: () => void changes++,
      onHarm: () => undefined,
    });
    onTestFinished(() => plane.close());
    const agree = async (text: string) => {
      const body = { text, reason: "the shop moves" };
      const url = "/api/v1/control-plane/proposals";
      const { proposal } = expect200(await at.call("POST", url, { cookie: ana.cookie, body }));
      for (const by of [ana, bo]) expect200(await endorse(at, by, proposal));
    };
    const sign = async (text: string) => {
      await agree(text);
      await plane.follow();
    };
    /** Stops the next look between its reading and its end; gives what lets it go on, once it is there. */
    const stopped = () =>
      new Promise<() => void>((there) => {
        afterReading = () =>
          new Promise((goOn) => {
            afterReading = async () => {};
            there(goOn);
          });
        void plane.follow();
      });
    return { at, plane, told, agree, sign, stopped, changes: () => changes };
  };

  it("drives nothing before two people have signed, and then what they signed", async () => {
    const { plane, sign, changes, told } = await stand();
    expect([await plane.plane(), plane.target("here"), changes()]).toEqual([null, null, 0]);
    await sign(textOf(home));
    const target = plane.target("here");
    expect(await target?.read("one", ["a"])).toMatchObject({ ok: true });
    expect(plane.target("there")).toBeNull();
    await sign(textOf(home, 50));
    expect((await plane.plane())?.systems).toMatchObject([{ lossBudgetOrders: 50 }]);
    expect([plane.target("here") === target, changes(), told]).toEqual([true, 2, []]);
  });

  it("a look that read before two people had signed does not answer whoever asks after that", async () => {
    const { plane, agree, stopped } = await stand();
    const goOn = await stopped();
    await agree(textOf(home));
    const asked = plane.plane();
    goOn();
    expect((await asked)?.systems).toMatchObject([{ name: "promise" }]);
    expect(plane.target("here")).not.toBeNull();
  });

  it("a credential that is missing is told once, and found when it is put there", async () => {
    const { plane, sign, told } = await stand();
    await sign(textOf("env:INTERLOCK_TEST_ROOT"));
    await plane.follow();
    expect(plane.target("here")).toBeNull();
    expect(told).toEqual([
      ["targets", expect.stringContaining("names `env:INTERLOCK_TEST_ROOT`, and there is none")],
    ]);
    process.env["INTERLOCK_TEST_ROOT"] = home;
    onTestFinished(() => {
      delete process.env["INTERLOCK_TEST_ROOT"];
    });
    await plane.follow();
    expect([plane.target("here")?.kind, told.at(-1)]).toEqual(["files", ["targets", null]]);
  });

  it("fail-closed: a text that is not the signed one drives nothing, whoever holds the target already", async () => {
    const { at, plane, sign, told } = await stand();
    await sign(textOf(home));
    const target = plane.target("here");
    await at.store.db
      .updateTable("document")
      .set({ text: textOf("/elsewhere") })
      .execute();
    expect([await plane.plane(), plane.target("here")]).toEqual([null, null]);
    expect(await target?.read("one", ["a"])).toMatchObject({
      ...{ ok: false, failure: { code: "TARGET_AWAY" } },
    });
    expect(told).toEqual([["the description", expect.stringContaining("is another one")]]);
  });
});
