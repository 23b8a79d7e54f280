// SPDX-License-Identifier: Apache-2.0
/** What a rollout stands upon: an allowed change, its values, what the cells hold, and a plan. */
import { randomBytes } from "node:crypto";
import { type Description, deliveriesOf, type SystemDescription } from "@interlock/controlplane";
import {
  beginRollout,
  type DecisionRecord,
  type Loss,
  type Plan,
  type Proven,
  type RolloutState,
} from "@interlock/core";
import { type ChangeEntry, type Digest, digestOf, isDigest } from "@interlock/digest";
import type { RolloutAsked } from "@interlock/protocol";
import {
  provenOf,
  type RolloutDelivery,
  read,
  rolloutById,
  type StoredChange,
  saveValues,
} from "@interlock/store";
import { BATCH_ITEMS_MAX, type Target } from "@interlock/targets";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { type Allowed, allowedChange, approvalsAfter } from "./allowed.ts";
import { checkCells } from "./checking.ts";
import { heldIn } from "./contents.ts";
import { missingParts } from "./divided.ts";
import { type OpenLane, openLane } from "./lane.ts";
import { uponBad } from "./marking.ts";
import { planned } from "./planning.ts";
import { saveBegun, usedBefore } from "./saving.ts";
import { type Stopped, stoppedAt } from "./stopped.ts";
import type { RolloutsTerms } from "./terms.ts";

/** All that is known before anything is stored. */
export type Proposal = {
  readonly plan: Plan;
  readonly loss: Loss;
  readonly budgetOrders: number;
  readonly change: StoredChange;
  readonly allowed: Allowed;
  readonly deliveries: readonly RolloutDelivery[];
  readonly proven: readonly Proven[];
  readonly values: readonly { readonly sha256: string; readonly bytes: Uint8Array }[];
  readonly stopped: Stopped;
  /** What the description calls the cells of the system. */
  readonly names: readonly string[];
};

/** One value on its way: a file of the change to a key of a cell. */
type Delivery = { readonly cell: string; readonly key: string; readonly path: string };

/** Begins a rollout; asked again with the same `once` by the same person, it gives the one that began. */
export async function begin(
  terms: RolloutsTerms,
  person: string,
  asked: RolloutAsked,
): Promise<Answer<Digest>> {
  const once = asked.once ?? randomBytes(16).toString("hex");
  const id = digestOf("interlock/rollout/v1", { person, once });
  const known = await read(terms.store, (db) => rolloutById(db, id));
  if (!known.ok) return known;
  if (known.value !== null) return done(id);
  const made = await propose(terms, person, asked);
  if (!made.ok) return made;
  const { plan, loss, change, allowed, deliveries, proven, values, stopped, names } = made.value;
  const begun = beginRollout(id, plan, { proven, now: terms.now() });
  if (!begun.ok) return begun;
  const kept = await read(terms.store, (db) => saveValues(db, values));
  if (!kept.ok) return kept;
  const { decision, persons } = allowed;
  const saved: Answer<RolloutState> = await saveBegun(terms, {
    ...{ state: begun.state, change: change.id, lossMicroOrders: loss.microOrders, by: person },
    ...{ deliveries, decision, persons, stopped, names },
  });
  return saved.ok ? done(id) : saved;
}

/** What would begin, or why it may not. Nothing is stored. */
export async function propose(
  terms: RolloutsTerms,
  person: string,
  asked: RolloutAsked,
): Promise<Answer<Proposal>> {
  const found = await allowedChange(terms, person, asked.change);
  if (!found.ok) return found;
  const { change, entries } = found.value;
  const placed = await placeOf(terms, asked, { change, entries: [...entries.values()] });
  if (!placed.ok) return placed;
  const { plane, system, target, wanted, all } = placed.value;
  const opened = asked.emergency
    ? await openLane(terms, { change: change.id, system, wanted })
    : done(null);
  if (!opened.ok) return opened;
  const lane = opened.value;
  const allowed = standingBehind(found.value.allowed, lane);
  const stopped = await stoppedAt(terms.store.db, { change: change.id, target: target.name });
  const again = stopped === null ? null : await approvalsAfter(terms, change.id, stopped);
  if (stopped !== null && again === null) return STOPPED;
  const held = await heldBy(target, wanted);
  if (!held.ok) return held;
  const apart = await whyApart(target, missingParts(system.cells, { all, wanted }), entries);
  if (apart !== null) return apart;
  const rows: RolloutDelivery[] = [];
  for (const { cell, key, path } of wanted) {
    const next = entries.get(path)?.newContent ?? null;
    rows.push({ cell, key, base: held.value.get(`${cell}\0${key}`)?.sha256 ?? null, next });
  }
  const bad = await uponBad(terms.store.db, { target: target.name, rows });
  if (bad !== null) return bad;
  const same = unchangedCell(rows);
  if (same !== null)
    return refused(
      "ROLLOUT_PLAN",
      `\`${same}\` holds all of it already`,
      "leave out the cells that hold it",
    );
  const values = await valuesFor(terms, { change, rows, held: held.value });
  if (!values.ok) return values;
  const checked = await checkCells({ target, plane, rows, values: values.value });
  if (!checked.ok) return checked;
  const bases = basesOf(rows);
  const plan = planned({
    ...{ plane, system, target: target.name, bases, keys: rows.map(({ key }) => key) },
    ...{ change: change.digest ?? "", requires: requiresOf(allowed.record), waves: asked.waves },
    ...{ lane, now: terms.now() },
  });
  if (!plan.ok) return plan;
  const used = await usedBefore(terms.store.db, change.id, plan.value.plan);
  if (used !== null) return used;
  const proven = await provenBases(terms, {
    allowed,
    wanted,
    entries,
    rows,
    plan: plan.value.plan,
  });
  return done({
    ...{ plan: plan.value.plan, loss: plan.value.loss, change, allowed, deliveries: rows, proven },
    ...{ values: values.value, budgetOrders: system.lossBudgetOrders, stopped },
    names: system.cells.map(({ id: cell }) => cell),
  });
}

