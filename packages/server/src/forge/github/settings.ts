// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from "node:crypto";
import { z } from "zod";

const URL_OF = z
  .string()
  .max(2_000)
  .refine((text) => problemOfUrl(text) === null, "not `https://…` without a name or a password");

/** What `interlock serve --github FILE` reads. Secrets stand in files of their own. */
export const GITHUB_SETTINGS = z.strictObject({
  appId: z.int().positive(),
  privateKeyFile: z.string().min(1),
  /** Two while one is replaced by the other. */
  webhookSecretFiles: z.array(z.string().min(1)).min(1).max(2),
  api: URL_OF.default("https://api.github.com"),
  web: URL_OF.default("https://github.com"),
  repositories: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/),
        /** Of the repository, so that no other one gets its name. */
        id: z.int().positive(),
        /** Branches that are judged: `main`, or all below a folder as `release/*`. */
        protect: z
          .array(z.string().regex(/^(?!\/)(?!.*\.\.)[A-Za-z0-9._/-]{1,200}(?:\/\*)?$/))
          .min(1)
          .max(50),
        deployments: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(1_000),
});
export type GithubSettings = z.output<typeof GITHUB_SETTINGS>;

export type GithubRepository = Omit<GithubSettings["repositories"][number], "protect"> & {
  readonly protect: readonly string[];
};

/** The settings with their secrets. */
export type GithubGiven = Pick<GithubSettings, "appId" | "api" | "web"> & {
  readonly repositories: readonly GithubRepository[];
  readonly key: KeyObject;
  readonly secrets: readonly Buffer[];
};

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Tokens go there, so only through TLS, and no address is one that would be repeated with a password. */
function problemOfUrl(text: string): string | null {
  if (!URL.canParse(text)) return "no URL";
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if (username !== "" || password !== "" || search !== "" || hash !== "")
    return "more than an address";
  if (protocol === "https:") return null;
  return protocol === "http:" && LOOPBACK.has(hostname) ? null : "not TLS";
}

/** Whether changes to a branch are judged. Case is ignored: two cases may be one file somewhere. */
export function isProtected(
  { protect }: Pick<GithubRepository, "protect">,
  branch: string,
): boolean {
  const name = branch.toLowerCase();
  return protect.some((pattern) => {
    const wanted = pattern.toLowerCase();
    return wanted.endsWith("/*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
  });
}
