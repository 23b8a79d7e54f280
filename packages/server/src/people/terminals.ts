// SPDX-License-Identifier: Apache-2.0
import type { TerminalShown } from "@interlock/protocol";
import { endTerminals, readPerson, type StoredTerminal, terminalsOf } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { personOfActor } from "./fresh.ts";
import { done, inTransaction, looked, refused, type SiteTerms } from "./terms.ts";

/** The terminal behind a call; the access of the endpoint has let nobody else through. */
function terminalOfActor(actor: Actor): { readonly person: string; readonly session: string } {
  if (actor.kind !== "terminal")
    throw new Error("invariant broken: a terminal's endpoint without one");
  return actor;
}

const shown = ({ id, name, address, signedInAt, expiresAt }: StoredTerminal): TerminalShown => ({
  ...{ session: id, name, address, signedInAt, expiresAt },
});

/** As whom a terminal is signed in. */
export async function whichTerminal(
  terms: SiteTerms,
  actor: Actor,
): Promise<Answer<TerminalShown & { readonly person: string; readonly personName: string }>> {
  const { person, session } = terminalOfActor(actor);
  return await looked(terms, async (db, now) => {
    const own = (await terminalsOf(db, person, now)).find(({ id }) => id === session);
    const known = await readPerson(db, person);
    return own === undefined || known === null
      ? refused("SIGN_IN_NEEDED", "this terminal is not signed in", "run `interlock login`")
      : done({ ...shown(own), person, personName: known.name });
  });
}

/** Ends the session of the terminal that calls. */
export async function leaveTerminal(
  terms: SiteTerms,
  actor: Actor,
): Promise<Answer<Record<string, never>>> {
  const { person, session: id } = terminalOfActor(actor);
  return await inTransaction(terms, async ({ tx, now: at }) => {
    await endTerminals(tx, { person, id, at });
    return done({});
  });
}

/** The open terminals of whoever asks. */
export async function ownTerminals(
  terms: SiteTerms,
  actor: Actor,
): Promise<Answer<{ readonly terminals: TerminalShown[] }>> {
  const { person } = personOfActor(actor);
  return await looked(terms, async (db, now) => {
    const open = await terminalsOf(db, person, now);
    return done({ terminals: open.map(shown) });
  });
}

/** Ends a terminal of whoever asks; another person's is as unknown as one that never was (TK6). */
export async function endOwnTerminal(
  terms: SiteTerms,
  actor: Actor,
  id: string,
): Promise<Answer<Record<string, never>>> {
  const { person } = personOfActor(actor);
  return await inTransaction(terms, async ({ tx, now: at }) =>
    (await endTerminals(tx, { person, id, at })) > 0
      ? done({})
      : refused("NOT_FOUND", "you have no such open terminal", "look for it in the list"),
  );
}