const STOPPED = refused(
  "ROLLOUT_APPROVAL_OLD",
  "a rollout of this change was halted, taken back or unwound, and no approval has been given since",
  "ask somebody who had no part in the change to approve it again with a passkey",
);

/** Who broke the glass stands behind it as whoever approves does: both signed for this very content. */
function standingBehind(allowed: Allowed, lane: OpenLane | null): Allowed {
  if (lane === null) return allowed;
  return {
    ...allowed,
    persons: [...new Set([...allowed.persons, ...lane.glass.persons])].sort(),
  };
}

const requiresOf = ({ decision }: DecisionRecord) => decision.requires;

type Placed = {
  readonly plane: Description;
  readonly system: SystemDescription;
  readonly target: Target;
  readonly wanted: readonly Delivery[];
  /** What the change brings to cells of the system, wanted or not. */
  readonly all: readonly Delivery[];
};

async function placeOf(
  terms: RolloutsTerms,
  asked: RolloutAsked,
  { change, entries }: { readonly change: StoredChange; readonly entries: readonly ChangeEntry[] },
): Promise<Answer<Placed>> {
  const plane = await terms.plane();
  const system = plane?.systems.find(({ name }) => name === asked.system);
  if (plane === null || system === undefined)
    return refused(
      "NOT_FOUND",
      `the control plane has no system \`${asked.system}\``,
      "see its description, which two people sign",
    );
  const said = deliveriesOf(plane, { repository: change.repository, ref: change.target, entries });
  const [problem] = said.problems;
  if (problem !== undefined)
    return refused("ROLLOUT_PLAN", `\`${problem.path}\`: ${problem.message}`, problem.help);
  const sets = plane.configSets.filter((one) => one.system === system.name);
  const all = said.deliveries.filter(({ set }) => sets.some(({ name }) => name === set));
  const wanted = asked.deliveries ?? all;
  const foreign = wanted.find(
    ({ cell, key, path }) =>
      !all.some((one) => one.cell === cell && one.key === key && one.path === path),
  );
  if (foreign !== undefined || wanted.length === 0)
    return refused(
      "ROLLOUT_PLAN",
      foreign === undefined
        ? `no config set of \`${system.name}\` takes a file of this change`
        : `no config set brings \`${foreign.path}\` of this change to \`${foreign.key}\` in \`${foreign.cell}\``,
      "see the config sets in the description of the control plane",
    );
  const used = new Set(all.map(({ set }) => set));
  const names = [...new Set(sets.filter(({ name }) => used.has(name)).map((one) => one.target))];
  const [name = ""] = names;
  const target = terms.target(name);
  if (names.length !== 1 || target === null)
    return refused(
      "ROLLOUT_PLAN",
      names.length > 1
        ? `the config sets of \`${system.name}\` are in ${names.length} targets`
        : `this server does not drive the target \`${name}\``,
      "one rollout writes to one target",
    );
  return whyTooMany(wanted) ?? done({ plane, system, target, wanted, all });
}

/** by (parts-alike): parts that a rollout leaves out hold what it brings to the others. */
async function whyApart(
  target: Target,
  missing: readonly Delivery[],
  entries: ReadonlyMap<string, ChangeEntry>,
) {
  const held = await heldBy(target, missing);
  if (!held.ok) return held;
  const other = missing.find(
    ({ cell, key, path }) =>
      (held.value.get(`${cell}\0${key}`)?.sha256 ?? null) !==
      (entries.get(path)?.newContent ?? null),
  );
  return other === undefined
    ? null
    : refused(
        "ROLLOUT_PLAN",
        `\`${other.cell}\` would not get what other parts of its cell get`,
        "deliver to all parts of a divided cell; waves say when each gets it",
      );
}

