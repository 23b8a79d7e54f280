// SPDX-License-Identifier: Apache-2.0
import type { Contributor } from "@interlock/core";
import { agentOfMail, mailParts } from "./agents.ts";
import type { Trailer } from "./provenance.ts";

export type CommitPeople = {
  readonly author: { readonly name: string; readonly email: string };
  readonly committer: { readonly name: string; readonly email: string };
  readonly trailers: readonly Trailer[];
};

/** Trailers that name somebody who wrote part of the change; a sign-off or a review does not. */
const WROTE = /^(co-authored-by|co-developed-by|co-author|coauthored-by)$/i;
const CONTRIBUTORS_MAX = 1_000;

/**
 * The committer that GitHub writes for merges and edits made on its pages. It is the platform, not
 * a contributor. Anybody can write this name into a commit, so it only ever adds nothing: the
 * author and co-authors stay contributors, and the pusher is known to the forge alone.
 */
const PLATFORM = { name: "github", email: "noreply@github.com" };

/**
 * The accounts of everybody who contributed to one commit, sorted, each account once for each
 * thing it did. An address that cannot be read safely becomes an `unknown:` account, which nobody
 * holds, so that the two-person rule cannot be passed by an unreadable co-author.
 */
export function contributors(commit: CommitPeople): readonly Contributor[] {
  const found = new Map<string, Contributor>();
  const keep = (account: string, did: Contributor["did"]): void => {
    if (found.size < CONTRIBUTORS_MAX) found.set(`${account}\n${did}`, { account, did });
  };
  for (const account of accountsOf(commit.author.email)) keep(account, "author");
  if (!isPlatform(commit.committer))
    for (const account of accountsOf(commit.committer.email)) keep(account, "committer");
  for (const { key, value } of commit.trailers)
    if (WROTE.test(key.trim()))
      for (const account of accountsOf(addressIn(value))) keep(account, "co-author");
  return [...found.values()].sort((a, b) => compare(a.account, b.account) || compare(a.did, b.did));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function isPlatform(person: { readonly name: string; readonly email: string }): boolean {
  return (
    person.name.trim().toLowerCase() === PLATFORM.name &&
    person.email.trim().toLowerCase() === PLATFORM.email
  );
}

/** The address of `Name <address>`, or the whole value when there are no angle brackets. */
function addressIn(value: string): string {
  return /<([^<>]*)>\s*$/.exec(value)?.[1] ?? value;
}

/** Printable ASCII without quotes and separators: what mail addresses in commits are made of. */
const PLAIN = /^[a-z0-9!#$%&'*+/=?^_`{|}~.[\]-]{1,64}@[a-z0-9.-]{1,255}$/;

/**
 * The accounts that an address stands for. A GitHub no-reply address gives its numeric id, which
 * stays, and its login, which may change; an agent's address also gives the agent.
 */
export function accountsOf(email: string): readonly string[] {
  const { address, id, login } = mailParts(email);
  if (!PLAIN.test(address)) return [unknownAccount(address)];
  const agent = agentOfMail(address);
  const own =
    login === null
      ? [`email:${address}`]
      : [`github:${login}`, ...(id === null ? [] : [`github-id:${id}`])];
  return agent === null ? own : [...own, `agent:${agent.name}`];
}

/** Hostile or foreign characters are escaped, so that no two different addresses look alike. */
function unknownAccount(address: string): string {
  const escaped = [...address.slice(0, 100)]
    .map((sign) => {
      const code = sign.codePointAt(0) ?? 0;
      return code > 32 && code < 127 ? sign : `\\u{${code.toString(16)}}`;
    })
    .join("");
  return `unknown:${escaped === "" ? "(empty)" : escaped.slice(0, 380)}`;
}
