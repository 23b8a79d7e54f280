// SPDX-License-Identifier: Apache-2.0
/** What a server says of itself: whether it can decide, and how publishing stands. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { healthRoutes, httpApp, type LedgerFailure } from "@interlock/server";
import type { Store } from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ORIGIN, openWorld, question } from "./world.ts";

const SQL = new URL("../../store/sql/", import.meta.url);
const STORE = new URL("../../store/dist/index.js", import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), "interlock-health-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(ENGINES.filter(({ name }) => name === "postgres"))("on a server", (engine) => {
  let home: Home;
  let store: Store;
  beforeAll(async () => {
    home = await engine.home();
    store = await opened(home.place, { versionMs: 20 });
  });
  afterAll(async () => {
    await store.close();
    home.remove();
  });

  const behind: LedgerFailure = {
    ...{ code: "LEDGER_BEHIND", message: "signed 7, holds 5", help: "restore a newer backup" },
  };
  const gone = new Error("the socket closed");
  const failing = () =>
    new Proxy(store.db, {
      get: () => () => {
        throw gone;
      },
    });

  it.each<[string, LedgerFailure | null, readonly string[], object]>([
    ["all is well", null, [], { ok: true }],
    ["not-the-outage: signing has stopped", behind, [], { ok: false, code: "LEDGER_BEHIND" }],
    ["not-the-outage: a witness is away", null, ["w.example"], { witnessesAway: ["w.example"] }],
  ])("is ready while it can decide: %s", async (_name, failure, missing, publishing) => {
    const app = httpApp({ origin: ORIGIN, log: false });
    healthRoutes(app, { store, ledger: { failure: () => failure, witnessesAway: () => missing } });
    const ready = await app.inject("/readyz");
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({ ok: true, publishing });
    const well = failure === null && missing.length === 0;
    expect((await app.inject("/healthz/ledger")).statusCode).toBe(well ? 200 : 503);
    const metrics = (await app.inject("/metrics")).body;
    expect(metrics).toContain(`interlock_ledger_stopped ${failure === null ? 0 : 1}`);
    expect(metrics).toContain(`interlock_witnesses_away ${missing.length}`);
    await app.close();
  });

  it("is not ready while the database is away", async () => {
    const app = httpApp({ origin: ORIGIN, log: false });
    const ledger = { failure: () => null, witnessesAway: () => [] };
    const version = { ...store.version, look: () => Promise.resolve(null) };
    healthRoutes(app, { store: { ...store, db: failing(), version }, ledger });
    const ready = await app.inject("/readyz");
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ ok: false, code: "STORE_UNREACHABLE" });
    await app.close();
  });

  it("IN8 figures for everybody hold no word of what anybody changes", async () => {
    const world = await openWorld(engine);
    const app = httpApp({ origin: ORIGIN, log: false });
    healthRoutes(app, { store: world.store, ledger: world.ledger }).decided("hold");
    const asked = question();
    const { body } = await world.call("gate", "POST", "/api/v1/gate", asked);
    const { payload: figures } = await app.inject("/metrics");
    expect(figures).toMatch(/^interlock_decisions_total\{effective="hold"\} 1$/m);
    expect(figures).toMatch(/^interlock_ledger_entries [1-9]/m);
    const { repository, target } = asked.place;
    for (const word of [String(body["change"]), repository, target, "ana", "billing"])
      expect(figures).not.toContain(word);
    await app.close();
    await world.close();
  });

  it("stops when another process migrates the database beneath it", async () => {
    const world = await openWorld(engine, { periodMs: 3_600_000 });
    const app = httpApp({ origin: ORIGIN, log: false, stopped: world.store.version.superseded });
    healthRoutes(app, { store: world.store, ledger: world.ledger });
    app.get("/api/v1/x", (_request, reply) => reply.send({}));
    expect((await app.inject("/readyz")).statusCode).toBe(200);
    const sql = join(folder, "sql");
    cpSync(SQL, sql, { recursive: true });
    const next = String(readdirSync(sql).length + 1);
    const file = join(sql, `${next.padStart(6, "0")}_next.sql`);
    writeFileSync(file, `-- min-safe-version: ${next}\nselect 1;\n`);
    const script = `
      const { openStore } = await import(${JSON.stringify(STORE)});
      const migrations = new URL(${JSON.stringify(`${pathToFileURL(sql).href}/`)});
      const opened = await openStore(${JSON.stringify(world.place)}, { migrations });
      if (!opened.ok) throw new Error(opened.failure.message);
      await opened.value.close();`;
    const newer = spawnSync(process.execPath, ["--input-type=module", "-e", script]);
    expect(`${newer.stderr}`).toBe("");
    expect(newer.status).toBe(0);
    // The decision itself looks, so that none is made before the next look at the version.
    const asked = await world.call("gate", "POST", "/api/v1/gate", question());
    expect(asked).toMatchObject({ status: 503, body: { code: "STORE_NEWER" } });
    const ready = await app.inject("/readyz");
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ ok: false, code: "STORE_NEWER" });
    expect((await app.inject("/api/v1/x")).statusCode).toBe(503);
    expect((await app.inject("/healthz")).statusCode).toBe(200);
    await app.close();
    await world.close();
  });
});
