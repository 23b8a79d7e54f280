// SPDX-License-Identifier: Apache-2.0

/** The pages of the navigation; `g` and the letter go there. */
export const PAGES = [
  { path: "/queue", name: "Queue", letter: "q", says: "changes and their decisions" },
  { path: "/ledger", name: "Ledger", letter: "l", says: "what was recorded, and its proof" },
  { path: "/people", name: "People", letter: "p", says: "persons, accounts, proposals" },
  { path: "/keys", name: "Keys", letter: "k", says: "your passkeys, sessions and tokens" },
] as const;
