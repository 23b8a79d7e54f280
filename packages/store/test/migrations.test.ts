// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openStore } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  MIGRATIONS_FOLDER,
  type Migration,
  type MigrationRecord,
  pendingMigrations,
  readMigrations,
} from "../src/migrations.ts";
import { misfitOf } from "../src/postgres.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interlock-sql-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const url = () => pathToFileURL(`${folder}/`);
const file = (name: string, text = "select 1", minSafe = 1) =>
  writeFileSync(join(folder, name), `-- min-safe-version: ${minSafe}\n${text};\n`);

describe("the files of migrations", () => {
  it("of this program are in order, and none speaks of transactions", () => {
    const read = readMigrations(MIGRATIONS_FOLDER);
    expect(read).toMatchObject({ ok: true });
    for (const { sql } of read.ok ? read.value : [])
      expect(sql).not.toMatch(/^\s*(?:begin|commit|rollback)\s*;/im);
  });

  it.each<readonly [string, () => void, RegExp]>([
    ["a gap", () => [file("000001_a.sql"), file("000003_c.sql")], /before `000003_c` is missing/],
    ["a number twice", () => [file("000001_a.sql"), file("000001_b.sql")], /before `000001_b`/],
    ["another name", () => file("1.sql"), /`1.sql` is not named/],
    ["no minimum", () => writeFileSync(join(folder, "000001_a.sql"), "select 1"), /no line/],
    ["a minimum ahead of it", () => file("000001_a.sql", "select 1", 2), /newer than itself/],
    ["a folder", () => mkdirSync(join(folder, "000001_a.sql")), /EISDIR/],
  ])("with %s are damaged", (_, make, says) => {
    make();
    expect(readMigrations(url())).toMatchObject({
      ok: false,
      failure: { code: "STORE_MIGRATIONS", message: expect.stringMatching(says) },
    });
  });
});

describe("what is still to run", () => {
  const migration = (version: number, minSafeVersion = 1): Migration => ({
    version,
    name: `m${version}`,
    sql: "",
    sha256: `${version}`,
    minSafeVersion,
  });
  const known = [1, 2, 3].map((version) => migration(version));

  it.each<readonly [string, readonly MigrationRecord[], readonly number[]]>([
    ["everything on a new database", [], [1, 2, 3]],
    ["the rest", [migration(2), migration(1)], [3]],
    ["nothing when all ran", known, []],
    ["nothing beside a newer program that allows it", [...known, migration(4, 3)], []],
  ])("is %s", (_, records, due) => {
    const pending = pendingMigrations(known, records);
    expect(pending.ok && pending.value.map(({ version }) => version)).toEqual(due);
  });

  it.each<readonly [string, readonly MigrationRecord[], string]>([
    ["a changed file", [{ ...migration(1), sha256: "x" }], "STORE_MIGRATIONS"],
    ["a renamed file", [{ ...migration(1), name: "x" }], "STORE_MIGRATIONS"],
    ["a gap", [migration(1), migration(3)], "STORE_MIGRATIONS"],
    ["a newer program that forbids it", [...known, migration(4, 4)], "STORE_NEWER"],
  ])("is refused after %s", (_, records, code) => {
    expect(pendingMigrations(known, records)).toMatchObject({ ok: false, failure: { code } });
  });
});

describe.each(ENGINES)("migrating ($name)", ({ home }) => {
  it("runs what is due once, whole or not at all, and refuses what was changed", async () => {
    const { place, remove } = await home();
    const open = async () => {
      const result = await openStore(place, { migrations: url() });
      if (!result.ok) return result.failure;
      const { rows } = await sql<{ n: number }>`select n from a order by n`.execute(
        result.value.db,
      );
      await result.value.close();
      return rows.map(({ n }) => n);
    };
    // The template already has the program's own migrations, so these are their continuation.
    const own = readMigrations(MIGRATIONS_FOLDER);
    if (!own.ok) throw new Error(own.failure.message);
    const name = (n: number, what: string) => `${String(n).padStart(6, "0")}_${what}.sql`;
    for (const { version, name: what, sql } of own.value)
      writeFileSync(join(folder, name(version, what)), sql);
    const [first, second] = [own.value.length + 1, own.value.length + 2];
    file(name(first, "a"), "create table a (n int); insert into a values (1)");
    expect(await open()).toEqual([1]);
    file(name(second, "b"), "insert into a values (2); select 1/0");
    expect(await open()).toMatchObject({
      code: "STORE_MIGRATIONS",
      message: "the migration `b` failed: division by zero",
    });
    file(name(second, "b"), "insert into a values (3)", second);
    expect(await open()).toEqual([1, 3]);
    expect(await open()).toEqual([1, 3]);
    file(name(first, "a"), "create table a (n int); insert into a values (7)");
    expect(await open()).toMatchObject({ code: "STORE_MIGRATIONS" });
    rmSync(join(folder, name(first, "a")));
    rmSync(join(folder, name(second, "b")));
    expect(await open()).toMatchObject({ code: "STORE_NEWER" });
    remove();
  });
});

describe.each(ENGINES.filter(({ name }) => name === "postgres"))("on a server", ({ home }) => {
  it("of many programs that start at once one migrates and the others wait", async () => {
    const { place } = await home();
    const opened = await Promise.all(Array.from({ length: 6 }, () => openStore(place)));
    expect(opened.map(({ ok }) => ok)).toEqual(Array(6).fill(true));
    for (const one of opened) if (one.ok) await one.value.close();
  });

  it("that is not there the store says so", async () => {
    const nowhere = { url: `postgres://postgres@${encodeURIComponent(folder)}/x` };
    expect(await openStore(nowhere)).toMatchObject({ failure: { code: "STORE_UNREACHABLE" } });
  });

  const fit = { version: 150_018, encoding: "UTF8", fsync: "on", pageWrites: "on", commit: "on" };
  it.each([
    [{ version: 140_020 }, /Postgres 14, 15 or newer/],
    [{ encoding: "SQL_ASCII" }, /`SQL_ASCII`/],
    [{ fsync: "off" }, /fsync is off/],
    [{ pageWrites: "off" }, /full_page_writes is off/],
    [{ commit: "off" }, /synchronous_commit is off/],
  ])("with %o the store does not open", (settings, says) => {
    expect(misfitOf(fit)).toBeNull();
    expect(misfitOf({ ...fit, ...settings })).toMatchObject({
      failure: { code: "STORE_UNFIT", message: expect.stringMatching(says) },
    });
  });

  it("whose database loses what it acknowledged the store does not open", async () => {
    const { place } = await home();
    const name = "url" in place ? new URL(place.url).pathname.slice(1) : "";
    const first = await openStore(place);
    if (!first.ok) throw new Error(first.failure.message);
    await sql.raw(`alter database ${name} set synchronous_commit = off`).execute(first.value.db);
    await first.value.close();
    expect(await openStore(place)).toMatchObject({ failure: { code: "STORE_UNFIT" } });
  });
});
