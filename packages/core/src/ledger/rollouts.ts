// SPDX-License-Identifier: Apache-2.0
/** What the ledger holds of rollouts. The subject of each act is the rollout's own id. */
import type { RolloutEntry } from "../rollout/effect.ts";
import { CELLS_MAX, MILLION } from "../rollout/plan.ts";
import { about, count, int, list, object, optional, text } from "../schema.ts";
import { sortedSet } from "./lists.ts";
import { UNWOUND } from "./unwinds.ts";

const name = text({ max: 200 });
const digest = text({ max: 64, form: "digest" });
const entry = about("id of an entry: its leaf hash in the log", digest);

/** What a rollout is, before anything of it happens: change, plan, and every value by its digest. */
export const ROLLOUT_PROPOSED = object({
  rollout: digest,
  change: name,
  digest: about("the change digest, which approvals name", digest),
  decision: about("the entry of the decision that allowed it", entry),
  system: name,
  target: name,
  version: name,
  plan: about("digest of the plan", digest),
  deliveries: about("digest of what each key of each cell held and is to hold", digest),
  cells: about("sorted", list(name, CELLS_MAX)),
  lossMicroOrders: about("orders lost if this is bad, in millionths, as the plan has it", count()),
  persons: about("who stand behind it: authors, operator, approvers; sorted", list(name, 100)),
  by: about("who began it", name),
  emergency: about(
    "the debt of the break-glass by which it goes out in the emergency lane",
    optional(entry),
  ),
});

/** One act of a rollout. It is durable before its effect, but for a halt. by (entry-first) */
export const ROLLOUT_ACT = object({
  rollout: digest,
  id: about("of the act within its rollout", text({ max: 40 })),
  change: name,
  wave: about("number of the wave, from 0", count()),
  cells: about("which the wave writes, or which have the version; sorted", list(name, CELLS_MAX)),
  version: name,
  plan: about("digest of the plan", digest),
  by: about("a person, a signal, or empty where it went on by itself", name),
  because: text({ max: 500 }),
  solo: about(
    "what one person exposes alone with it; `at` in milliseconds since 1970 UTC",
    optional(
      object({
        person: name,
        at: int(0),
        tier: int(1, 4),
        cells: list(name, CELLS_MAX),
        trafficPpm: int(0, MILLION),
      }),
    ),
  ),
});

/** What somebody asked of a rollout and was refused, or what somebody has to look at. */
export const ROLLOUT_NOTED = object({
  rollout: digest,
  what: text({ max: 40 }),
  by: about("who asked; empty for what the rollout says by itself", name),
  because: text({ max: 500 }),
});

/** What a rollout brought is bad: nobody goes back to it. One person says so. by (way-back) */
export const ROLLOUT_BAD = object({
  rollout: digest,
  change: name,
  version: name,
  by: name,
  because: text({ max: 500 }),
});

/** What a rollout brought may be gone back to, whatever was said of it before: two people agreed. */
export const ROLLOUT_ADOPTED = object({
  rollout: digest,
  change: name,
  version: name,
  text: about("SHA-256 of the text that was agreed upon", digest),
  agreed: about("the entry of the agreement", digest),
  by: about("who agreed, sorted", list(name, 100)),
});

/** By kind: every act has the same body. */
export const ROLLOUT_BODIES = {
  "rollout-proposed": ROLLOUT_PROPOSED,
  "rollout-wave": ROLLOUT_ACT,
  "rollout-paused": ROLLOUT_ACT,
  "rollout-resumed": ROLLOUT_ACT,
  "rollout-halted": ROLLOUT_ACT,
  "rollout-back": ROLLOUT_ACT,
  "rollout-proven": ROLLOUT_ACT,
  "rollout-ended": ROLLOUT_ACT,
  "rollout-refused": ROLLOUT_NOTED,
  "rollout-noted": ROLLOUT_NOTED,
  "rollout-bad": ROLLOUT_BAD,
  "rollout-adopted": ROLLOUT_ADOPTED,
  unwound: UNWOUND,
} as const satisfies Record<RolloutEntry, unknown> & Record<string, unknown>;

const none = () => [];

/** Cells are made sorted by the machine, and a plan of other cells has another digest. */
export const RULES_OF_ROLLOUTS = {
  "rollout-proposed": none,
  "rollout-wave": none,
  "rollout-paused": none,
  "rollout-resumed": none,
  "rollout-halted": none,
  "rollout-back": none,
  "rollout-proven": none,
  "rollout-ended": none,
  "rollout-refused": none,
  "rollout-noted": none,
  "rollout-bad": none,
  "rollout-adopted": ({ by }: { readonly by: readonly string[] }) => sortedSet(by, "by"),
  unwound: ({ rollouts }: { readonly rollouts: readonly string[] }) =>
    sortedSet(rollouts, "rollouts"),
} as const;
