// SPDX-License-Identifier: Apache-2.0
/** Whether cells would hold what their config sets allow: the whole of each, not only what changes. */
import {
  type CellContents,
  type ConfigSet,
  checkSet,
  type Description,
  keysOfSet,
  type SetFinding,
  wholeIn,
} from "@interlock/controlplane";
import { type Json, sha256Hex } from "@interlock/digest";
import type { RolloutDelivery } from "@interlock/store";
import { BATCH_ITEMS_MAX, type Target } from "@interlock/targets";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";

export type ToCheck = {
  readonly target: Target;
  readonly plane: Description;
  readonly rows: readonly RolloutDelivery[];
  readonly values: readonly { readonly sha256: string; readonly bytes: Uint8Array }[];
};

/** More keys than this in a cell are not read to judge a change of some: beyond it nobody knows the whole. */
const KEYS_MAX = 20_000;
const LISTED = 1_000;

/**
 * INVARIANT (checked whole): a rollout begins only where every config set that it writes to fits its
 * schema, invariants, references and limits in every cell, with what stands there already. by (fail-closed)
 */
export async function checkCells(given: ToCheck): Promise<Answer<null>> {
  const bytes = new Map(given.values.map((one) => [one.sha256, one.bytes]));
  const cells = [...new Set(given.rows.map(({ cell }) => cell))].sort();
  const known = new Map<string, readonly SetFinding[]>();
  for (const cell of cells) {
    const read = await contentsOf(given, cell);
    if (!read.ok) return read;
    const before = read.value;
    const after = new Map(before);
    for (const { key, next } of given.rows.filter((row) => row.cell === cell)) {
      const value = next === null ? undefined : bytes.get(next);
      if (value === undefined) after.delete(key);
      else after.set(key, value);
    }
    const sets = setsIn(given, cell);
    const nameFor = ({ system }: ConfigSet) => wholeIn(given.plane, { system, cell });
    const others = new Map(
      sets.map((set) => [
        set.name,
        new Set(keysOfSet(set, nameFor(set), [...after.keys()]).keys()),
      ]),
    );
    for (const set of sets) {
      const old = contentsIn(set, nameFor(set), before);
      const now = contentsIn(set, nameFor(set), after);
      const same = keyOf(set, old, now, others);
      const findings = known.get(same) ?? checkSet(set, old, now, others).findings;
      known.set(same, findings);
      const [first] = findings;
      if (first !== undefined) return misfit(set, cell, findings.length, first);
    }
  }
  return done(null);
}

/** Sets that live in the cell: of the target, and of a system that has the cell. */
function setsIn({ plane, target }: ToCheck, cell: string): readonly ConfigSet[] {
  const systems = new Set(
    plane.systems.filter(({ cells }) => cells.some(({ id }) => id === cell)).map((one) => one.name),
  );
  return plane.configSets.filter((set) => set.target === target.name && systems.has(set.system));
}

function misfit(set: ConfigSet, cell: string, count: number, { code, message, help }: SetFinding) {
  const more = count > 1 ? ` (and ${count - 1} more)` : "";
  return refused(
    "ROLLOUT_PLAN",
    `\`${cell}\` would break the config set \`${set.name}\`: ${code}: ${message}${more}`,
    `${help}; \`interlock config check\` shows all of it`,
  );
}

/** What the cell holds, by key. */
async function contentsOf(
  { target, rows }: ToCheck,
  cell: string,
): Promise<Answer<ReadonlyMap<string, Uint8Array>>> {
  const keys = new Set(rows.filter((row) => row.cell === cell).map(({ key }) => key));
  let after: string | undefined;
  do {
    const page = await target.list(cell, {
      limit: LISTED,
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return away(target, page.failure);
    for (const key of page.value.keys) keys.add(key);
    after = page.value.next;
    if (keys.size > KEYS_MAX)
      return refused(
        "ROLLOUT_PLAN",
        `\`${cell}\` holds more than ${KEYS_MAX} keys, too many to check the whole of it`,
        "make it several cells",
      );
  } while (after !== undefined);
  const held = new Map<string, Uint8Array>();
  const all = [...keys];
  for (let at = 0; at < all.length; at += BATCH_ITEMS_MAX) {
    const read = await target.read(cell, all.slice(at, at + BATCH_ITEMS_MAX));
    if (!read.ok) return away(target, read.failure);
    for (const [key, one] of read.value.items) if (one !== null) held.set(key, one.value);
  }
  return done(held);
}

const away = ({ name }: Target, failure: { readonly message: string; readonly help: string }) =>
  refused("ROLLOUT_NOT_NOW", `\`${name}\` cannot be read: ${failure.message}`, failure.help);

function contentsIn(
  set: ConfigSet,
  cell: string,
  held: ReadonlyMap<string, Uint8Array>,
): CellContents {
  const paths = keysOfSet(set, cell, [...held.keys()]);
  return new Map([...paths].map(([key, path]) => [key, { path, text: textOf(held.get(key)) }]));
}

/** What no format reads stands for bytes that are no UTF-8. by (fail-closed) */
const NO_TEXT = "{[\0";

function textOf(bytes: Uint8Array | undefined): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return NO_TEXT;
    throw error;
  }
}

/** Most cells hold the same: what was judged once is not judged again. */
function keyOf(
  { name }: ConfigSet,
  before: CellContents,
  after: CellContents,
  others: ReadonlyMap<string, ReadonlySet<string>>,
): string {
  const sorted = (contents: CellContents): Json =>
    [...contents].map(([key, { path, text }]) => [key, path, text]).sort();
  const names = [...others].map(([set, keys]) => [set, [...keys].sort()]);
  return sha256Hex(
    new TextEncoder().encode(JSON.stringify([name, sorted(before), sorted(after), names])),
  );
}
