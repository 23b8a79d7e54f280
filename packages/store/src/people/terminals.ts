// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

/** A terminal that waits for a person. */
export type DeviceLogin = {
  /** Without punctuation, in capitals. */
  readonly userCode: string;
  readonly name: string;
  readonly address: string;
  readonly askedAt: number;
  readonly expiresAt: number;
};

/** Keeps a request and clears away those that nobody answered in time. */
export async function insertDeviceLogin(
  tx: Transaction,
  given: DeviceLogin & { readonly hash: Uint8Array; readonly intervalMs: number },
): Promise<void> {
  const { hash, userCode, name, address, askedAt, expiresAt, intervalMs } = given;
  await tx.deleteFrom("device_login").where("expires_at", "<=", askedAt).execute();
  await tx
    .insertInto("device_login")
    .values({
      ...{ device_hash: Buffer.from(hash), user_code: userCode, name, address },
      ...{ asked_at: askedAt, expires_at: expiresAt, interval_ms: intervalMs },
      ...{ next_poll_at: askedAt + intervalMs, state: "open", person: null, credential: null },
    })
    .execute();
}

/** The request that shows a code and still waits. */
export async function waitingDeviceLogin(
  db: Database,
  userCode: string,
  now: number,
): Promise<DeviceLogin | null> {
  const found = await db
    .selectFrom("device_login")
    .select(["user_code as userCode", "name", "address"])
    .select(["asked_at as askedAt", "expires_at as expiresAt"])
    .where("user_code", "=", userCode)
    .where("state", "=", "open")
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return found ?? null;
}

/** Answers a request that still waits; `false` when none does. */
export async function settleDeviceLogin(
  tx: Transaction,
  given: {
    readonly userCode: string;
    readonly state: "allowed" | "denied";
    readonly person: string;
    readonly credential: string;
    readonly now: number;
  },
): Promise<boolean> {
  const { userCode, state, person, credential, now } = given;
  const { numUpdatedRows } = await tx
    .updateTable("device_login")
    .set({ state, person, credential })
    .where("user_code", "=", userCode)
    .where("state", "=", "open")
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return numUpdatedRows > 0;
}

export type DevicePoll =
  | { readonly state: "none" }
  | { readonly state: "open"; readonly nextPollAt: number; readonly intervalMs: number }
  | { readonly state: "denied" }
  | {
      readonly state: "allowed";
      readonly person: string;
      readonly credential: string;
      readonly name: string;
      readonly address: string;
    };

/** Looks at a request by its device code. INVARIANT (once): one that was answered is gone afterwards. */
export async function pollDevice(
  tx: Transaction,
  hash: Uint8Array,
  now: number,
): Promise<DevicePoll> {
  const key = Buffer.from(hash);
  const answered = await tx
    .deleteFrom("device_login")
    .where("device_hash", "=", key)
    .where((its) => its.or([its("state", "<>", "open"), its("expires_at", "<=", now)]))
    .returningAll()
    .executeTakeFirst();
  if (answered !== undefined) {
    const { state, person, credential, name, address, expires_at } = answered;
    if (expires_at <= now || person === null || credential === null) return { state: "none" };
    return state === "allowed" ? { state, person, credential, name, address } : { state: "denied" };
  }
  const waiting = await tx
    .selectFrom("device_login")
    .select(["next_poll_at as nextPollAt", "interval_ms as intervalMs"])
    .where("device_hash", "=", key)
    .forUpdate()
    .executeTakeFirst();
  return waiting === undefined ? { state: "none" } : { state: "open", ...waiting };
}

/** Says when a terminal may poll next. */
export async function deferDevicePoll(
  tx: Transaction,
  hash: Uint8Array,
  next: { readonly intervalMs: number; readonly nextPollAt: number },
): Promise<void> {
  await tx
    .updateTable("device_login")
    .set({ interval_ms: next.intervalMs, next_poll_at: next.nextPollAt })
    .where("device_hash", "=", Buffer.from(hash))
    .execute();
}

export type StoredTerminal = {
  /** Public id; the secret is stored nowhere. */
  readonly id: string;
  readonly person: string;
  /** Of the browser's session that let it in. */
  readonly credential: string;
  readonly name: string;
  readonly address: string;
  readonly signedInAt: number;
  readonly expiresAt: number;
};

export async function insertTerminal(
  tx: Transaction,
  terminal: StoredTerminal & { readonly hash: Uint8Array },
): Promise<void> {
  const { hash, signedInAt, expiresAt, ...rest } = terminal;
  const times = { signed_in_at: signedInAt, expires_at: expiresAt, ended_at: null };
  await tx
    .insertInto("terminal_session")
    .values({ ...rest, secret_hash: Buffer.from(hash), ...times })
    .execute();
}

/** As with sessions of browsers: they end with their person, and with the key that let them in. */
const openTerminals = (db: Database, now: number) =>
  db
    .selectFrom("terminal_session as terminal")
    .innerJoin("person", "person.id", "terminal.person")
    .innerJoin("credential", "credential.id", "terminal.credential")
    .select(["terminal.id as id", "terminal.person as person"])
    .select(["terminal.credential as credential", "terminal.name as name", "address"])
    .select(["signed_in_at as signedInAt", "expires_at as expiresAt"])
    .where("ended_at", "is", null)
    .where("expires_at", ">", now)
    .where("person.active", "=", true)
    .where("credential.revoked_at", "is", null);

/** The terminal of a secret: open, of an active person, let in by a key that is not revoked. */
export async function findTerminal(
  db: Database,
  hash: Uint8Array,
  now: number,
): Promise<StoredTerminal | null> {
  const found = await openTerminals(db, now)
    .where("terminal.secret_hash", "=", Buffer.from(hash))
    .executeTakeFirst();
  return found ?? null;
}

/** The open terminals of a person, oldest first. */
export async function terminalsOf(
  db: Database,
  person: string,
  now: number,
): Promise<readonly StoredTerminal[]> {
  return await openTerminals(db, now)
    .where("terminal.person", "=", person)
    .orderBy("signed_in_at")
    .orderBy("terminal.id")
    .execute();
}

/** Ends one terminal of a person, or all of them; how many were open. */
export async function endTerminals(
  tx: Transaction,
  { person, id, at }: { readonly person: string; readonly id: string | null; readonly at: number },
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable("terminal_session")
    .set({ ended_at: at })
    .where("person", "=", person)
    .$if(id !== null, (query) => query.where("id", "=", id ?? ""))
    .where("ended_at", "is", null)
    .where("expires_at", ">", at)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
