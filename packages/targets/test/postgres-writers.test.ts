// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedPostgres, startCluster } from "@interlock/testkit";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { versionAt } from "./place.ts";
import { LAYOUTS, openRows, rowsPlace } from "./postgres-place.ts";

const cluster = await sharedPostgres();
const url = cluster?.newDatabase() ?? "";
const [PLAIN] = LAYOUTS;

describe.skipIf(cluster === null)("rows of a table", () => {
  const place = async () => {
    if (PLAIN === undefined) throw new Error("there is no layout");
    const sql = `${PLAIN.sql}; alter table one add updated_by text, add updated_at timestamp`;
    const made = await rowsPlace(url, { ...PLAIN, sql });
    const client = new pg.Client({ connectionString: made.url });
    await client.connect();
    onTestFinished(async () => {
      await client.end();
      await made.remove();
    });
    const opened = async (writer: Readonly<Record<string, string>>) => {
      const target = await openRows(made.url, { ...made.settings, writer });
      onTestFinished(() => target.close());
      return target;
    };
    return { client, opened };
  };

  it("tell who wrote in the columns that the settings name, as a claim", async () => {
    const { client, opened } = await place();
    const insert = "insert into one (key, value, updated_by, updated_at) values ($1, $2, $3, $4)";
    const at = "2026-02-03 04:05:06.789+00";
    await client.query("set time zone 'UTC'");
    await client.query(insert, ["a", "1", `dee\n${"\u202e"}${"x".repeat(1_000)}`, at]);
    const told = await opened({ by: "updated_by" });
    const version = await versionAt(told, "one", "a");
    const said = await told.lastWriter?.({ cell: "one", key: "a", version });
    const name = expect.stringMatching(/^dee \\u\{202e\}x{100,}$/);
    expect(said).toEqual({ ok: true, value: { trust: "claimed", name } });
    await client.query("alter table one alter updated_at type timestamptz");
    const both = await opened({ by: "updated_by", at: "updated_at" });
    expect(await both.lastWriter?.({ cell: "one", key: "a", version })).toMatchObject({
      ...{ ok: true, value: { trust: "claimed", at: Date.UTC(2026, 1, 3, 4, 5, 6, 789) } },
    });
  });

  it("tell nothing without them, and fail where they are not there", async () => {
    const { client, opened } = await place();
    await client.query("insert into one (key, value) values ('a', '1')");
    const none = await opened({});
    const version = await versionAt(none, "one", "a");
    const asked = { cell: "one", key: "a", version };
    expect(await none.lastWriter?.(asked)).toEqual({ ok: true, value: null });
    const wrong = await opened({ by: "gone" });
    expect(await wrong.lastWriter?.(asked)).toMatchObject({ ok: false });
    expect(await versionAt(wrong, "one", "a")).toBe(version);
  });

  it("tell when a row was committed, where the database keeps that", async () => {
    const home = mkdtempSync(join(tmpdir(), "interlock-commits-"));
    const own = startCluster(home);
    onTestFinished(async () => {
      await own.kill();
      rmSync(home, { recursive: true, force: true });
    });
    own.ask("postgres", "alter system set track_commit_timestamp = on");
    own.restart();
    if (PLAIN === undefined) throw new Error("there is no layout");
    const made = await rowsPlace(own.newDatabase(), PLAIN);
    onTestFinished(() => made.remove());
    await made.around("one", "a", Buffer.from("1"));
    const version = await versionAt(made.target, "one", "a");
    const said = await made.target.lastWriter?.({ cell: "one", key: "a", version });
    expect(said).toEqual({ ok: true, value: { trust: "told", at: expect.any(Number) } });
  });
});
