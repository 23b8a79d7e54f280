// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type {
  Answered,
  Batch,
  Held,
  Seen,
  Target,
  TargetFailure,
  WriteOutcome,
} from "@interlock/targets";
import { overLimit, overPageLimit, overReadLimit } from "../src/limits.ts";
import type { Place } from "./place.ts";

/** What a stand-in can do; the contract has to hold for each mixture. */
export type MemoryAbilities = Target["abilities"];

type Cell = { readonly held: Map<string, Held>; readonly keys: Set<string>; fence: number };
type Memory = {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly log: { readonly cell: string; readonly key: string }[];
  writes: number;
};

const refused = (cell: string): TargetFailure => ({
  code: "TARGET_REFUSED",
  message: `there is no cell \`${cell}\``,
  help: "name a cell of the description",
});

/** A place in memory: the contract in its shortest form, for holding the contract's own test to account. */
export async function memoryPlace(abilities: MemoryAbilities): Promise<Place> {
  const cells = ["one", "two"] as const;
  const empty = (): Cell => ({ held: new Map(), keys: new Set(), fence: 0 });
  const memory: Memory = {
    cells: new Map(cells.map((name) => [name, empty()])),
    log: [],
    writes: 0,
  };
  return {
    target: memoryTarget(memory, abilities),
    cells,
    again: async () => memoryTarget(memory, abilities),
    around: async (name, key, value) => {
      const cell = memory.cells.get(name);
      if (cell !== undefined) put(memory, { name, cell, key, value });
    },
    remove: async () => undefined,
  };
}

function memoryTarget(memory: Memory, abilities: MemoryAbilities): Target {
  return {
    name: "memory",
    kind: "files",
    abilities,
    read: async (name, keys) => {
      const over = overReadLimit(keys);
      const cell = memory.cells.get(name);
      if (over !== null) return { ok: false, failure: over };
      if (cell === undefined) return { ok: false, failure: refused(name) };
      const items = new Map(keys.map((key) => [key, cell.held.get(key) ?? null]));
      return { ok: true, value: { items, fence: abilities.fences ? cell.fence : null } };
    },
    list: async (name, page) => {
      const over = overPageLimit(page);
      const cell = memory.cells.get(name);
      if (over !== null) return { ok: false, failure: over };
      if (cell === undefined) return { ok: false, failure: refused(name) };
      return pageOf([...cell.held.keys()].sort(), page.after ?? "", page.limit);
    },
    write: async (batch) => write(memory, abilities, batch),
    watch: (since, signal) => watch(memory, since, signal),
    health: async () => ({ answers: true, says: "memory" }),
    close: async () => undefined,
  };
}

function pageOf(
  keys: readonly string[],
  after: string,
  limit: number,
): Answered<{ readonly keys: readonly string[]; readonly next?: string }> {
  const rest = keys.filter((key) => key > after);
  const page = rest.slice(0, limit);
  const next = rest.length > limit ? page.at(-1) : undefined;
  return { ok: true, value: { keys: page, ...(next === undefined ? {} : { next }) } };
}

function write(memory: Memory, abilities: MemoryAbilities, batch: Batch): WriteOutcome {
  const over = overLimit(batch);
  const cell = memory.cells.get(batch.cell);
  if (over !== null) return { kind: "refused", failure: over };
  if (cell === undefined) return { kind: "refused", failure: refused(batch.cell) };
  if (cell.keys.has(batch.idempotencyKey)) return { kind: "already" };
  if (abilities.fences && batch.fence < cell.fence) return { kind: "fenced", fence: cell.fence };
  const isLost = ({ key, over }: Batch["items"][number]): boolean =>
    (cell.held.get(key)?.version ?? null) !== over;
  if (abilities.atomic) {
    const keys = batch.items.filter(isLost).map(({ key }) => key);
    if (keys.length > 0) return { kind: "conflict", keys, done: [] };
  }
  const done: string[] = [];
  for (const item of batch.items) {
    if (isLost(item)) return { kind: "conflict", keys: [item.key], done };
    put(memory, { name: batch.cell, cell, key: item.key, value: item.value });
    done.push(item.key);
  }
  cell.fence = Math.max(cell.fence, batch.fence);
  if (abilities.remembers) cell.keys.add(batch.idempotencyKey);
  return { kind: "written" };
}

type Put = {
  readonly name: string;
  readonly cell: Cell;
  readonly key: string;
  readonly value: Uint8Array | null;
};

function put(memory: Memory, { name, cell, key, value }: Put): void {
  memory.writes += 1;
  memory.log.push({ cell: name, key });
  const hash = createHash("sha256")
    .update(value ?? "")
    .digest("hex");
  if (value === null) cell.held.delete(key);
  else cell.held.set(key, { value, version: `${memory.writes}-${hash}` });
}

async function* watch(
  memory: Memory,
  since: string | null,
  signal: AbortSignal,
): AsyncGenerator<Seen> {
  let at = since !== null && /^[0-9]{1,9}$/.test(since) ? Number(since) : -1;
  if (at < 0 || at > memory.log.length) {
    at = memory.log.length;
    yield { kind: "gap", at: String(at) };
  }
  while (!signal.aborted) {
    const next = memory.log[at];
    if (next === undefined) await new Promise((later) => setTimeout(later, 1));
    else {
      at += 1;
      yield { kind: "changed", ...next, at: String(at) };
    }
  }
}
