// SPDX-License-Identifier: Apache-2.0
import { insertProposal, openProposals, saveDocument, transaction } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { activePerson, personOf } from "../runs/terms.ts";
import { recentSession } from "./fresh.ts";
import { MOST_OPEN, PROPOSAL_MS } from "./proposing.ts";
import { newId } from "./secrets.ts";
import { done, refused } from "./terms.ts";

/** Proposes a text by its digest, for passkeys to sign; gives the proposal's id. A terminal may: others sign. */
export async function proposeText(
  { store, book, now: clock }: Pick<RolloutsTerms, "store" | "book" | "now">,
  actor: Actor,
  proposed: {
    readonly kind: "unwind" | "baseline";
    readonly digest: string;
    readonly text: string;
    readonly reason: string;
  },
): Promise<Answer<string>> {
  const { kind, digest, text, reason } = proposed;
  const person = personOf(actor);
  const now = clock();
  const outcome = await transaction<string, Refusal>(store, async (tx) => {
    if (actor.kind === "person") {
      const recent = await recentSession({ tx, now }, actor);
      if (!recent.ok) return recent;
    }
    const active = await activePerson({ book }, tx, person);
    if (!active.ok) return active;
    if ((await openProposals(tx, "others", now)).length >= MOST_OPEN)
      return refused(
        "OUT_OF_ORDER",
        `${MOST_OPEN} proposals are open already`,
        "endorse or withdraw some of them first",
      );
    await saveDocument(tx, { digest, text, now });
    const id = newId();
    await insertProposal(
      tx,
      {
        ...{ id, kind, person, reason, by: person, at: now, described: digest },
        ...{ name: null, active: null, accounts: null, credential: null, userHandle: null },
        ...{ expiresAt: now + PROPOSAL_MS, state: "open" },
      },
      null,
    );
    return done(id);
  });
  return outcome.kind === "committed"
    ? done(outcome.value)
    : { ok: false, failure: outcome.failure };
}
