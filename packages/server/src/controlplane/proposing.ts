// SPDX-License-Identifier: Apache-2.0
import { sha256Hex, utf8 } from "@interlock/digest";
import { insertProposal, openProposals, readProposal, saveDocument } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { recentSession } from "../people/fresh.ts";
import { MOST_OPEN, noSuch, PROPOSAL_MS } from "../people/proposing.ts";
import { newId } from "../people/secrets.ts";
import { done, inTransaction, looked, refused, type SiteTerms } from "../people/terms.ts";
import { adoptionText } from "../rollouts/adopting.ts";
import { keptPlan } from "../unwinds/text.ts";
import { checkDescription } from "./checking.ts";
import { describedNow, describedText, readText } from "./described.ts";

type Shown = {
  readonly digest: string;
  readonly text: string;
  readonly index: number;
  readonly at: number;
  readonly by: string[];
};
type Proposed = { readonly proposal: string; readonly url: string; readonly digest: string };

/**
 * Proposes a text as the description of control planes. A terminal may: it takes the passkeys of two
 * persons, who read on the page what they sign. One that cannot be read, or whose targets
 * and signals could not be opened as it says, is not proposed.
 */
export async function proposeDescription(
  terms: SiteTerms,
  actor: Actor,
  { text, reason }: { readonly text: string; readonly reason: string },
): Promise<Answer<Proposed>> {
  if (actor.kind !== "person" && actor.kind !== "terminal")
    throw new Error("invariant broken: `bind` lets only persons in");
  const { person } = actor;
  const read = readText(text, checkDescription);
  if (!read.ok) return read;
  const digest = sha256Hex(utf8(text));
  return await inTransaction(terms, async ({ tx, now }) => {
    if (actor.kind === "person") {
      const recent = await recentSession({ tx, now }, actor);
      if (!recent.ok) return recent;
    }
    const { persons, described } = await terms.book.at(tx);
    if (persons.get(person)?.active !== true)
      return refused("NOT_ALLOWED", "nobody active is signed in", "ask somebody who is active");
    if (described?.digest === digest)
      return refused("OUT_OF_ORDER", "exactly this text is in force", "change it first");
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
        ...{ id, kind: "controlplane", person, reason, by: person, at: now, described: digest },
        ...{ name: null, active: null, accounts: null, credential: null, userHandle: null },
        ...{ expiresAt: now + PROPOSAL_MS, state: "open" },
      },
      null,
    );
    return done({ proposal: id, url: `${terms.origin}/proposals/${id}`, digest });
  });
}

export async function shownInForce(terms: SiteTerms): Promise<Answer<{ inForce: Shown | null }>> {
  return await looked<{ inForce: Shown | null }>(terms, async (db) => {
    const now = await describedNow(terms.book, db);
    if (!now.ok) return now;
    if (now.value === null) return done({ inForce: null });
    const { digest, text, index, at, by } = now.value;
    return done({ inForce: { digest, text, index, at, by: [...by] } });
  });
}

/** The text of a proposal, for whoever is to sign it. */
export async function shownProposed(
  terms: SiteTerms,
  id: string,
): Promise<Answer<{ readonly digest: string; readonly text: string }>> {
  return await looked(terms, async (db) => {
    const { described: digest = null, kind } = (await readProposal(db, id)) ?? {};
    if (digest === null) return noSuch("proposal of a text");
    if (kind === "unwind") {
      const kept = await keptPlan(db, digest);
      return kept.ok ? done({ digest, text: kept.value.text }) : kept;
    }
    if (kind === "baseline") {
      const kept = await adoptionText(db, digest);
      return kept.ok ? done({ digest, text: kept.value.text }) : kept;
    }
    const read = await describedText(db, digest);
    return read.ok ? done({ digest, text: read.value.text }) : read;
  });
}
