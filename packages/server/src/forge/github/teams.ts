// SPDX-License-Identifier: Apache-2.0
/** Teams of organisations on GitHub: who is in them, read again and again, and kept in the ledger. */
import type { ForgeFailure, FromForge } from "../failure.ts";
import type { ForgeHttp } from "../http.ts";
import { DATABASE_AWAY, type JobDone } from "../runner.ts";
import { isUnread, judgeAllAgain, type KeptTeam, keepTeam, type ReadTeam } from "../teams.ts";
import type { ForgeTerms } from "../terms.ts";
import { organisationApi, type RepositoryApi } from "./api.ts";
import { accountsOf, FORGE } from "./repository.ts";
import { TEAM, USER } from "./schemas.ts";
import type { GithubGiven } from "./settings.ts";

type Here = {
  readonly terms: ForgeTerms;
  readonly api: Pick<RepositoryApi, "get" | "list">;
  readonly slug: string;
  readonly id: number;
  readonly kept: Omit<ReadTeam, "members">;
  readonly goodForMs: number;
  /** What this server remembers. */
  readonly seen: {
    /** The last trouble: the same is told once, not every five minutes. */
    said: string;
    /** Whether everything was judged again since nobody knows who is in it. */
    lapsed: boolean;
  };
};

export type Teams = {
  readonly subjects: readonly string[];
  readonly work: (subject: string) => Promise<JobDone>;
};

/** As many as an entry of the ledger can name. */
const MEMBERS_MAX = 5_000;
const AGAIN_MS = 300_000;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

const groupOf = (id: number): string => `${FORGE}:${id}`;

/** The teams of the settings, by the id that the ledger has for them. */
export const githubTeams = (given: Pick<GithubGiven, "teams"> | undefined) =>
  Object.entries(given?.teams ?? {}).map(([team, { id }]) => ({ team, group: groupOf(id) }));

/** Opens the teams of the settings. Nothing is asked yet. */
export function openTeams(terms: ForgeTerms, given: GithubGiven, http: ForgeHttp): Teams {
  const { appId, key, api: root, teams = {}, teamsGoodForHours = DAY_HOURS } = given;
  const heres = new Map(
    Object.entries(teams).map(([team, { name, id }]) => {
      const [organisation = "", slug = ""] = name.split("/");
      const api = organisationApi({ appId, key, api: root, http, now: terms.now }, organisation);
      const kept = { team, group: groupOf(id), name };
      const goodForMs = teamsGoodForHours * HOUR_MS;
      const seen = { said: "", lapsed: false };
      return [`team:${id}`, { terms, api, slug, id, kept, goodForMs, seen }];
    }),
  );
  return {
    subjects: [...heres.keys()],
    work: async (subject) => {
      const here = heres.get(subject);
      return here === undefined ? { kind: "done", again: null } : await teamJob(here);
    },
  };
}

async function teamJob(here: Here): Promise<JobDone> {
  const { terms, kept, goodForMs, seen } = here;
  const users = await membersOf(here);
  if (!users.ok) return await unread(here, users.failure);
  const accounts = await accountsOf({ terms }, users.value ?? []);
  if (accounts === null) return DATABASE_AWAY;
  const members = (users.value ?? []).map((user) => accounts(user));
  const outcome = await keepTeam(terms, { ...kept, members }, goodForMs);
  if (!outcome.ok) return { kind: "later", says: outcome.failure.message, at: null };
  const says = troubleIn(outcome.value, users.value === null);
  if (says !== "" && says !== seen.said) terms.onTrouble(`${nameOf(here)}: ${says}`);
  seen.said = says;
  seen.lapsed = false;
  return { kind: "done", again: terms.now() + AGAIN_MS };
}

const nameOf = ({ kept }: Here): string => `the team \`${kept.team}\` (\`${kept.name}\`)`;

/** What was read last stands for a while; then nobody counts, and whoever runs the server is told. */
async function unread(here: Here, failure: ForgeFailure): Promise<JobDone> {
  const { terms, kept, seen } = here;
  const lapsed = await isUnread(terms, kept.group);
  if (lapsed && !seen.lapsed) seen.lapsed = await judgeAllAgain(terms);
  const stands = lapsed
    ? "nobody knows who is in it, so what it has to approve is held"
    : "what was read last still stands";
  return {
    kind: "later",
    says: `${nameOf(here)} cannot be read: ${failure.says}; ${stands}`,
    at: failure.until,
  };
}

const SHOWN = 20;

function troubleIn({ leftOut, persons }: KeptTeam, taken: boolean): string {
  const more = leftOut.length > SHOWN ? ` and ${leftOut.length - SHOWN} more` : "";
  const strangers = leftOut.slice(0, SHOWN).join(", ");
  return [
    taken ? "its name is another team's now" : "",
    leftOut.length > 0 ? `the ledger knows nobody who is ${strangers}${more}` : "",
    persons === 0 ? "nobody is in it, so what it has to approve is held" : "",
  ]
    .filter((one) => one !== "")
    .join("; ");
}

type User = { readonly login: string; readonly id: number; readonly type?: string | undefined };

/**
 * Everybody in the team, also through teams below it; `null`: its name is another team's. The id is
 * looked at before and after, so that no list is read of a team that took the name in between.
 */
async function membersOf({ api, slug, id }: Here): Promise<FromForge<readonly User[] | null>> {
  const before = await api.get(`/teams/${slug}`, TEAM);
  if (!before.ok) return before;
  if (before.value.id !== id) return { ok: true, value: null };
  const users = await api.list(`/teams/${slug}/members`, USER, MEMBERS_MAX);
  if (!users.ok) return users;
  const after = await api.get(`/teams/${slug}`, TEAM);
  if (!after.ok) return after;
  return after.value.id === id ? users : { ok: true, value: null };
}
