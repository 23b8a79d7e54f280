// SPDX-License-Identifier: Apache-2.0
/** All that a plan of an unwind is made from: rollouts, journal, ledger, description, target. */
import type { Description, SystemDescription } from "@interlock/controlplane";
import type { Values } from "@interlock/core";
import {
  type KeyWrite,
  rolloutsOfChange,
  type StoredRollout,
  writesOfKeys,
} from "@interlock/store";
import type { Target } from "@interlock/targets";
import type { Answer, Refusal } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { heldBy } from "../rollouts/begin.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { placeOf } from "./history.ts";
import { type Taken, takenFrom } from "./taken.ts";

export type UnwindAsked = {
  readonly change: string;
  readonly system?: string | undefined;
  readonly way: "undo" | "redo";
};

export type Gathered = {
  readonly plane: Description;
  readonly system: SystemDescription;
  readonly target: Target;
  /** Of the change, in the system; none is under way. */
  readonly rollouts: readonly StoredRollout[];
  /** Every write of every key that they wrote, in order. */
  readonly rows: readonly KeyWrite[];
  readonly taken: Taken;
  /** What the keys hold now, by their SHA-256. */
  readonly current: Values;
};

/** More writes are not gone through for one answer. */
const WRITES_MAX = 200_000;
const OPEN: ReadonlySet<string> = new Set(["proposed", "running", "halted", "going-back"]);

export async function gather(terms: RolloutsTerms, asked: UnwindAsked): Promise<Answer<Gathered>> {
  const { db } = terms.store;
  const chosen = chosenOf(await rolloutsOfChange(db, asked.change), asked);
  if (!chosen.ok) return chosen;
  const [first] = chosen.value;
  const plane = await terms.plane();
  const system = plane?.systems.find(({ name }) => name === first.system);
  const target = terms.target(first.target);
  if (plane === null || system === undefined || target === null)
    return refused(
      "ROLLOUT_PLAN",
      `this server does not drive \`${first.system}\` in \`${first.target}\` any more`,
      "see the description of the control plane, which two people sign",
    );
  const of = { change: asked.change, system: system.name, target: target.name };
  const rows = await writesOfKeys(db, { ...of, limit: WRITES_MAX + 1 });
  const wrong = whyNotYet(rows);
  if (wrong !== null) return { ok: false, failure: wrong };
  const taken = await takenFrom(db, target.name);
  if (!taken.ok) return taken;
  const keys = new Map(rows.map((row) => [placeOf(row), { cell: row.cell, key: row.key }]));
  const held = await heldBy(target, [...keys.values()]);
  if (!held.ok) return held;
  const current = new Map([...held.value].map(([place, one]) => [place, one?.sha256 ?? null]));
  const value = { plane, system, target, rollouts: chosen.value, rows, current };
  return done({ ...value, taken: taken.value });
}

type Some = readonly [StoredRollout, ...StoredRollout[]];

/** The rollouts that are meant, unless one of them is still under way. */
function chosenOf(all: readonly StoredRollout[], { change, system }: UnwindAsked): Answer<Some> {
  const systems = [...new Set(all.map((one) => one.system))].sort();
  if (system === undefined && systems.length > 1)
    return refused(
      "INPUT_INVALID",
      `\`${change}\` went to several systems: ${systems.join(", ")}`,
      "name one with `--system`; each is an unwind of its own",
    );
  const [first, ...more] = all.filter((one) => system === undefined || one.system === system);
  if (first === undefined)
    return refused(
      "NOT_FOUND",
      "no rollout of this change is known here",
      "see `interlock rollout list`; rows of a database are unwound with `interlock data unwind`, what a guard carried out at that guard",
    );
  const open = [first, ...more].find(({ phase }) => OPEN.has(phase));
  if (open !== undefined)
    return refused(
      "ROLLOUT_NOT_NOW",
      `rollout \`${open.id}\` of this change is still under way (${open.phase})`,
      `one person on call brings it back: \`interlock rollout back ${open.id}\``,
    );
  return more.every(({ target }) => target === first.target)
    ? done([first, ...more])
    : refused(
        "ROLLOUT_PLAN",
        `\`${first.system}\` was in several targets when the change went out`,
        "bring the contents from before as a change of their own",
      );
}

function whyNotYet(rows: readonly KeyWrite[]): Refusal | null {
  if (rows.length > WRITES_MAX)
    return {
      code: "ROLLOUT_PLAN",
      message: `more than ${WRITES_MAX} writes to these keys are in the journal`,
      help: "bring the contents from before as a change of their own",
    };
  const open = rows.find(({ phase }) => OPEN.has(phase));
  return open === undefined
    ? null
    : {
        code: "ROLLOUT_NOT_NOW",
        message: `rollout \`${open.rollout}\` is under way and writes \`${open.key}\` in \`${open.cell}\` too`,
        help: `wait until it is over, or bring it back: \`interlock rollout back ${open.rollout}\``,
      };
}
