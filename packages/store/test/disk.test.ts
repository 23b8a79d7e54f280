// SPDX-License-Identifier: Apache-2.0
/** The embedded engine on a disk that is counted, full or broken. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  append,
  committer,
  ledgerSize,
  openStore,
  type Store,
  transaction,
} from "@interlock/store";
import { ENGINES, type Home, opened } from "@interlock/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entriesNamed, entryNamed } from "./entries.ts";

const worker = new URL("./children/faulty-worker.mjs", import.meta.url);
const [embedded] = ENGINES;

describe("the embedded engine's disk", () => {
  let place: Home;
  let directory: string;
  let store: Store;
  beforeEach(async () => {
    if (embedded === undefined) throw new Error("the embedded engine is always there");
    place = await embedded.home();
    directory = "directory" in place.place ? place.place.directory : "";
    store = await opened(place.place, { worker });
  });
  afterEach(async () => {
    await store.close();
    place.remove();
  });
  const failHow = (how: string) => writeFileSync(join(directory, "fault"), how);
  const mend = () => rmSync(join(directory, "fault"));
  const fsyncs = () => readFileSync(join(directory, "fsyncs")).length;
  const appended = (name: string) => transaction(store, (tx) => append(tx, entriesNamed(name)));

  it("every commit is an fsync, and reading is none", async () => {
    const before = fsyncs();
    for (let n = 0; n < 50; n++) await appended(`one ${n}`);
    const after = fsyncs();
    expect(after - before).toBeGreaterThanOrEqual(50);
    expect(after - before).toBeLessThan(60);
    for (let n = 0; n < 50; n++) await ledgerSize(store.db);
    expect(fsyncs()).toBe(after);
  });

  it("RO4 an fsync that fails stops the engine loudly, and what was acknowledged is there after", async () => {
    await appended("before");
    failHow("fsync");
    // By (commit-unknown): the bytes may have reached the disk, or not.
    expect(await appended("during")).toMatchObject({
      kind: "unknown",
      failure: { code: "STORE_UNCERTAIN" },
    });
    expect(store.lost()).toBe("fsync failed: EIO: i/o error, fsync");
    expect(await appended("after")).toMatchObject({
      kind: "failed",
      failure: { code: "STORE_UNREACHABLE" },
    });
    await store.close();
    mend();
    store = await opened(place.place, { worker });
    expect(store.lost()).toBeNull();
    const again = await committer(store).appendSoon(entriesNamed("before", "again"));
    expect(again).toMatchObject({ kind: "refused", failure: { code: "LEDGER_INVALID" } });
    expect(await appended("again")).toMatchObject({ kind: "committed" });
  });

  it("RO4 a log that cannot grow stops the engine loudly, and nothing acknowledged is lost", async () => {
    await appended("before");
    failHow("wal");
    const outcome = await appended("during");
    expect(outcome.kind).toMatch(/^(?:unknown|failed)$/);
    expect(store.lost()).toMatch(/^Postgres panicked: /);
    await store.close();
    mend();
    store = await opened(place.place, { worker });
    expect(await ledgerSize(store.db)).toBe(1);
    expect(await appended("during")).toEqual({ kind: "committed", value: [1] });
  });

  it("RO4 a full disk for tables fails what needs room, and goes on when there is room again", async () => {
    await appended("before");
    failHow("tables");
    const large = Array.from({ length: 500 }, (_, n) =>
      entryNamed(`large ${n}`, { leaf: Buffer.from(`${n}`.padEnd(4_000)) }),
    );
    const full = await transaction(store, (tx) => append(tx, large));
    expect(full).toMatchObject({ kind: "failed", failure: { code: "STORE_UNWRITABLE" } });
    expect(store.lost()).toBeNull();
    mend();
    expect(await appended("after")).toEqual({ kind: "committed", value: [1] });
  });

  it("a directory in use is refused with the name of its holder", async () => {
    expect(await openStore(place.place)).toMatchObject({
      ok: false,
      failure: { code: "STORE_HELD", message: expect.stringContaining(`process ${process.pid}`) },
    });
  });
});
