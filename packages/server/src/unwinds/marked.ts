// SPDX-License-Identifier: Apache-2.0
import { type MarkedValue, marksOn, type RolloutDelivery } from "@interlock/store";
import { refused } from "../people/terms.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import type { Gathered } from "./gathering.ts";
import { placeOf } from "./history.ts";
import { planOfChange } from "./terms.ts";

/**
 * INVARIANT (way-back): an unwind brings no value again that somebody marked bad and nobody adopted
 * since, unless it stood there before what was marked brought it. `null`: it does not.
 */
export async function ontoBad(
  { store: { db } }: RolloutsTerms,
  { target, rows }: Gathered,
  deliveries: readonly RolloutDelivery[],
) {
  const keys = [...new Set(deliveries.map(({ key }) => key))];
  const marks = await marksOn(db, { target: target.name, keys });
  const newest = new Map<string, MarkedValue>();
  for (const one of marks) newest.set(valueAt(one, one.next), one);
  const marked = new Map(marks.map(({ rollout, mark }) => [rollout, mark]));
  for (const one of deliveries) {
    const found = newest.get(valueAt(one, one.next));
    if (found?.mark !== "bad") continue;
    const own = rows.filter((row) => placeOf(row) === placeOf(one));
    const brought = own.findIndex(({ rollout }) => rollout === found.rollout);
    const before = own
      .slice(0, Math.max(0, brought))
      .filter(({ rollout }) => marked.get(rollout) !== "bad");
    if (before.some((row) => row.before === one.next || row.after === one.next)) continue;
    const change = own[brought]?.change;
    const isChange = change !== undefined && planOfChange(change) === null;
    const first = isChange ? `unwind that first: \`interlock unwind ${change}\`; ` : "";
    return refused(
      "ROLLOUT_NO_WAY_BACK",
      `\`${one.key}\` in \`${one.cell}\` would hold again what rollout \`${found.rollout}\` brought, which \`${found.by}\` marked bad: ${found.because}`,
      `${first}where it is to come back, two people adopt it: \`interlock rollout adopt ${found.rollout}\``,
    );
  }
  return null;
}

const valueAt = (at: Pick<RolloutDelivery, "cell" | "key">, sha256: string | null): string =>
  `${placeOf(at)}\0${sha256 ?? ""}`;
