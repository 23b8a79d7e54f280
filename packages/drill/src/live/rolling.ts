// SPDX-License-Identifier: Apache-2.0
/** The rollout of the bad change, begun by its author and watched until it is over. */

import { randomBytes } from "node:crypto";
import { countText } from "@interlock/core";
import { WAVES } from "./described.ts";
import type { Body, Person } from "./people.ts";
import type { Scenario } from "./scenario.ts";
import { type Shop, waited } from "./shop.ts";

export type Carried = {
  readonly phase: string;
  /** The signal that halted it; `null`: none did. */
  readonly haltedBy: string | null;
  readonly haltedBecause: string | null;
  /** Milliseconds since 1970 UTC at which it was seen to be halted; `null`: it was not. */
  readonly haltedAt: number | null;
  readonly ordersLostIfBad: number;
  /** Errors of each cell until then, of which the change is no cause. */
  readonly errorsBefore: ReadonlyMap<string, number>;
};

/** Of the answer, what is looked at: as `showRollout` describes it. */
type Shown = {
  readonly rollout: string;
  readonly phase: string;
  readonly plan: readonly { readonly cells: readonly string[]; readonly exposurePpm: number }[];
  readonly cells: readonly { readonly cell: string; readonly holds: string }[];
  readonly halt: { readonly by: string; readonly because: string } | null;
  readonly loss: { readonly orders: number };
};

type RollTerms = {
  readonly scenario: Scenario;
  readonly options: { readonly over: AbortSignal };
  readonly tell: (says: string, link?: string) => void;
};

type Rolled = {
  readonly server: string;
  readonly shop: Shop;
  readonly people: ReadonlyMap<string, Person>;
  readonly change: string;
};

const OVER: ReadonlySet<string> = new Set(["completed", "gone-back", "withdrawn"]);
const LOOK_MS = 250;
/** Several times what it takes; a drill that shows nothing by then has failed. */
const MOST_MS = 300_000;
/** Until the shop has read again what is back. */
const READ_MS = 10_000;

export async function carriedOut(
  { scenario, options, tell }: RollTerms,
  { server, shop, people, change }: Rolled,
): Promise<Carried> {
  const ana = people.get("ana");
  if (ana === undefined) throw new Error("invariant broken: a founder is missing");
  const errorsBefore = new Map(shop.seen().map(({ cell, errors }) => [cell, errors]));
  const body = {
    once: randomBytes(16).toString("hex"),
    change,
    system: scenario.system,
    waves: WAVES,
  };
  let now = shown(await ana.call({ method: "POST", path: "/api/v1/rollouts", body }));
  const waves = now.plan.map(({ exposurePpm }) => `${exposurePpm / 10_000} %`).join(", ");
  tell(
    `ana begins the rollout: waves of ${waves}; the plan allows for ${countText(now.loss.orders)} lost orders if it is bad`,
    `${server}/rollouts/${now.rollout}`,
  );
  let haltedAt: number | null = null;
  let written = false;
  const end = Date.now() + MOST_MS;
  while (!OVER.has(now.phase) && Date.now() < end && (await waited(LOOK_MS, options.over))) {
    now = shown(await ana.call({ method: "GET", path: `/api/v1/rollouts/${now.rollout}` }));
    const after = now.cells.filter(({ holds }) => holds === "after").map(({ cell }) => cell);
    if (!written && after.length > 0) {
      written = true;
      tell(`the first wave is out: ${after.join(", ")} has the bad value`);
    }
    if (haltedAt === null && now.halt !== null) {
      haltedAt = Date.now();
      tell(`HALTED by \`${now.halt.by}\`: ${now.halt.because}; it goes back by itself`);
    }
  }
  if (now.phase === "gone-back") tell("every cell holds its old value again, read back");
  const settled = () =>
    shop.seen().every(({ badAt, goodAgainAt }) => badAt === null || goodAgainAt !== null);
  for (const last = Date.now() + READ_MS; !settled() && Date.now() < last; )
    await waited(LOOK_MS, options.over);
  return {
    ...{ phase: now.phase, haltedAt, errorsBefore, ordersLostIfBad: now.loss.orders },
    ...{ haltedBy: now.halt?.by ?? null, haltedBecause: now.halt?.because ?? null },
  };
}

const shown = (body: Body): Shown => body as unknown as Shown; // as the operation describes its answer
