// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Forwarding, JOURNAL, openJournal, unfinished } from "../src/guard/journal.ts";
import { folder } from "./scratch.ts";

const LONG = 2_000;
const change = (n: number) => [
  { path: `keys/${n}/@value`, key: `/${n}`, before: null, after: Buffer.from("x".repeat(300)) },
];
const forwarding = (n: number): Forwarding => ({
  ...{ id: `f${n}`, at: n, title: `put ${n}`, by: "ana", change: null, digest: null },
  ...{ because: "allowed", readAt: "1", effects: change(n) },
});
const ANSWERED = { outcome: "answered", status: 200, says: null } as const;

it("(bound) a journal that grew long is kept, and what was carried out is known in the next", () => {
  const state = folder();
  for (let n = 0; n < 30; n++) {
    // Every time as after a start, and now and then within one.
    const journal = openJournal(state, LONG);
    journal.forwards(forwarding(n));
    if (n % 7 !== 0) journal.ended(`f${n}`, { ...ANSWERED, status: n % 2 === 0 ? 200 : 400 });
    for (let m = 0; m <= n; m++)
      expect(journal.times(change(m))).toBe(m % 7 === 0 || m % 2 === 0 ? 1 : 0);
  }
  expect(unfinished(state)).toEqual([0, 7, 14, 21, 28].map((n) => `put ${n}`));
  const files = readdirSync(state).filter((name) => name !== JOURNAL);
  expect(files.length).toBeGreaterThan(3);
  expect(statSync(join(state, JOURNAL)).mode & 0o777).toBe(0o600);
  // Every line is in one file, whole.
  const lines = [...files, JOURNAL].flatMap((name) =>
    readFileSync(join(state, name), "utf8").trimEnd().split("\n"),
  );
  const ids = lines
    .map((line) => JSON.parse(line))
    .flatMap(({ line, id }) => (line === "forwards" ? [id] : []));
  expect(ids.toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => `f${n}`).toSorted());

  // Killed while the next one was written, and before the names changed.
  writeFileSync(join(state, `${JOURNAL}.next`), '{"version":1,"line":"carr');
  for (const name of files) rmSync(join(state, name));
  const journal = openJournal(state, 0);
  // Each begins a file, several in a millisecond.
  for (let n = 30; n < 60; n++) journal.forwards(forwarding(n));
  expect([journal.times(change(2)), journal.times(change(30))]).toEqual([1, 1]);
  expect(openJournal(state).times(change(2))).toBe(1);
});
