// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { type IdentitySettings, ownTeams } from "../identity/settings.ts";
import { joinPeople, peopleFacts } from "../people/facts.ts";
import { openGithub } from "./github/github.ts";
import type { GithubGiven } from "./github/settings.ts";
import { openGitlab } from "./gitlab/gitlab.ts";
import type { GitlabGiven } from "./gitlab/settings.ts";
import type { Forge } from "./running.ts";
import type { ForgeTerms } from "./terms.ts";

/** What a server has to be given to judge for forges. */
export type ForgesTerms = Pick<ForgeTerms, "gather" | "report" | "pollMs"> & {
  readonly github?: GithubGiven;
  readonly gitlab?: GitlabGiven;
  /** Told of what a forge did not let us do, or what it cannot be asked. */
  readonly onForgeTrouble: (message: string) => void;
};

type Around = Pick<
  ForgeTerms,
  "store" | "ledger" | "book" | "gate" | "proving" | "origin" | "now"
> & {
  /** Which teams have their source here. */
  readonly identity: IdentitySettings;
  readonly data: string;
};

/** Starts judging for the forges of the settings. */
export async function openForges(
  { github, gitlab, gather, report, pollMs, onForgeTrouble }: ForgesTerms,
  { store, ledger, book, identity, gate, proving, origin, now, data }: Around,
): Promise<Forge> {
  const terms: Omit<ForgeTerms, "stop"> = {
    ...{ store, ledger, book, gate, proving, now, origin, gather, report },
    onTrouble: onForgeTrouble,
    joinPeople: async (given) => {
      const own = peopleFacts(await book.at(store.db), identity, now());
      return joinPeople(given, own, ownTeams(identity));
    },
    mirrors: join(data, "mirrors"),
    ...(pollMs === undefined ? {} : { pollMs }),
  };
  const forges: Forge[] = [];
  if (github !== undefined) forges.push(await openGithub(terms, github));
  if (gitlab !== undefined) forges.push(await openGitlab(terms, gitlab));
  return {
    routes: (app) => {
      for (const forge of forges) forge.routes(app);
    },
    close: async () => {
      for (const forge of forges) await forge.close();
    },
  };
}
