// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { createConnection } from "node:net";
import type { Json } from "@interlock/digest";
import { sharedPostgres } from "@interlock/testkit";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockOf } from "../src/postgres/sql.ts";
import { type FaultyPlace, faultsOf } from "./faults.ts";
import { lineTo } from "./line.ts";
import { batchOf, bytes, put, set, textAt, versionAt, written } from "./place.ts";
import { LAYOUTS, openRows, rowsPlace } from "./postgres-place.ts";

const cluster = await sharedPostgres();
const url = cluster?.newDatabase() ?? "";
const COMMIT = Buffer.from("commit\0");
const [PLAIN] = LAYOUTS;

async function faultyPlace(): Promise<FaultyPlace> {
  if (PLAIN === undefined) throw new Error("there is no layout");
  const { hostname, pathname } = new URL(url);
  const line = await lineTo(() =>
    createConnection(`${decodeURIComponent(hostname)}/.s.PGSQL.5432`),
  );
  const place = await rowsPlace(url, PLAIN);
  const far = await openRows(
    `postgres://postgres@127.0.0.1:${line.port}${pathname}${new URL(place.url).search}`,
    place.settings,
  );
  return {
    ...place,
    line,
    far,
    decides: (data) => data.includes(COMMIT),
    remove: async () => {
      await far.close();
      await line.close();
      await place.remove();
    },
  };
}

describe.runIf(cluster !== null)("postgres", () => {
  faultsOf("a database", faultyPlace);

  it("a line cut before COMMIT leaves nothing in doubt", async () => {
    const place = await faultyPlace();
    await set(place.far, "one", "a", "one");
    const over = await versionAt(place.far, "one", "a");
    place.line.lay("cut after", (data) => data.includes("update "));
    const outcome = await place.far.write(batchOf("one", [put("a", "two", over)]));
    expect(outcome).toMatchObject({ kind: "away" });
    expect(await textAt(place.target, "one", "a")).toBe("one");
    await place.remove();
  });
});

describe.runIf(cluster !== null)("a table that does not take a value", () => {
  let client: pg.Client;
  let place: Awaited<ReturnType<typeof rowsPlace>>;
  beforeEach(async () => {
    if (PLAIN === undefined) throw new Error("there is no layout");
    place = await rowsPlace(url, PLAIN);
    client = new pg.Client({ connectionString: place.url });
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
    await place.remove();
  });
  const open = (more: Readonly<Record<string, Json>>) =>
    openRows(place.url, { ...place.settings, ...more });

  it.each([
    ["a trigger that says yes and does nothing", "return null"],
    ["a trigger that writes something else", "new.value = '\\x00'; return new"],
  ])("%s is refused without an effect", async (_, body) => {
    await set(place.target, "one", "a", "one");
    await client.query(`create function f() returns trigger language plpgsql as $$ begin ${body}; end $$;
      create trigger t before insert or update on one for each row execute function f()`);
    const over = await versionAt(place.target, "one", "a");
    for (const item of [put("a", "two", over), put("b", "two", null)])
      expect(await place.target.write(batchOf("one", [item]))).toMatchObject({
        kind: "refused",
        failure: { message: expect.stringContaining("does not keep") },
      });
    expect(await textAt(place.target, "one", "a")).toBe("one");
  });

  it("a row that somebody has locked is waited for as long as is allowed", async () => {
    await set(place.target, "one", "a", "one");
    const over = await versionAt(place.target, "one", "a");
    const hasty = await open({ lockMs: 20 });
    await client.query("begin; select * from one for update");
    const batch = batchOf("one", [put("a", "two", over)]);
    expect(await hasty.write(batch)).toMatchObject({ kind: "away" });
    await client.query("rollback");
    expect(await hasty.write(batch)).toEqual({ kind: "written" });
    await hasty.close();
  });

  it("A, B, A is not A", async () => {
    await set(place.target, "one", "a", "A");
    const over = await versionAt(place.target, "one", "a");
    for (const text of ["B", "A"]) await place.around("one", "a", bytes(text));
    const outcome = await place.target.write(batchOf("one", [put("a", "C", over)]));
    expect(outcome).toMatchObject({ kind: "conflict" });
  });

  it("a reading waits for a write that is under way", async () => {
    await set(place.target, "one", "a", "one");
    const hasty = await open({ lockMs: 20 });
    // What a writer holds until its COMMIT has come.
    await client.query(
      `begin; select pg_advisory_xact_lock(${lockOf({ table: "one", value: null })})`,
    );
    expect(await hasty.read("one", ["a"])).toMatchObject({
      ok: false,
      failure: { code: "TARGET_AWAY" },
    });
    await client.query("rollback");
    expect(await textAt(hasty, "one", "a")).toBe("one");
    await hasty.close();
  });

  it("the companion table as it is documented is one that serves", async () => {
    const file = new URL("../../../docs/reference/targets.md", import.meta.url);
    const sql = /```sql\n(create table interlock_fence [^;]+;)/.exec(
      readFileSync(file, "utf8"),
    )?.[1];
    await client.query(sql ?? "");
    const target = await open({ createFence: false });
    await written(target, batchOf("one", [put("a", "one", null)], { fence: 4 }));
    expect(await target.read("one", [])).toMatchObject({ ok: true, value: { fence: 4 } });
    await target.close();
  });

  it("a role that may not write is told so, and a null is no value", async () => {
    await written(place.target, batchOf("one", [put("a", "one", null)]));
    await client.query("update one set value = null");
    expect(await place.target.read("one", ["a"])).toMatchObject({
      ok: false,
      failure: { code: "TARGET_DAMAGED" },
    });
    const role = `reader_${Date.now()}`;
    await client.query(`create role ${role} login; grant usage on schema ${place.schema} to ${role};
      grant select on all tables in schema ${place.schema} to ${role}`);
    const reader = await openRows(
      place.url.replace("postgres://postgres@", `postgres://${role}@`),
      place.settings,
    );
    const outcome = await reader.write(batchOf("one", [put("b", "two", null)]));
    expect(outcome).toMatchObject({
      kind: "refused",
      failure: { code: "TARGET_REFUSED", message: expect.stringContaining("permission denied") },
    });
    await reader.close();
    await client.query(`drop owned by ${role}; drop role ${role}`);
  });

  it.each<readonly [string, Readonly<Record<string, Json>>]>([
    ["no table `nowhere`", { cells: { one: "nowhere" } }],
    ["no column `k`", { keyColumn: "k" }],
    ["no column `v`", { valueColumn: "v" }],
    ["no column `w`", { versionColumn: "w" }],
    ["no unique index on exactly loose_key", { keyColumn: "loose_key", cells: { one: "loose" } }],
    ["no table `fences`", { fenceTable: "fences", createFence: false }],
  ])("it says that there is %s", async (says, more) => {
    await client.query("create table loose (loose_key text, value text)");
    const target = await open(more);
    const outcome = await target.write(batchOf("one", [put("a", "one", null)]));
    const message = expect.stringContaining(says);
    expect(outcome).toMatchObject({ kind: "refused", failure: { message } });
    await target.close();
  });
});
