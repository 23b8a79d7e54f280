// SPDX-License-Identifier: Apache-2.0
// Opens a store, checks everything that earlier writers were told, sends again what they were not
// told, and then appends until it is killed: at the HITth passing of POINT, by itself.
//   node writer.mjs NOTES PLACE POINT HIT
// POINT is a name of `StorePoint`, `disk` (the HITth operation of the engine's files),
// `endless` (until somebody else ends it) or `none`.

import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { committer, openStore } from "../../dist/index.js";

const CALLERS = 3;
const ROUNDS = 12;
const [notes, placeText, point, hitText] = process.argv.slice(2);
const place = JSON.parse(placeText);
const sentFile = join(notes, "sent");
const toldFile = join(notes, "told");
const fault = place.directory === undefined ? undefined : join(place.directory, "fault");

function lines(file) {
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((l) => l !== "")
    : [];
}

function fail(says) {
  process.stderr.write(`${says}\n`);
  process.exit(1);
}

function entry(name) {
  const leaf = Buffer.from(name);
  const leafHash = createHash("sha256").update(leaf).digest();
  const body = { salt: Buffer.of(1), text: JSON.stringify(name.padEnd(300)) };
  return { leaf, leafHash, kind: "kill", subject: name, at: 1, body };
}

let passed = 0;
let armed = false;
if (fault !== undefined) rmSync(fault, { force: true });
const opened = await openStore(place, {
  worker: fault === undefined ? undefined : new URL("./faulty-worker.mjs", import.meta.url),
  clients: 2,
  onPoint: (at) => {
    if (!armed || at !== point) return;
    passed += 1;
    if (passed >= Number(hitText)) process.kill(process.pid, "SIGKILL");
  },
});
if (!opened.ok) fail(`${opened.failure.code}: ${opened.failure.message}`);
const store = opened.value;
const { appendSoon } = committer(store);

const rows = await store.db
  .selectFrom("ledger_entry")
  .leftJoin("ledger_body", "ledger_body.index", "ledger_entry.index")
  .select(["ledger_entry.index as index", "leaf", "body"])
  .orderBy("ledger_entry.index")
  .execute();
const { next_index } = await store.db
  .selectFrom("ledger_head")
  .select("next_index")
  .executeTakeFirstOrThrow();
if (next_index !== rows.length) fail(`${rows.length} entries, but the next index is ${next_index}`);
rows.forEach(({ index, body }, at) => {
  if (index !== at) fail(`a gap at ${at}`);
  if (body === null) fail(`${index} has no body`);
});
if (new Set(rows.map(({ leaf }) => leaf.toString())).size !== rows.length) fail("an entry twice");
const told = new Map(lines(toldFile).map((line) => line.split(" ")));
for (const [name, index] of told)
  if (rows[Number(index)]?.leaf.toString() !== name) fail(`${name} is not at ${index}`);

async function send(name) {
  const outcome = await appendSoon([entry(name)]);
  if (outcome.kind !== "committed") fail(`${name}: ${outcome.kind} ${outcome.failure.message}`);
  appendFileSync(toldFile, `${name} ${outcome.value[0]}\n`);
}

for (const name of lines(sentFile)) if (!told.has(name)) await send(name);
if (point !== "none") {
  armed = true;
  if (point === "disk") writeFileSync(fault, `kill ${hitText}`);
  const run = `${process.pid}-${next_index}`;
  for (let round = 0; round < ROUNDS || point === "endless"; round++) {
    const names = Array.from({ length: CALLERS }, (_, n) => `${run}-${round}-${n}`);
    appendFileSync(sentFile, names.map((name) => `${name}\n`).join(""));
    await Promise.all(names.map(send));
  }
}
await store.close();
process.stdout.write(`${next_index} ${told.size}\n`);
