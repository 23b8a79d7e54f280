// SPDX-License-Identifier: Apache-2.0
import { type OpenSession, readSession } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { findKey } from "./keys.ts";
import { done, refused, type SiteTerms, type Work } from "./terms.ts";

/** How long after signing in keys, people and tokens can be changed (TK10). */
export const FRESH_MS = 10 * 60_000;

/** The person behind a call; the access of the endpoint has let nobody else through. */
export function personOfActor(actor: Actor): { readonly person: string; readonly session: string } {
  if (actor.kind !== "person") throw new Error("invariant broken: a session endpoint without one");
  return actor;
}

/** A session that began with a passkey. */
type ByPasskey = OpenSession & { readonly credential: string };

/** The session, when its person signed in with a passkey a moment ago. */
export async function recentSession(
  { tx, now }: Pick<Work, "tx" | "now">,
  actor: Actor,
): Promise<Answer<ByPasskey>> {
  const session = await readSession(tx, personOfActor(actor).session, now);
  const credential = session?.credential ?? null;
  return session === null || credential === null || session.signedInAt + FRESH_MS <= now
    ? refused(
        "SIGN_IN_NEEDED",
        "this needs a sign-in of the last 10 minutes",
        "sign in again with your passkey",
      )
    : done({ ...session, credential });
}

/**
 * The session, when its person signed in a moment ago with a key whose cool-down is over: a session
 * that was left open, or a key that somebody slipped in, changes nothing about people.
 */
export async function freshSession(
  terms: SiteTerms,
  within: Pick<Work, "tx" | "now">,
  actor: Actor,
): Promise<Answer<ByPasskey>> {
  const recent = await recentSession(within, actor);
  if (!recent.ok) return recent;
  const { credential, person } = recent.value;
  const key = await findKey(terms, within.tx, credential);
  return key !== null && key.person === person && key.usableFrom <= within.now
    ? recent
    : refused(
        "NOT_ALLOWED",
        key !== null
          ? coolingUntil(key.usableFrom)
          : "the passkey of this session does not count any more",
        "use an older passkey of yours, or ask somebody else",
      );
}

export const coolingUntil = (at: number): string =>
  `the passkey is in its cool-down until ${new Date(at).toISOString()}`;
