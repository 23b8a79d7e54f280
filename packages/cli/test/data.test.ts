// SPDX-License-Identifier: Apache-2.0
/** docs/guides/data-fixes.md, command by command, on a real server and a real Postgres. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { database, shop } from "./data-shop.ts";

const guide = readFileSync(new URL("../../../docs/guides/data-fixes.md", import.meta.url), "utf8");
const FIX = /```sql\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
const COMMANDS = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap((m) => (m[1] ?? "").trim().split("\n"))
  .map((line) => line.replace(/^interlock /, ""));

/** A server that nobody is logged in on. */
const NOBODY = "http://127.0.0.1:1";
it("the guide's commands, refused before the change is allowed, killed on the way, and taken back", async () => {
  const at = await database();
  if (at === null) return;
  const { work, hers, brought, entries } = await shop(at.url);
  const before = await at.rows();
  const [prepare, plan, run, status, unwind, planBack, runBack] = COMMANDS.map((c) => c.split(" "));
  const ran = async (command: readonly string[] | undefined, change = "") =>
    await hers.run(...(command ?? []).map((w) => (w === "CHANGE" || w === "BACK" ? change : w)));
  expect(COMMANDS).toHaveLength(7);
  expect(await ran(prepare)).toMatchObject({ status: 0 });
  const fix = await brought("fixes/promise.sql", FIX);
  const [planned, early] = await Promise.all([ran(plan), ran(run, fix.change)]);
  expect([planned.status, planned.says]).toEqual([0, expect.stringContaining("18 row(s)")]);
  expect(planned.says).toContain("promise_pkey");
  expect([early.status, early.says]).toEqual([3, expect.stringContaining("newest decision")]);
  await fix.land();
  expect(await at.rows()).toEqual(before);
  // Other bytes than those that were allowed.
  writeFileSync(join(work, "fixes/promise.sql"), FIX.replace("- 3", "- 2"));
  const other = await ran(run, fix.change);
  expect([other.status, other.says]).toEqual([3, expect.stringContaining("these bytes")]);
  writeFileSync(join(work, "fixes/promise.sql"), FIX);
  // Held by a lock in its second batch, and killed there.
  await at.db.query("begin; select 1 from promise where id = 20 for update");
  const held = hers.start(...(run ?? []).map((w) => (w === "CHANGE" ? fix.change : w)));
  while ((await at.rows()).every((row, i) => row === before[i])) await sleep(50);
  held.kill("SIGKILL");
  await held.status;
  await at.db.query("rollback");
  // The database learns of its death when it comes to answer it, and until then another run is refused.
  while ((await at.drives()) > 0) await sleep(50);
  const done = await ran(run, fix.change);
  expect([done.says, done.status]).toEqual([expect.stringContaining("done: 18 row(s)"), 0]);
  const fixed = await at.rows();
  expect(fixed).toEqual(
    before.map((row) => {
      const [id, region, days] = row.split(",");
      return region === "north" && Number(days) > 4 ? `${id},${region},${Number(days) - 3}` : row;
    }),
  );
  const [again, shown] = await Promise.all([ran(run, fix.change), ran(status)]);
  expect(again.says).toContain("was run to its end");
  expect(shown.says).toMatch(/^done .* fix {2}.*18 row\(s\)/m);
  const { rows: runs } = await at.db.query("select run from interlock_journal.run");
  expect(await entries(runs[0].run)).toMatchObject({
    ...{ way: "fix", path: "fixes/promise.sql", by: "ana", change: fix.change },
    ends: [{ outcome: "done", rows: 18 }],
  });
  // Somebody changes a row by hand.
  await at.db.query("update promise set days = 99 where id = 40");
  const back = await ran(unwind, fix.change);
  expect([back.status, back.says]).toEqual([
    0,
    expect.stringMatching(/restore {5}17\n[\s\S]*quarantine {2}1 /),
  ]);
  const text = readFileSync(join(work, "fixes/back.data.yaml"), "utf8");
  rmSync(join(work, "fixes/back.data.yaml"));
  const undo = await brought("fixes/back.data.yaml", `${text}waves: [10]\n`);
  await undo.land();
  expect((await ran(planBack)).says).toContain("restore     17");
  const first = await ran(runBack, undo.change);
  expect([first.status, first.says]).toEqual([1, expect.stringContaining("wave 2 waits")]);
  const last = (await at.db.query("select run from interlock_journal.run order by id desc"))
    .rows[0];
  const halting = ["data", "halt", "shop", last.run.slice(0, 12), "--because"];
  const offline = await hers.run(...halting, "first rows look wrong", "--server", NOBODY);
  expect(offline.says).toMatch(/halted: 3 row\(s\)[\s\S]*not on record yet/);
  // (halt-wins) Who runs it brings the halt to the ledger, and what was approved before is not enough.
  const wave = [...(runBack ?? []), "--wave", "2"];
  const refused = await ran([...wave, "--resume"], undo.change);
  expect([refused.status, refused.says]).toEqual([
    3,
    expect.stringContaining("it was halted (`first rows look wrong`), and nobody approved"),
  ]);
  const halt = await hers.run(...halting, "again");
  expect([halt.says, halt.status]).toEqual([expect.stringContaining("it is on record"), 0]);
  await undo.again();
  expect((await ran(wave, undo.change)).says).toContain("somebody halted it");
  const undone = await ran([...wave, "--resume"], undo.change);
  expect([undone.says, undone.status]).toEqual([expect.stringContaining("done: 18 row(s)"), 0]);
  expect(await at.rows()).toEqual(
    before.map((row) => (row.startsWith("40,") ? "40,north,99" : row)),
  );
  const { rows: all } = await at.db.query("select run from interlock_journal.run order by id");
  expect(await entries(all[1].run)).toMatchObject({
    ...{ way: "undo", of: all[0].run },
    halts: [{ by: "ana", because: "first rows look wrong" }],
    ends: [
      { outcome: "stopped", rows: 3, wave: 2 },
      { outcome: "done", restored: 17, quarantined: 1 },
    ],
  });
});
