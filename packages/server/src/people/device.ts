// SPDX-License-Identifier: Apache-2.0
import { randomInt } from "node:crypto";
import type { DeviceAsking, DevicePolled } from "@interlock/protocol";
import {
  deferDevicePoll,
  insertDeviceLogin,
  insertTerminal,
  pollDevice,
  readPerson,
  settleDeviceLogin,
  waitingDeviceLogin,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { recentSession } from "./fresh.ts";
import { hashOfSecret, newId, newSecret } from "./secrets.ts";
import { done, inTransaction, looked, refused, type SiteTerms, type Work } from "./terms.ts";

/** By it a scanner of leaked secrets knows a terminal of this product. */
export const TERMINAL_PREFIX = "ilt_";

/** Long enough to open a page and sign in, short enough that nobody confirms an old request. */
const ASKING_MS = 10 * 60_000;
/** RFC 8628 section 3.5: five seconds between polls, and five more each time somebody is faster. */
const INTERVAL_MS = 5_000;
/** A terminal only reads and asks, so it may stay longer than a browser; never prolonged. */
const TERMINAL_MS = 7 * 24 * 3_600_000;

/**
 * Consonants only, so that no word comes out (RFC 8628 section 6.1). 20^8 codes, of which a few stand
 * for ten minutes, behind a limit of requests: a guess is as good as none (section 5.1).
 */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_LENGTH = 8;

function newUserCode(): string {
  return Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

const shownCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;
/** As people type it. */
const typedCode = (typed: string): string => typed.toUpperCase().replace(/[^A-Z]/g, "");

export type DeviceStarted = {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly page: string;
  readonly expiresAt: number;
  readonly intervalMs: number;
};

/** A terminal asks to be let in. */
export async function startDeviceLogin(
  terms: SiteTerms,
  { name, address }: { readonly name: string; readonly address: string },
): Promise<Answer<DeviceStarted>> {
  const secret = newSecret();
  const userCode = newUserCode();
  return await inTransaction(terms, async ({ tx, now }) => {
    const expiresAt = now + ASKING_MS;
    await insertDeviceLogin(tx, {
      ...{ hash: secret.hash, userCode, name, address, askedAt: now, expiresAt },
      intervalMs: INTERVAL_MS,
    });
    return done({
      ...{ deviceCode: secret.text, userCode: shownCode(userCode), expiresAt },
      ...{ page: `${terms.origin}/device`, intervalMs: INTERVAL_MS },
    });
  });
}

/** What became of a request; an allowed one is handed out in the transaction that takes it away. */
export async function pollDeviceLogin(
  terms: SiteTerms,
  deviceCode: string,
): Promise<Answer<DevicePolled>> {
  const hash = hashOfSecret(deviceCode);
  if (hash === null) return done({ state: "expired" });
  return await inTransaction<DevicePolled>(terms, async (within) => {
    const { tx, now } = within;
    const found = await pollDevice(tx, hash, now);
    switch (found.state) {
      case "none":
        return done({ state: "expired" });
      case "denied":
        return done({ state: "denied" });
      case "allowed":
        return await letIn(within, found);
      case "open": {
        const tooSoon = now < found.nextPollAt;
        const intervalMs = found.intervalMs + (tooSoon ? INTERVAL_MS : 0);
        await deferDevicePoll(tx, hash, { intervalMs, nextPollAt: now + intervalMs });
        return done({ state: tooSoon ? "slow-down" : "pending", intervalMs });
      }
    }
  });
}

type Allowed = {
  readonly person: string;
  readonly credential: string;
  readonly name: string;
  readonly address: string;
};

async function letIn({ tx, now }: Work, given: Allowed): Promise<Answer<DevicePolled>> {
  const { person: id, credential, name, address } = given;
  const secret = newSecret();
  const session = newId();
  const expiresAt = now + TERMINAL_MS;
  await insertTerminal(tx, {
    ...{ id: session, person: id, credential, name, address },
    ...{ hash: secret.hash, signedInAt: now, expiresAt },
  });
  const person = await readPerson(tx, id);
  return done({
    ...{ state: "allowed", session, person: id, expiresAt },
    ...{ secret: `${TERMINAL_PREFIX}${secret.text}`, name: person?.name ?? id },
  });
}

const NO_CODE = refused(
  "NOT_FOUND",
  "no terminal that waits shows this code",
  "compare it with the terminal; a code is good for 10 minutes and for one answer",
);

/** Which terminal shows a code. */
export async function shownDeviceLogin(
  terms: SiteTerms,
  userCode: string,
): Promise<Answer<DeviceAsking>> {
  return await looked(terms, async (db, now) => {
    const found = await waitingDeviceLogin(db, typedCode(userCode), now);
    return found === null ? NO_CODE : done({ ...found, userCode: shownCode(found.userCode) });
  });
}

/** Lets a terminal in as whoever asks, who signed in a moment ago, or refuses it. */
export async function answerDeviceLogin(
  terms: SiteTerms,
  actor: Actor,
  { userCode, allow }: { readonly userCode: string; readonly allow: boolean },
): Promise<Answer<Record<string, never>>> {
  return await inTransaction(terms, async (within) => {
    const recent = await recentSession(within, actor);
    if (!recent.ok) return recent;
    const { person, credential } = recent.value;
    const state = allow ? "allowed" : "denied";
    const { tx, now } = within;
    const given = { userCode: typedCode(userCode), state, person, credential, now } as const;
    return (await settleDeviceLogin(tx, given)) ? done({}) : NO_CODE;
  });
}
