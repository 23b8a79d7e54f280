// SPDX-License-Identifier: Apache-2.0
import type { PersonGraph } from "@interlock/core";
import { pinAccounts, type Store, transaction } from "@interlock/store";

/** Somebody on a forge. */
export type Reviewer = {
  /** The forge's number, which is never given to somebody else. */
  readonly id: string;
  /** `github:login`, or `unknown:…` where the login was somebody else's before. */
  readonly account: string;
  /** Such as `github-id:7`. */
  readonly byId: string;
  /** A bot, an app and an organisation approve nothing. */
  readonly kind: "human" | "machine";
  /** Of the organisation or the repository, as the forge says. */
  readonly member: boolean;
};

/** As a forge names somebody. */
export type ForgeAccount = { readonly login: string; readonly id: string };

/**
 * The account of a login, as long as the number behind it is the one that was first seen: whoever takes
 * a login that somebody gave up is not that person. `null`: the database is away.
 */
export async function pinned(
  { store, now }: { readonly store: Store; readonly now: () => number },
  forge: string,
  accounts: readonly ForgeAccount[],
): Promise<((account: ForgeAccount) => string) | null> {
  const at = now();
  const lower = accounts.map(({ login, id }) => ({ login: login.toLowerCase(), id, at }));
  const done = await transaction<ReadonlyMap<string, string>>(
    store,
    async (tx) => ({ ok: true, value: await pinAccounts(tx, forge, lower) }),
    { isolation: "read committed" },
  );
  if (done.kind !== "committed") return null;
  const ids = done.value;
  return ({ login, id }) => {
    const name = login.toLowerCase();
    return ids.get(name) === id ? `${forge}:${name}` : `unknown:${forge}-login-taken-over:${name}`;
  };
}

/** The account that somebody knows: by its login, or by the number that stays when a login changes. */
export function accountIn(graph: PersonGraph | null, { account, byId }: Reviewer): string {
  if (graph === null || graph.resolve(account).kind !== "unknown") return account;
  return graph.resolve(byId).kind === "unknown" ? account : byId;
}