function whyTooMany(wanted: readonly Delivery[]) {
  const counts = new Map<string, number>();
  for (const { cell } of wanted) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  const full = [...counts].find(([, count]) => count > BATCH_ITEMS_MAX);
  const places = new Set(wanted.map(({ cell, key }) => `${cell}\0${key}`));
  if (full === undefined && places.size === wanted.length) return null;
  return refused(
    "ROLLOUT_PLAN",
    full === undefined
      ? "two files of the change go to one key of a cell"
      : `${full[1]} keys of \`${full[0]}\` are to be written at once, ${BATCH_ITEMS_MAX} may be`,
    "make it several changes",
  );
}

type HeldNow = ReadonlyMap<string, { readonly sha256: string; readonly bytes: Uint8Array } | null>;

/** What the keys hold now, by cell and key. */
export async function heldBy(
  target: Target,
  wanted: readonly Pick<Delivery, "cell" | "key">[],
): Promise<Answer<HeldNow>> {
  const cells = new Map<string, string[]>();
  for (const { cell, key } of wanted) cells.set(cell, [...(cells.get(cell) ?? []), key]);
  const all = new Map<string, { readonly sha256: string; readonly bytes: Uint8Array } | null>();
  for (const [cell, keys] of cells) {
    const answer = await target.read(cell, keys);
    if (!answer.ok)
      return refused(
        "ROLLOUT_NOT_NOW",
        `\`${target.name}\` cannot be read: ${answer.failure.message}`,
        answer.failure.help,
      );
    const sums = heldIn(answer.value);
    for (const [key, held] of answer.value.items) {
      const sha256 = sums.get(key);
      all.set(
        `${cell}\0${key}`,
        held === null || sha256 == null ? null : { sha256, bytes: held.value },
      );
    }
  }
  return done(all);
}

function unchangedCell(rows: readonly RolloutDelivery[]): string | null {
  const changed = new Set(rows.filter(({ base, next }) => base !== next).map(({ cell }) => cell));
  return rows.find(({ cell }) => !changed.has(cell))?.cell ?? null;
}

/** Contents of the change, which were checked against its digest, and what the cells hold. */
async function valuesFor(
  terms: RolloutsTerms,
  given: {
    readonly change: StoredChange;
    readonly rows: readonly RolloutDelivery[];
    readonly held: HeldNow;
  },
): Promise<Answer<Proposal["values"]>> {
  const values = new Map(
    [...given.held.values()].flatMap((one) => (one === null ? [] : [[one.sha256, one.bytes]])),
  );
  const wanted = new Set(given.rows.flatMap(({ next }) => next ?? []));
  for (const sha256 of wanted) {
    if (values.has(sha256)) continue;
    const bytes = await terms.blob(given.change.repository, sha256);
    if (bytes === null)
      return refused(
        "NOT_FOUND",
        `the content \`${sha256.slice(0, 12)}…\` of the change is not kept here`,
        "push the change again: its contents are sent then",
      );
    values.set(sha256, bytes);
  }
  return done([...values].map(([sha256, bytes]) => ({ sha256, bytes })));
}

/** What a cell holds is a version by its content: the same in two cells is the same version. */
export function basesOf(rows: readonly RolloutDelivery[]): ReadonlyMap<string, string> {
  const cells = new Map<string, Record<string, string>>();
  for (const { cell, key, base } of rows)
    cells.set(cell, { ...cells.get(cell), [key]: base ?? "" });
  return new Map(
    [...cells].map(([cell, held]) => [cell, digestOf("interlock/cell-version/v1", held)]),
  );
}

/**
 * INVARIANT (way-back): what a cell holds is a state to go back to where every value of it passed a
 * bake there with the code that runs now, or where two people allowed this change with exactly these
 * values as its old content: they have seen what it replaces, and that entry is its baseline.
 */
async function provenBases(
  { store }: RolloutsTerms,
  given: {
    readonly allowed: Allowed;
    readonly wanted: readonly Delivery[];
    readonly entries: ReadonlyMap<string, ChangeEntry>;
    readonly rows: readonly RolloutDelivery[];
    readonly plan: Plan;
  },
): Promise<readonly Proven[]> {
  const { allowed, wanted, entries, rows, plan } = given;
  const known = await provenOf(store.db, { target: plan.target, keys: plan.keys });
  const two = allowed.persons.length > 1;
  return plan.cells.flatMap(({ id, base, runs }): readonly Proven[] => {
    const own = rows.flatMap((row, at) =>
      row.cell === id ? [{ row, path: wanted[at]?.path }] : [],
    );
    const seen = own.every(({ row, path }) => entries.get(path ?? "")?.oldContent === row.base);
    const baked = own.map(({ row }) =>
      known.find(
        (one) =>
          one.cell === id &&
          one.key === row.key &&
          one.runs === runs &&
          one.sha256 === (row.base ?? ""),
      ),
    );
    const kept = { version: base, fits: [runs], halted: false, bad: false };
    const [first] = baked;
    if (first !== undefined && baked.every((one) => one !== undefined))
      return isDigest(first.entry) ? [{ ...kept, kind: "baked", entry: first.entry }] : [];
    return two && seen ? [{ ...kept, kind: "baseline", entry: allowed.decision.entry }] : [];
  });
}
