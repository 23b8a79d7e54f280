// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import { checkpointsOver, type Store } from "@interlock/store";
import { parsePolicy, weighCheckpoint } from "@interlock/tlog";
import type { Ledger } from "./ledger.ts";

/** `late`: no checkpoint over the entry is published; `unwitnessed`: the quorum has cosigned none. */
export type Proven = "provable" | "unwitnessed" | "late";

/** Waits until an entry is provable under the server's own trust policy, so long at most. */
export type Proving = (index: number, withinMs: number) => Promise<Proven>;

export type ProvingTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "published">;
  /** As the server gives it out. */
  readonly policy: string;
  readonly now: () => number;
};

const LOOK_MS = 100;
/** Cosignatures come to the newest checkpoints. */
const LOOKED_AT = 4;

export function openProving({ store, ledger, policy, now }: ProvingTerms): Proving {
  const trust = parsePolicy(new TextEncoder().encode(policy));
  if (!trust.ok) throw new Error(`the server's own trust policy: ${trust.failure.message}`);
  const cosigned = async (index: number): Promise<boolean> => {
    for (const { note } of await checkpointsOver(store.db, index, LOOKED_AT)) {
      const options = { now: Math.floor(now() / 1_000) };
      const weighed = await weighCheckpoint(trust.value, new TextEncoder().encode(note), options);
      if (weighed.ok && weighed.value.quorumMet) return true;
    }
    return false;
  };
  return async (index, withinMs) => {
    if (!(await ledger.published(index, withinMs)).ok) return "late";
    for (let looks = Math.ceil(withinMs / LOOK_MS); looks > 0; looks--) {
      if (await cosigned(index)) return "provable";
      await pause(LOOK_MS, undefined, { ref: false });
    }
    return "unwitnessed";
  };
}
