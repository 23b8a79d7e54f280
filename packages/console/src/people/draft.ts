// SPDX-License-Identifier: Apache-2.0
import type { Member } from "@interlock/protocol";

/** What a person types about another one. */
export type Draft = {
  readonly name: string;
  /** `null` while it still follows the name. */
  readonly id: string | null;
  readonly accounts: string;
};

export const EMPTY_DRAFT: Draft = { name: "", id: null, accounts: "" };

/** An id made of a name: lower case, without accents, `.` between the words. */
export function idFrom(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, ".")
    .replace(/^\.+|\.+$/g, "")
    .slice(0, 63);
}

export const idOf = ({ name, id }: Draft): string => id ?? idFrom(name);

/** Accounts as facts write them; an address without a kind is an e-mail address. */
export function accountsIn(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter((account) => account !== "")
    .map((account) => (/^[^:]+@[^:]+$/.test(account) ? `email:${account}` : account));
}

/** What the API takes; it judges it. */
export const memberOf = (draft: Draft): Member => ({
  person: idOf(draft),
  name: draft.name.trim(),
  accounts: [...accountsIn(draft.accounts)],
});

export type DraftProblems = { readonly [field in "name" | "id" | "accounts"]?: string };

const ID = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const ACCOUNT = /^(?:email|github|github-id|gitlab|gitlab-id|key|account):\S+$/;

/** What a person has to mend before the API would take it; `others` are the drafts beside it. */
export function problemsOf(draft: Draft, others: readonly Draft[]): DraftProblems {
  const { name, person, accounts } = memberOf(draft);
  const wrong = accounts.find((account) => !ACCOUNT.test(account));
  const theirs = others.map(memberOf);
  const shared = accounts.find((account) => theirs.some((one) => one.accounts.includes(account)));
  return {
    ...(name === "" ? { name: "needs a name" } : {}),
    ...(ID.test(person) || name === "" ? {} : { id: "takes a-z, 0-9, `.`, `_` and `-`" }),
    ...(person !== "" && theirs.some((one) => one.person === person)
      ? { id: `\`${person}\` is there twice` }
      : {}),
    ...(wrong === undefined
      ? {}
      : {
          accounts: `\`${wrong}\` needs a kind, such as \`github:ana\` or \`email:ana@example.com\``,
        }),
    ...(shared === undefined ? {} : { accounts: `\`${shared}\` can only be one person's` }),
  };
}

export const isFine = (problems: DraftProblems): boolean => Object.keys(problems).length === 0;
