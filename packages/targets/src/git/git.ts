// SPDX-License-Identifier: Apache-2.0
/** Files in a folder of a branch, one file a key, as GitOps tools read them; one commit a batch. */
import { answered, damaged, failed, noCell, shown } from "../failure.ts";
import { othersAt } from "../files/others.ts";
import { batchPathFault, pathFault } from "../key-path.ts";
import { overLimit, overPageLimit, overReadLimit } from "../limits.ts";
import { type OtherWriters, shellWord } from "../others.ts";
import { pageOf } from "../page.ts";
import type { Resolved } from "../secrets.ts";
import type {
  Answered,
  CellRead,
  Health,
  Held,
  Listed,
  Page,
  Target,
  WriteOutcome,
} from "../target.ts";
import { VALUE_BYTES_MAX } from "../target.ts";
import { cellState, commitBatch, versionOf } from "./commit.ts";
import { openRepository, type Repository } from "./repository.ts";
import { type GitSettings, gitSettings, type Place } from "./settings.ts";
import { STATE_KEY } from "./tree.ts";
import { watchGit } from "./watch.ts";
import { commitWriter } from "./writer.ts";

export async function openGit(name: string, resolved: Resolved): Promise<Answered<Target>> {
  const settings = gitSettings(resolved);
  return settings.ok ? answered(gitTarget(name, settings.value)) : settings;
}

function gitTarget(name: string, settings: GitSettings): Target {
  let opened: Repository | null = null;
  const ready = (): Answered<Repository> => {
    if (opened !== null) return answered(opened);
    const found = openRepository(settings);
    if (found.ok) opened = found.value;
    return found;
  };
  /** Our own writes come one after the other; those of others are met as a branch that moved. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const ours = turn.then(run);
    turn = ours.catch(() => undefined);
    return ours;
  };
  return {
    name,
    kind: "git",
    abilities: { atomic: true, fences: true, remembers: true },
    read: async (id, keys) => {
      const fault = overReadLimit(keys) ?? keys.map(pathFault).find((one) => one !== null);
      const place = settings.cells.get(id);
      if (fault !== null && fault !== undefined) return failed(fault);
      if (place === undefined) return failed(noCell(name, id));
      const repository = ready();
      return repository.ok ? readCell(repository.value, place, keys) : repository;
    },
    list: async (id, page) => {
      const fault = overPageLimit(page);
      const place = settings.cells.get(id);
      if (fault !== null) return failed(fault);
      if (place === undefined) return failed(noCell(name, id));
      const repository = ready();
      return repository.ok ? listCell(repository.value, place, page) : repository;
    },
    write: async (batch): Promise<WriteOutcome> => {
      const fault = overLimit(batch) ?? batchPathFault(batch);
      const place = settings.cells.get(batch.cell);
      if (fault !== null) return { kind: "refused", failure: fault };
      if (place === undefined) return { kind: "refused", failure: noCell(name, batch.cell) };
      const repository = ready();
      if (!repository.ok) return { kind: "away", failure: repository.failure };
      return inTurn(() => commitBatch(repository.value, place, batch));
    },
    watch: (since, signal) => watchGit(ready, since, signal),
    lastWriter: async ({ cell: id, key, version }) => {
      const fault = overReadLimit([key]) ?? pathFault(key);
      const place = settings.cells.get(id);
      if (fault !== null) return failed(fault);
      if (place === undefined) return failed(noCell(name, id));
      const repository = ready();
      return repository.ok
        ? await commitWriter(repository.value, place, { key, version })
        : repository;
    },
    otherWriters: async () => answered(await pushers(settings)),
    health: () => healthOf(ready()),
    close: async () => {
      await turn;
      opened?.sandbox.close();
      opened = null;
    },
  };
}

/** Who pushes is known where the repository is: to the files of this machine, or to a forge. */
async function pushers({ repository, isRemote, user, cells }: GitSettings): Promise<OtherWriters> {
  const branches = [...new Set([...cells.values()].map(({ branch }) => `\`${branch}\``))].join(
    ", ",
  );
  return isRemote
    ? {
        others: [],
        unseen: [
          `who else can push to ${branches} of \`${repository}\`: only where it is kept that is known; let nobody but \`${user}\` push there`,
        ],
      }
    : {
        others: await othersAt(repository, [repository]),
        unseen: [
          `who else can push to \`${repository}\`: \`interlock doctor --repo ${shellWord(repository)}\` looks at its hook`,
        ],
      };
}

async function healthOf(repository: Answered<Repository>): Promise<Health> {
  if (!repository.ok) return { answers: false, says: repository.failure.message };
  const [place] = repository.value.settings.cells.values();
  const tip = await repository.value.tip(place?.branch ?? "");
  const version = await repository.value.run(["--version"]);
  return { answers: tip.ok, says: tip.ok ? version.out.toString().trim() : tip.failure.message };
}

async function listCell(
  repository: Repository,
  { branch, folder }: Place,
  page: Page,
): Promise<Answered<Listed>> {
  const tip = await repository.tip(branch);
  const files = tip.ok ? await repository.files(tip.value, folder) : tip;
  if (!files.ok) return files;
  return answered(
    pageOf(
      [...files.value.keys()].filter((key) => key !== STATE_KEY),
      page,
    ),
  );
}

async function readCell(
  repository: Repository,
  { branch, folder }: Place,
  keys: readonly string[],
): Promise<Answered<CellRead>> {
  const tip = await repository.tip(branch);
  const files = tip.ok ? await repository.files(tip.value, folder) : tip;
  if (!files.ok) return files;
  const state = await cellState(repository, files.value);
  if (!state.ok) return state;
  const there = keys.flatMap((key) => {
    const entry = files.value.get(key);
    return entry === undefined ? [] : [{ key, entry }];
  });
  const contents = await repository.contents(there.map(({ entry }) => entry.id));
  if (!contents.ok) return contents;
  const items = new Map<string, Held | null>(keys.map((key) => [key, null]));
  for (const [at, { key, entry }] of there.entries()) {
    const value = contents.value[at] ?? Buffer.alloc(0);
    if (value.length > VALUE_BYTES_MAX)
      return failed(
        damaged(`\`${shown(key)}\` has more than ${VALUE_BYTES_MAX} bytes`, "make it smaller"),
      );
    items.set(key, { value, version: versionOf(entry) ?? "" });
  }
  return answered({ items, fence: state.value.fence });
}
