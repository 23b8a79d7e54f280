// SPDX-License-Identifier: Apache-2.0
/**
 * Files below a folder, one file a key: the target for those who run no engine. A batch is atomic
 * across a crash and among writers that take the lock; who reads the files themselves may see the
 * keys of a batch change one after the other.
 */
import { mkdir, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { answered, away, codeOf, damaged, failed, noCell, refused, textOf } from "../failure.ts";
import { batchPathFault, pathFault } from "../key-path.ts";
import { overLimit, overPageLimit, overReadLimit } from "../limits.ts";
import type { OtherWriters } from "../others.ts";
import { pageOf } from "../page.ts";
import { polled, type Snapshot } from "../polling.ts";
import type { Resolved } from "../secrets.ts";
import { settingsReader } from "../settings.ts";
import type { Answered, Health, Held, Target, TargetFailure, WriteOutcome } from "../target.ts";
import { type FilesCell, settled, Uncertain, writeBatch } from "./commit.ts";
import { fileWriter, heldIn, keysIn, Misplaced } from "./file.ts";
import { LockBusy, withLock } from "./lock.ts";
import { othersAt, placesOf } from "./others.ts";
import { StateDamaged } from "./state.ts";

type FilesSettings = {
  readonly root: string;
  readonly cells: ReadonlyMap<string, string>;
  readonly lockMs: number;
  readonly pollMs: number;
};

export async function openFiles(
  name: string,
  resolved: Resolved,
  onStep: (step: string) => void = () => undefined,
): Promise<Answered<Target>> {
  const settings = filesSettings(resolved);
  return settings.ok ? answered(filesTarget(name, settings.value, onStep)) : settings;
}

export function filesSettings(resolved: Resolved): Answered<FilesSettings> {
  const reader = settingsReader(resolved);
  const root = reader.text("root");
  if (root !== "" && !isAbsolute(root)) reader.fault("root", "is no absolute path");
  const cells = reader.cells((place, path) => {
    if (typeof place === "string" && pathFault(place) === null) return place;
    reader.fault(path.slice("settings.".length), "is no path of a folder below `root`");
    return "";
  });
  const places = [...cells.values()];
  const overlaps = places.some((one, at) =>
    places.some((two, other) => at !== other && `${two}/`.startsWith(`${one}/`)),
  );
  if (overlaps) reader.fault("cells", "has one cell inside another");
  return reader.end({
    root,
    cells,
    lockMs: reader.whole("lockMs", { from: 1, to: 600_000, otherwise: 10_000 }),
    pollMs: reader.whole("pollMs", { from: 5, to: 3_600_000, otherwise: 1_000 }),
  });
}

function cellAt(
  { root, cells }: FilesSettings,
  cell: string,
  onStep: FilesCell["onStep"],
): FilesCell | null {
  const place = cells.get(cell);
  if (place === undefined) return null;
  const folder = join(root, place);
  return { folder, own: join(folder, ".interlock"), onStep };
}

function filesTarget(
  name: string,
  settings: FilesSettings,
  onStep: (step: string) => void,
): Target {
  const { root, lockMs, pollMs } = settings;
  const cellOf = (cell: string) => cellAt(settings, cell, onStep);
  const locked = async <T>(cell: FilesCell, run: () => Promise<T>): Promise<T> => {
    // A root that is not there is a disk that is not mounted, not an empty target.
    await stat(root);
    await mkdir(cell.own, { recursive: true });
    return withLock(cell.own, lockMs, run);
  };
  return {
    name,
    kind: "files",
    abilities: { atomic: true, fences: true, remembers: true },
    read: async (id, keys) => {
      const over = overReadLimit(keys) ?? firstFault(keys);
      const cell = cellOf(id);
      if (over !== null) return failed(over);
      if (cell === null) return failed(noCell(name, id));
      return asked(() =>
        locked(cell, async () => {
          const { fence } = await settled(cell);
          const items = new Map<string, Held | null>();
          for (const key of keys) items.set(key, await heldIn(cell.folder, key));
          return { items, fence };
        }),
      );
    },
    list: async (id, page) => {
      const over = overPageLimit(page);
      const cell = cellOf(id);
      if (over !== null) return failed(over);
      if (cell === null) return failed(noCell(name, id));
      return asked(() =>
        locked(cell, async () => {
          await settled(cell);
          return pageOf([...(await keysIn(cell.folder)).keys()], page);
        }),
      );
    },
    write: async (batch) => {
      const over = overLimit(batch) ?? batchPathFault(batch);
      const cell = cellOf(batch.cell);
      if (over !== null) return { kind: "refused", failure: over };
      if (cell === null) return { kind: "refused", failure: noCell(name, batch.cell) };
      try {
        return await locked(cell, () => writeBatch(cell, batch));
      } catch (error) {
        return outcomeOf(error);
      }
    },
    watch: (since, signal) =>
      polled({ look: () => snapshotOf(settings), everyMs: pollMs }, since, signal),
    lastWriter: async ({ cell: id, key, version }) => {
      const fault = overReadLimit([key]) ?? pathFault(key);
      const at = cellOf(id)?.folder;
      if (fault !== null || at === undefined) return failed(fault ?? noCell(name, id));
      return asked(() => fileWriter(at, key, version));
    },
    otherWriters: () => asked(() => othersOf(settings)),
    health: () => healthOf(root),
    close: async () => undefined,
  };
}

async function othersOf({ root, cells }: FilesSettings): Promise<OtherWriters> {
  const all: string[] = [root];
  for (const place of cells.values()) {
    const folder = join(root, place);
    const keys = (await keysIn(folder)).keys();
    // A cell is made with its first write.
    if ((await asked(() => stat(folder))).ok) all.push(...placesOf(folder, keys));
  }
  return { others: await othersAt(root, all), unseen: [] };
}

async function healthOf(root: string): Promise<Health> {
  const there = await asked(() => stat(root));
  return { answers: there.ok, says: there.ok ? `folder ${root}` : there.failure.message };
}

const firstFault = (keys: readonly string[]): TargetFailure | null =>
  keys.map(pathFault).find((fault) => fault !== null) ?? null;

async function snapshotOf({ root, cells }: FilesSettings): Promise<Snapshot | null> {
  const looked = await asked(async () => {
    await stat(root);
    const snapshot = new Map<string, ReadonlyMap<string, string>>();
    for (const [id, place] of cells) snapshot.set(id, await keysIn(join(root, place)));
    return snapshot;
  });
  return looked.ok ? looked.value : null;
}

async function asked<T>(run: () => Promise<T>): Promise<Answered<T>> {
  try {
    return answered(await run());
  } catch (error) {
    return failed(failureOf(error));
  }
}

function outcomeOf(error: unknown): WriteOutcome {
  if (error instanceof Uncertain)
    return {
      kind: "unknown",
      failure: away(`${error.message}: ${textOf(error.cause)}`, "read it back"),
    };
  const failure = failureOf(error);
  return failure.code === "TARGET_AWAY" ? { kind: "away", failure } : { kind: "refused", failure };
}

const NEVER_WORKS: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "EINVAL"]);

/** Errors without a code of the system are ours and are thrown on. */
function failureOf(error: unknown): TargetFailure {
  if (error instanceof Misplaced) return error.failure;
  if (error instanceof StateDamaged)
    return damaged(
      `\`${error.message}\` is not what was written there`,
      "compare the cell with the ledger, then remove that file",
    );
  if (error instanceof LockBusy)
    return away(
      error.message,
      "see who keeps it; where that process is gone, remove its lock file",
    );
  const code = codeOf(error);
  if (NEVER_WORKS.has(code))
    return refused(textOf(error), "let the server's account write to that folder");
  if (/^E[A-Z0-9]+$/.test(code)) return away(textOf(error), "see to the disk, then try again");
  throw error;
}
