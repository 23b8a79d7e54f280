// SPDX-License-Identifier: Apache-2.0
/** One repository on GitHub, with what reading and writing there takes. */
import { join } from "node:path";
import { type ForgeAccount, pinned, type Reviewer } from "../accounts.ts";
import type { FromForge } from "../failure.ts";
import type { ForgeHttp } from "../http.ts";
import { type Mirror, openMirror } from "../mirror.ts";
import type { ForgeTerms } from "../terms.ts";
import { DEPLOYMENT_PERMISSIONS, PERMISSIONS, type RepositoryApi, repositoryApi } from "./api.ts";
import { REF, REPOSITORY } from "./schemas.ts";
import type { GithubGiven, GithubRepository } from "./settings.ts";

export const FORGE = "github";

export type Here = {
  readonly terms: ForgeTerms;
  readonly forge: typeof FORGE;
  readonly appId: number;
  readonly repository: GithubRepository;
  /** `repository.id` as text. */
  readonly id: string;
  readonly api: RepositoryApi;
  readonly mirror: Mirror;
};

/** Opens a repository of the settings. Nothing is asked yet. */
export function openHere(
  terms: ForgeTerms,
  given: GithubGiven,
  { repository, http }: { readonly repository: GithubRepository; readonly http: ForgeHttp },
): Here {
  const { name, id, deployments } = repository;
  const { appId, key, api: root, web } = given;
  const api = repositoryApi(
    { appId, key, api: root, http, now: terms.now },
    { name, id },
    { ...PERMISSIONS, ...(deployments ? DEPLOYMENT_PERMISSIONS : {}) },
  );
  const mirror = openMirror(
    join(terms.mirrors, FORGE, `${id}.git`),
    {
      url: `${web.replace(/\/+$/, "")}/${name}.git`,
      authorization: async () => {
        const token = await api.token();
        if (!token.ok) return token;
        const basic = Buffer.from(`x-access-token:${token.value}`).toString("base64");
        return { ok: true, value: `Basic ${basic}` };
      },
    },
    terms.stop,
  );
  return { terms, forge: FORGE, appId, repository, id: String(id), api, mirror };
}

/** The name of the check, which differs between targets: what one allows is not allowed on another. */
export const checkName = (branch: string): string => `interlock (${branch})`;

/** The tip of a branch. */
export async function tipOf({ api }: Here, branch: string): Promise<FromForge<string>> {
  const path = branch.split("/").map(encodeURIComponent).join("/");
  const found = await api.get(`/git/ref/heads/${path}`, REF);
  return found.ok ? { ok: true, value: found.value.object.sha } : found;
}

/** The tip of the default branch, and that this is still the repository of the settings. */
export async function mainOf(here: Here): Promise<FromForge<string>> {
  const found = await here.api.get("", REPOSITORY);
  if (!found.ok) return found;
  if (found.value.id !== here.repository.id)
    return {
      ok: false,
      failure: {
        kind: "refused",
        says: `\`${here.repository.name}\` is another repository now (${found.value.id})`,
        until: null,
      },
    };
  return await tipOf(here, found.value.default_branch);
}

/** As GitHub shows an account; `null` where it is gone. */
export type GithubUser = {
  readonly login: string;
  readonly id: number;
  readonly type?: string | undefined;
} | null;

/** Nobody has it, so nobody is cleared by it. */
const GONE: Reviewer = {
  ...{ id: "0", account: "unknown:github-account-gone", byId: "github-id:0" },
  ...{ kind: "machine", member: false },
};

export type Accounts = (user: GithubUser, member?: boolean) => Reviewer;

/** Accounts as this organisation may know them; `null`: the database is away. */
export async function accountsOf(
  { terms }: Pick<Here, "terms">,
  users: readonly GithubUser[],
): Promise<Accounts | null> {
  const named = users.flatMap((user): readonly ForgeAccount[] =>
    user === null ? [] : [{ login: user.login, id: String(user.id) }],
  );
  const account = await pinned(terms, FORGE, named);
  if (account === null) return null;
  return (user, member = false) =>
    user === null
      ? GONE
      : {
          id: String(user.id),
          account: account({ login: user.login, id: String(user.id) }),
          byId: `github-id:${user.id}`,
          kind: user.type === "User" ? "human" : "machine",
          member,
        };
}
