// SPDX-License-Identifier: Apache-2.0
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { FORGE_URL, PROTECT, SECRET_FILES } from "../settings.ts";

const TEAM = z.strictObject({
  /** Organisation and slug. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[a-z0-9][a-z0-9._-]{0,254}$/),
  /** Of the team, so that no other one gets its slug. */
  id: z.int().positive(),
});

/** What `interlock serve --github FILE` reads. Secrets stand in files of their own. */
export const GITHUB_SETTINGS = z.strictObject({
  appId: z.int().positive(),
  privateKeyFile: z.string().min(1),
  webhookSecretFiles: SECRET_FILES,
  api: FORGE_URL.default("https://api.github.com"),
  web: FORGE_URL.default("https://github.com"),
  repositories: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/),
        /** Of the repository, so that no other one gets its name. */
        id: z.int().positive(),
        protect: PROTECT,
        deployments: z.boolean().default(false),
      }),
    )
    .min(1)
    .max(1_000),
  /** Teams here whose members are those of a team of an organisation there. */
  teams: z
    .record(z.string().min(1).max(200), TEAM)
    .refine((teams) => Object.keys(teams).length <= 200, "too many")
    .refine(
      (teams) =>
        new Set(Object.values(teams).map(({ id }) => id)).size === Object.keys(teams).length,
      "one team is there twice",
    )
    .default({}),
  teamsGoodForHours: z.int().min(1).max(168).default(24),
});
export type GithubSettings = z.output<typeof GITHUB_SETTINGS>;

export type GithubRepository = Omit<GithubSettings["repositories"][number], "protect"> & {
  readonly protect: readonly string[];
};

/** The settings with their secrets. */
export type GithubGiven = Pick<GithubSettings, "appId" | "api" | "web"> &
  Partial<Pick<GithubSettings, "teams" | "teamsGoodForHours">> & {
    readonly repositories: readonly GithubRepository[];
    readonly key: KeyObject;
    readonly secrets: readonly Buffer[];
  };
