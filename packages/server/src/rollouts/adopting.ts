// SPDX-License-Identifier: Apache-2.0
/** A version that was halted, or marked bad, is a state to go back to once two people adopt it. by (way-back) */
import { step } from "@interlock/core";
import { type Digest, sha256Hex, utf8 } from "@interlock/digest";
import {
  type Database,
  deliveriesOf,
  documentText,
  lockRollout,
  read,
  saveMark,
  saveProven,
  type Transaction,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { proposeText } from "../people/texts.ts";
import { find, NONE, readable } from "./asking.ts";
import { digestIn, type Loaded, loaded, savedIn } from "./stepping.ts";
import type { RolloutsTerms } from "./terms.ts";

/** Proposes it; two people endorse its text with their passkeys. */
export async function proposeAdoption(
  terms: RolloutsTerms,
  actor: Actor,
  { rollout, reason }: { readonly rollout: string; readonly reason: string },
): Promise<Answer<{ readonly proposal: string; readonly digest: string }>> {
  const found = await find(terms, rollout);
  if (!found.ok) return found;
  const made = await read(terms.store, (db) => textOf(db, found.value));
  if (!made.ok) return made;
  if (!made.value.ok) return made.value;
  const { digest, text } = made.value.value;
  const proposed = await proposeText(terms, actor, { kind: "baseline", digest, text, reason });
  return proposed.ok ? done({ proposal: proposed.value, digest }) : proposed;
}

/** What people sign: every value, and the code that reads it. The same again while nothing has changed. */
async function textOf(
  db: Database,
  { row, state }: Loaded,
): Promise<Answer<{ readonly digest: Digest; readonly text: string }>> {
  if (state.phase !== "completed")
    return refused(
      "ROLLOUT_NOT_NOW",
      `the rollout is \`${state.phase}\`: what no rollout brought to its end is no state to go back to`,
      "adopt it once it has passed every wave",
    );
  const { system, target, version } = state.plan;
  const values = (await deliveriesOf(db, row.id)).map(({ cell, key, next }) => ({
    ...{ cell, key, sha256: next },
  }));
  const cells = state.cells.map(({ id: cell, runs }) => ({ cell, runs }));
  const said = { adopts: row.id, change: row.change, system, target, version, cells, values };
  const text = `${JSON.stringify(said, null, 2)}\n`;
  return done({ digest: digestIn(sha256Hex(utf8(text))), text });
}

/** Of the text of an adoption that was proposed. */
export async function adoptionText(
  db: Database,
  digest: string,
): Promise<Answer<{ readonly rollout: string; readonly text: string }>> {
  const text = await documentText(db, digest);
  if (text === null || sha256Hex(utf8(text)) !== digest)
    return refused(
      "LEDGER_DAMAGED",
      "the text of this adoption is not here, or is another one",
      "propose it again: `interlock rollout adopt ROLLOUT`",
    );
  const { adopts } = JSON.parse(text) as { readonly adopts: string }; // its digest is that of a text made above
  return done({ rollout: adopts, text });
}

/** With the last signature: what its text says is proven, with the code that is named there. */
export async function adopt(
  tx: Transaction,
  agreed: {
    readonly described: string;
    readonly agreement: string;
    readonly by: readonly string[];
    readonly reason: string;
    readonly now: number;
  },
): Promise<Answer<readonly Prepared[]>> {
  const { described, agreement, by, now } = agreed;
  const kept = await adoptionText(tx, described);
  if (!kept.ok) return kept;
  const row = await lockRollout(tx, kept.value.rollout);
  if (row === null) return NONE;
  const one = readable(loaded(row));
  if (!one.ok) return one;
  const still = await textOf(tx, one.value);
  if (!still.ok) return still;
  if (still.value.digest !== described)
    return refused(
      "OUT_OF_ORDER",
      "the rollout is not what it was when that was proposed",
      "propose it again: `interlock rollout adopt ROLLOUT`",
    );
  const { state } = one.value;
  const { version } = state.plan;
  const body = {
    ...{ rollout: digestIn(row.id), change: row.change, version, by: [...by].sort() },
    ...{ text: digestIn(described), agreed: digestIn(agreement) },
  };
  const entry = prepare({ kind: "rollout-adopted", at: now, subject: body.rollout, body });
  const fits = [...new Set(state.cells.map(({ runs }) => runs))];
  const told = step(state, { kind: "adopted", version, fits, entry: entry.id }, now);
  if (!told.ok) throw new Error(`invariant broken: ${told.failure.message}`);
  await savedIn(tx, one.value, told.state);
  const runs = new Map(state.cells.map((cell) => [cell.id, cell.runs]));
  const values = (await deliveriesOf(tx, row.id)).map(({ cell, key, next }) => ({
    ...{ cell, key, sha256: next ?? "", runs: runs.get(cell) ?? "" },
  }));
  await saveProven(tx, { target: row.target, rollout: row.id, entry: entry.id }, values);
  await saveMark(tx, {
    ...{ rollout: row.id, mark: "adopted", entry: entry.id },
    ...{ by: body.by.join(", "), because: agreed.reason },
  });
  return done([entry]);
}
