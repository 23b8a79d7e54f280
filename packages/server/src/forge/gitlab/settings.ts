// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { FORGE_URL, PROTECT, SECRET_FILES } from "../settings.ts";

/** What `interlock serve --gitlab FILE` reads. Secrets stand in files of their own. */
export const GITLAB_SETTINGS = z
  .strictObject({
    /** Root of the instance. */
    url: FORGE_URL.default("https://gitlab.com"),
    tokenFile: z.string().min(1),
    /** Signing tokens of the webhooks, which sign each delivery. */
    signingTokenFiles: SECRET_FILES.optional(),
    /** Secret tokens, which come along in clear; for a GitLab that does not sign. */
    secretTokenFiles: SECRET_FILES.optional(),
    projects: z
      .array(
        z.strictObject({
          path: z
            .string()
            .max(500)
            .regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/),
          /** Of the project, so that no other one gets its path. */
          id: z.int().positive(),
          protect: PROTECT,
          /** Of an external status check (Ultimate); without one commit statuses are all. */
          statusCheckId: z.int().positive().nullable().default(null),
        }),
      )
      .min(1)
      .max(1_000),
  })
  .refine(
    ({ signingTokenFiles, secretTokenFiles }) =>
      (signingTokenFiles === undefined) !== (secretTokenFiles === undefined),
    // Whoever has an old secret must not get round the signature by it (WH6).
    { message: "one of `signingTokenFiles` and `secretTokenFiles` is needed, and not both" },
  );
export type GitlabSettings = z.output<typeof GITLAB_SETTINGS>;
export type GitlabProject = GitlabSettings["projects"][number];

/** How deliveries prove where they come from. Keys are the bytes that a signing token stands for. */
export type GitlabSecrets =
  | { readonly kind: "signing"; readonly keys: readonly Buffer[] }
  | { readonly kind: "token"; readonly tokens: readonly Buffer[] };

/** The settings with their secrets. */
export type GitlabGiven = {
  readonly url: string;
  readonly token: string;
  readonly secrets: GitlabSecrets;
  readonly projects: readonly GitlabProject[];
};
