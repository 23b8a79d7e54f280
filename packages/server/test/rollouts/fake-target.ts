// SPDX-License-Identifier: Apache-2.0
/** A target in memory that fails as real ones do, and remembers what it was sent. */
import type { Batch, CellRead, Target, Unsettled, WriteOutcome } from "@interlock/targets";

type Cell = {
  readonly keys: Map<string, { readonly value: Uint8Array; readonly version: string }>;
  fence: number;
  readonly done: Set<string>;
};

/** What becomes of one request. */
export type Fault =
  | "none"
  /** It does not take effect. */
  | "away"
  /** It takes effect, and the answer is lost. */
  | "lost"
  /** It says yes and does nothing. */
  | "liar"
  /** It is carried out after the next write, if it still may be. */
  | "late"
  /** The half of it, and the answer is lost. */
  | "half";

export type FakeTarget = Target & {
  /** What was carried out, in order. */
  readonly landed: readonly { readonly batch: Batch; readonly owner: string }[];
  /** Writes that took effect under a fence smaller than one that took effect before: must stay empty. */
  readonly outOfOrder: readonly Batch[];
  readonly sent: () => number;
  readonly set: (cell: string, key: string, text: string) => void;
  readonly text: (cell: string, key: string) => string | null;
  fault: (request: "read" | "write", cell: string) => Fault;
  /** What a cell has not brought to those who run with it. */
  unsettled: (cell: string) => Unsettled | undefined;
};

const away = {
  code: "TARGET_AWAY",
  message: "it does not answer",
  help: "try again",
} as const;

export function fakeTarget(name = "fake", owner: () => string = () => ""): FakeTarget {
  const cells = new Map<string, Cell>();
  const landed: { readonly batch: Batch; readonly owner: string }[] = [];
  const outOfOrder: Batch[] = [];
  const late: Batch[] = [];
  let versions = 0;
  let sent = 0;
  const cellOf = (id: string): Cell => {
    const cell = cells.get(id) ?? { keys: new Map(), fence: 0, done: new Set<string>() };
    cells.set(id, cell);
    return cell;
  };
  const land = (batch: Batch): WriteOutcome => {
    const cell = cellOf(batch.cell);
    if (cell.done.has(batch.idempotencyKey)) return { kind: "already" };
    if (batch.fence < cell.fence) return { kind: "fenced", fence: cell.fence };
    const keys = batch.items
      .filter(({ key, over }) => (cell.keys.get(key)?.version ?? null) !== over)
      .map(({ key }) => key);
    if (keys.length > 0) return { kind: "conflict", keys, done: [] };
    for (const { key, value } of batch.items)
      if (value === null) cell.keys.delete(key);
      else cell.keys.set(key, { value, version: `v${++versions}` });
    cell.fence = batch.fence;
    cell.done.add(batch.idempotencyKey);
    if (landed.some((one) => one.batch.cell === batch.cell && one.batch.fence > batch.fence))
      outOfOrder.push(batch);
    landed.push({ batch, owner: owner() });
    return { kind: "written" };
  };
  const fake: FakeTarget = {
    ...{ name, kind: "files", landed, outOfOrder, sent: () => sent, fault: () => "none" },
    unsettled: () => undefined,
    abilities: { atomic: true, fences: true, remembers: true },
    set: (cell, key, text) =>
      void cellOf(cell).keys.set(key, { value: Buffer.from(text), version: `v${++versions}` }),
    text: (cell, key) => {
      const held = cellOf(cell).keys.get(key);
      return held === undefined ? null : Buffer.from(held.value).toString("utf8");
    },
    read: async (id, keys) => {
      if (fake.fault("read", id) !== "none") return { ok: false, failure: away };
      const cell = cellOf(id);
      const unsettled = fake.unsettled(id);
      const value: CellRead = {
        ...(unsettled === undefined ? {} : { unsettled }),
        items: new Map(keys.map((key) => [key, cell.keys.get(key) ?? null])),
        fence: cell.fence,
      };
      return { ok: true, value };
    },
    write: async (batch) => {
      sent++;
      const before = late.splice(0);
      try {
        return faulty(batch);
      } finally {
        for (const one of before) land(one);
      }
    },
    list: async (cell) => ({ ok: true, value: { keys: [...cellOf(cell).keys.keys()].sort() } }),
    watch: async function* () {},
    health: async () => ({ answers: true, says: "fake" }),
    close: async () => undefined,
  };
  const faulty = (batch: Batch): WriteOutcome => {
    switch (fake.fault("write", batch.cell)) {
      case "away":
        return { kind: "away", failure: away };
      case "lost":
        land(batch);
        return { kind: "unknown", failure: away };
      case "liar":
        cellOf(batch.cell).done.add(batch.idempotencyKey);
        return { kind: "written" };
      case "late":
        late.push(batch);
        return { kind: "unknown", failure: away };
      case "half":
        land({
          ...batch,
          items: batch.items.slice(0, Math.ceil(batch.items.length / 2)),
          idempotencyKey: `half ${batch.idempotencyKey}`,
        });
        return { kind: "unknown", failure: away };
      case "none":
        return land(batch);
    }
  };
  return fake;
}
