// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

/** The organisation and the site on which its passkeys live; fixed by the founding. */
export type Site = {
  readonly tenant: string;
  readonly ledger: string;
  readonly origin: string;
  readonly rpId: string;
  /** How long a key enrolled after the founding cannot vouch or approve. */
  readonly cooldownMs: number;
  readonly foundedAt: number;
};

/** The site, or `null` before the founding. */
export async function readSite(db: Database): Promise<Site | null> {
  const row = await db.selectFrom("site").selectAll().executeTakeFirst();
  if (row === undefined) return null;
  const { tenant, ledger, origin } = row;
  const { rp_id: rpId, cooldown_ms: cooldownMs, founded_at: foundedAt } = row;
  return { tenant, ledger, origin, rpId, cooldownMs, foundedAt };
}

/** Throws when there is a site already: nothing is founded twice. */
export async function insertSite(tx: Transaction, site: Site): Promise<void> {
  const { tenant, ledger, origin } = site;
  const more = { rp_id: site.rpId, cooldown_ms: site.cooldownMs, founded_at: site.foundedAt };
  await tx
    .insertInto("site")
    .values({ one: true, tenant, ledger, origin, ...more })
    .execute();
}

/** The set-up that is under way; `tenant` is `null` until the founders were named. */
export type SetUp = { readonly expiresAt: number; readonly tenant: string | null };

/** Puts a new secret in the place of the old one; what was begun goes on under the new one. */
export async function replaceSetUpSecret(
  tx: Transaction,
  secret: { readonly hash: Uint8Array; readonly expiresAt: number },
): Promise<void> {
  const secret_hash = Buffer.from(secret.hash);
  const expires_at = secret.expiresAt;
  await tx
    .insertInto("set_up")
    .values({ one: true, secret_hash, expires_at, tenant: null })
    .onConflict((conflict) => conflict.column("one").doUpdateSet({ secret_hash, expires_at }))
    .execute();
}

const setUpQuery = (db: Database, hash: Uint8Array, now: number) =>
  db
    .selectFrom("set_up")
    .select(["expires_at as expiresAt", "tenant"])
    .where("secret_hash", "=", Buffer.from(hash))
    .where("expires_at", ">", now);

/** The set-up that a secret opens at a time, or `null`. */
export async function findSetUp(
  db: Database,
  hash: Uint8Array,
  now: number,
): Promise<SetUp | null> {
  return (await setUpQuery(db, hash, now).executeTakeFirst()) ?? null;
}

/** The same, locked: of two that begin or complete a founding at once, one waits for the other. */
export async function lockSetUp(
  tx: Transaction,
  hash: Uint8Array,
  now: number,
): Promise<SetUp | null> {
  return (await setUpQuery(tx, hash, now).forUpdate().executeTakeFirst()) ?? null;
}

/** Begins a founding: what an earlier one left is gone. */
export async function beginSetUp(tx: Transaction, tenant: string): Promise<void> {
  await tx.updateTable("set_up").set({ tenant }).execute();
  await tx.deleteFrom("proposal").where("kind", "=", "founder").execute();
}

/** Ends the set-up and its secret for good. */
export async function endSetUp(tx: Transaction): Promise<void> {
  await tx.deleteFrom("set_up").execute();
}

/** The name given in a founding that is under way. */
export async function setUpTenant(db: Database): Promise<string | null> {
  const row = await db.selectFrom("set_up").select("tenant").executeTakeFirst();
  return row?.tenant ?? null;
}
