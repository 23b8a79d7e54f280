// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { answered, away, damaged, failed, refused } from "../failure.ts";
import { fileAndFolder, foldersOf } from "../key-path.ts";
import type { Answered, Batch, TargetFailure, WriteOutcome } from "../target.ts";
import { gitFailure, type Repository } from "./repository.ts";
import type { Place } from "./settings.ts";
import { type Entry, STATE_KEY, stateOf } from "./tree.ts";

/** Somebody else's commit to the branch is no conflict; each attempt ends because one came between. */
const ATTEMPTS = 30;
const PAUSE_MS = 20;
const KEYS_KEPT = 64;
const NONE = "0".repeat(40);
/** What git and servers say when the branch moved on, or is being moved. */
const MOVED =
  /stale info|fetch first|non-fast-forward|failed to (?:update|lock)|cannot lock ref|incorrect old value/i;

type Files = ReadonlyMap<string, Entry>;
type State = { readonly fence: number; readonly keys: readonly string[] };

/** Version of a file: its content and whether it may be run. */
export const versionOf = (entry: Entry | undefined): string | null =>
  entry === undefined ? null : `${entry.mode}-${entry.id}`;

/** Commits a batch on the branch as it stands, and begins again when it stands elsewhere meanwhile. */
export async function commitBatch(
  repository: Repository,
  place: Place,
  batch: Batch,
): Promise<WriteOutcome> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const tip = await repository.tip(place.branch);
    if (!tip.ok) return without(tip.failure);
    const files = await repository.files(tip.value, place.folder);
    if (!files.ok) return without(files.failure);
    const state = await cellState(repository, files.value);
    if (!state.ok) return without(state.failure);
    const stop = stopOf(batch, state.value, files.value);
    if (stop !== null) return stop;
    const stream = streamOf(repository, place, {
      batch,
      tip: tip.value,
      files: files.value,
      state: state.value,
    });
    const made = await makeCommit(repository, stream);
    if (!made.ok) return without(made.failure);
    const moved = await move(repository, place.branch, { from: tip.value, to: made.value });
    if (moved !== "again") return moved;
    await pause(Math.random() * PAUSE_MS * Math.min(attempt, 5));
  }
  const help = "try again; if it stays, see who holds the lock of the branch";
  return without(away(`\`${place.branch}\` could not be moved in ${ATTEMPTS} attempts`, help));
}

const without = (failure: TargetFailure): WriteOutcome => ({
  kind: failure.code === "TARGET_AWAY" ? "away" : "refused",
  failure,
});

export async function cellState(repository: Repository, files: Files): Promise<Answered<State>> {
  const entry = files.get(STATE_KEY);
  if (entry === undefined) return answered({ fence: 0, keys: [] });
  const contents = await repository.contents([entry.id]);
  if (!contents.ok) return contents;
  const state = stateOf(contents.value[0]?.toString("utf8") ?? "");
  const help = "compare the cell with the ledger, then remove that file";
  return state === null
    ? failed(damaged(`\`${STATE_KEY}\` is not what was written there`, help))
    : answered(state);
}

function stopOf(batch: Batch, state: State, files: Files): WriteOutcome | null {
  if (state.keys.includes(batch.idempotencyKey)) return { kind: "already" };
  if (batch.fence < state.fence) return { kind: "fenced", fence: state.fence };
  const keys = batch.items
    .filter(({ key, over }) => versionOf(files.get(key)) !== over)
    .map(({ key }) => key);
  if (keys.length > 0) return { kind: "conflict", keys, done: [] };
  const folders = new Set([...files.keys()].flatMap(foldersOf));
  for (const { key, value } of batch.items) {
    if (value === null) continue;
    const clash = folders.has(key) ? key : foldersOf(key).find((folder) => files.has(folder));
    if (clash !== undefined) return { kind: "refused", failure: fileAndFolder(clash) };
  }
  return null;
}

type Made = {
  readonly batch: Batch;
  readonly tip: string | null;
  readonly files: Files;
  readonly state: State;
};

/** What git-fast-import(1) reads: one commit, whose id it is to print. */
function streamOf(
  { settings: { author } }: Repository,
  { folder }: Place,
  { batch, tip, files, state }: Made,
): { readonly ref: string; readonly input: Buffer } {
  const ref = `refs/heads/${randomUUID()}`;
  const parts: Buffer[] = [];
  const say = (text: string): void => void parts.push(Buffer.from(text));
  const data = (content: Uint8Array): void => {
    say(`data ${content.length}\n`);
    parts.push(Buffer.from(content), Buffer.from("\n"));
  };
  const who = `${author.name} <${author.email}> now`;
  say(`commit ${ref}\nmark :1\nauthor ${who}\ncommitter ${who}\n`);
  const count = batch.items.length;
  data(
    Buffer.from(
      `${folder}: ${count} ${count === 1 ? "key" : "keys"}\n\n` +
        `Interlock-Idempotency-Key: ${batch.idempotencyKey}\nInterlock-Fence: ${batch.fence}\n`,
    ),
  );
  if (tip !== null) say(`from ${tip}\n`);
  for (const { key, value } of batch.items) {
    const path = quotedPath(`${folder}/${key}`);
    if (value === null) say(`D ${path}\n`);
    else {
      say(`M ${files.get(key)?.mode ?? "100644"} inline ${path}\n`);
      data(value);
    }
  }
  const keys = [...state.keys, batch.idempotencyKey].slice(-KEYS_KEPT);
  say(`M 100644 inline ${quotedPath(`${folder}/${STATE_KEY}`)}\n`);
  data(Buffer.from(`${JSON.stringify({ fence: batch.fence, keys }, null, 1)}\n`));
  say("get-mark :1\ndone\n");
  return { ref, input: Buffer.concat(parts) };
}

const quotedPath = (path: string): string => `"${path.replace(/["\\]/g, "\\$&")}"`;

async function makeCommit(
  { sandbox, run }: Repository,
  { ref, input }: { readonly ref: string; readonly input: Buffer },
): Promise<Answered<string>> {
  const args = ["fast-import", "--quiet", "--done", "--date-format=now"];
  const end = await run(args, { env: sandbox.sideEnv, input });
  await rm(join(sandbox.side, ref), { force: true });
  const id = /^[0-9a-f]{40}\n$/.exec(end.out.toString("latin1"))?.[0].trim();
  return end.code === 0 && id !== undefined ? answered(id) : failed(gitFailure(end));
}

type Move = { readonly from: string | null; readonly to: string };

/** The one step with an effect: nothing names the commit before it. */
async function move(
  { run, settings, tip }: Repository,
  branch: string,
  { from, to }: Move,
): Promise<WriteOutcome | "again"> {
  const ref = `refs/heads/${branch}`;
  const lease = `--force-with-lease=${ref}:${from ?? ""}`;
  const end = settings.isRemote
    ? await run(["push", "--porcelain", "--no-verify", lease, settings.repository, `${to}:${ref}`])
    : await run(["update-ref", ref, to, from ?? NONE]);
  if (end.code === 0) return { kind: "written" };
  const said = settings.isRemote ? (/^!\t.*$/m.exec(end.out.toString())?.[0] ?? "") : end.says;
  if (end.code !== null && MOVED.test(said)) return "again";
  if (/remote rejected/.test(said))
    return without(
      refused(`the server refused the commit: ${said.trim()}`, "see its rules for the branch"),
    );
  const now = settings.isRemote || end.code === null ? null : await tip(branch);
  if (now?.ok === true && now.value === from) return without(gitFailure(end));
  return {
    kind: "unknown",
    failure: away(`git did not say what became of it: ${end.says}`, "read it back"),
  };
}
