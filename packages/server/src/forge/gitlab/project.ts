// SPDX-License-Identifier: Apache-2.0
/** One project on GitLab, with what reading and writing there takes. */
import { join } from "node:path";
import { type ForgeAccount, pinned, type Reviewer } from "../accounts.ts";
import { type FromForge, without } from "../failure.ts";
import { type Mirror, openMirror } from "../mirror.ts";
import type { ForgeTerms } from "../terms.ts";
import type { GitlabApi } from "./api.ts";
import { type GitlabUser, PROJECT, REPOSITORY_BRANCH, SELF, WHOLE_USER } from "./schemas.ts";
import type { GitlabGiven, GitlabProject } from "./settings.ts";

export const FORGE = "gitlab";

export type Here = {
  readonly terms: ForgeTerms;
  readonly forge: typeof FORGE;
  readonly project: GitlabProject;
  /** `project.id` as text. */
  readonly id: string;
  /** Path of the project in the API. */
  readonly at: string;
  readonly api: GitlabApi;
  readonly users: Users;
  readonly mirror: Mirror;
};

/** What is asked of an instance once, whichever project it is for. */
export type Users = {
  /** The number of the account that we are. */
  readonly self: () => Promise<FromForge<number>>;
  /** Whether an account is a person's, as far as GitLab tells. */
  readonly isPerson: (id: number) => Promise<FromForge<boolean>>;
};

const KNOWN_MAX = 10_000;

/** Which accounts are bots never changes; whom GitLab shows no more is nobody. */
export function openUsers(api: GitlabApi): Users {
  const people = new Map<number, boolean>();
  let own: number | null = null;
  return {
    self: async () => {
      if (own !== null) return { ok: true, value: own };
      const found = await api.get("/user", SELF);
      if (!found.ok) return found;
      own = found.value.id;
      return { ok: true, value: own };
    },
    isPerson: async (id) => {
      const known = people.get(id);
      if (known !== undefined) return { ok: true, value: known };
      const found = await api.get(`/users/${id}`, WHOLE_USER);
      if (!found.ok && found.failure.kind !== "absent") return found;
      const person = found.ok && found.value.id === id && found.value.bot === false;
      if (people.size >= KNOWN_MAX) people.clear();
      people.set(id, person);
      return { ok: true, value: person };
    },
  };
}

/** Opens a project of the settings. Nothing is asked yet. */
export function openHere(
  terms: ForgeTerms,
  { url, token }: GitlabGiven,
  { project, api, users }: Pick<Here, "project" | "api" | "users">,
): Here {
  const id = String(project.id);
  const basic = Buffer.from(`oauth2:${token}`).toString("base64");
  const mirror = openMirror(
    join(terms.mirrors, FORGE, `${id}.git`),
    {
      url: `${url.replace(/\/+$/, "")}/${project.path}.git`,
      authorization: () => Promise.resolve({ ok: true, value: `Basic ${basic}` }),
    },
    terms.stop,
  );
  return { terms, forge: FORGE, project, id, at: `/projects/${id}`, api, users, mirror };
}

/** The name of the status, which differs between targets: what one allows is not allowed on another. */
export const statusName = (branch: string): string => `interlock (${branch})`;

/** The tip of a branch. */
export async function tipOf({ api, at }: Here, branch: string): Promise<FromForge<string>> {
  const path = `${at}/repository/branches/${encodeURIComponent(branch)}`;
  const found = await api.get(path, REPOSITORY_BRANCH);
  if (!found.ok) return found;
  const { name, commit } = found.value;
  return name === branch
    ? { ok: true, value: commit.id }
    : without("unfit", `GET ${path}: it is the branch \`${name}\``);
}

/** The tip of the default branch, and that this is still the project of the settings. */
export async function mainOf(here: Here): Promise<FromForge<string>> {
  const found = await here.api.get(here.at, PROJECT);
  if (!found.ok) return found;
  const { id, path_with_namespace: path, default_branch: branch } = found.value;
  // Git is asked by path, and whoever takes a path that was given up answers there.
  if (id !== here.project.id || path.toLowerCase() !== here.project.path.toLowerCase())
    return without(
      "refused",
      `the project ${here.id} is at \`${path}\` now, not as in the settings`,
    );
  return branch === null ? without("absent", "the project is empty") : await tipOf(here, branch);
}

/** Nobody has it, so nobody is cleared by it. */
const GONE: Reviewer = {
  ...{ id: "0", account: "unknown:gitlab-account-gone", byId: "gitlab-id:0" },
  ...{ kind: "machine", member: false },
};

export type Accounts = (user: GitlabUser | null | undefined, member?: boolean) => Reviewer;

/** Accounts as this organisation may know them; `null`: the database is away. */
export async function accountsOf(
  { terms, users }: Here,
  shown: readonly (GitlabUser | null | undefined)[],
): Promise<FromForge<Accounts> | null> {
  const named = new Map(shown.flatMap((user) => (user ? [[user.id, user]] : [])));
  const people = new Set<number>();
  for (const id of named.keys()) {
    const person = await users.isPerson(id);
    if (!person.ok) return person;
    if (person.value) people.add(id);
  }
  const account = await pinned(
    terms,
    FORGE,
    [...named.values()].map((user): ForgeAccount => ({ login: user.username, id: `${user.id}` })),
  );
  if (account === null) return null;
  const value: Accounts = (user, member = false) =>
    user
      ? {
          id: String(user.id),
          account: account({ login: user.username, id: String(user.id) }),
          byId: `gitlab-id:${user.id}`,
          kind: people.has(user.id) ? "human" : "machine",
          member,
        }
      : GONE;
  return { ok: true, value };
}
