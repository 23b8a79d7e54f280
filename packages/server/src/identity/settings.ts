// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { REPOSITORY_VERBS } from "@interlock/protocol";
import { z } from "zod";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";

/** `http` for a machine's own address alone, to try things out (RFC 8252 section 8.3 allows it too). */
const LOCAL = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?:\/|$)/;

export const isLocal = (url: string): boolean => LOCAL.test(url);

const ISSUER = z
  .string()
  .max(500)
  .refine((text) => URL.canParse(text), "not a URL")
  .refine((text) => text.startsWith("https://") || isLocal(text), "not `https`")
  .refine((text) => !/[?#\s]/.test(text), "an issuer has no query and no fragment");

const TEXT = z.string().min(1).max(400);
const TEAM = z.string().min(1).max(200);
const DOMAIN = z
  .string()
  .max(253)
  .regex(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/, "not a domain in lower case");

/** Names of groups, each with the team that it is here. */
const TEAMS = z
  .record(TEXT, TEAM)
  .refine((teams) => Object.keys(teams).length <= 1_000, "too many");

const SIGN_IN = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "lower-case letters, digits and `-`"),
  title: z.string().min(1).max(100),
  issuer: ISSUER,
  clientId: TEXT,
  clientSecretFile: z.string().min(1).optional(),
  clientSecretEnv: z.string().min(1).optional(),
  scopes: z
    .array(z.string().regex(/^[!#-[\]-~]{1,100}$/))
    .max(20)
    .default(["openid", "profile"]),
  /** Whose verified addresses may stand for the account itself; of no domain when left out. */
  emailDomains: z.array(DOMAIN).max(50).default([]),
  groups: z
    .strictObject({
      claim: TEXT.default("groups"),
      goodForHours: z.int().min(1).max(168).default(24),
      teams: TEAMS,
    })
    .optional(),
});

const SCIM = z.strictObject({
  /** Addresses of these domains become accounts, and tell who a user is. */
  emailDomains: z.array(DOMAIN).min(1).max(50),
  teams: TEAMS.default({}),
});

const CLAIM = z.union([TEXT, z.array(TEXT).min(1).max(50)]);

const CI = z.strictObject({
  issuer: ISSUER,
  audience: TEXT,
  allow: z
    .array(
      z.strictObject({
        repository: TEXT,
        verbs: z.array(z.enum(REPOSITORY_VERBS)).min(1).max(REPOSITORY_VERBS.length),
        lifeMinutes: z.int().min(1).max(15).default(10),
        where: z.record(TEXT, CLAIM),
      }),
    )
    .min(1)
    .max(2_000),
});

const IDENTITY = z.strictObject({
  signIn: z.array(SIGN_IN).max(20).default([]),
  scim: SCIM.optional(),
  ci: z.array(CI).max(20).default([]),
});

type Read = z.output<typeof IDENTITY>;
export type ScimSettings = z.output<typeof SCIM>;
export type CiSettings = z.output<typeof CI>;
export type SignInSettings = Omit<
  Read["signIn"][number],
  "clientSecretFile" | "clientSecretEnv"
> & {
  /** `null`: a public client, which PKCE alone protects. */
  readonly clientSecret: string | null;
};

/** Which identity from outside counts, and for what. */
export type IdentitySettings = {
  readonly signIn: readonly SignInSettings[];
  readonly scim: ScimSettings | null;
  readonly ci: readonly CiSettings[];
  /** Teams that are read from forges, which `withForgeTeams` adds from their settings. */
  readonly forgeTeams?: readonly ForgeTeam[];
};

/** A team here, and the forge's own id of the one that it is there, such as `github:55`. */
export type ForgeTeam = { readonly team: string; readonly group: string };

export const NO_IDENTITY: IdentitySettings = { signIn: [], scim: null, ci: [] };

/** Checks settings from outside, and reads the secrets that they name. */
export function readIdentitySettings(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Answer<IdentitySettings> {
  const parsed = IDENTITY.safeParse(value);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const path = first?.path.map(String).join(".") ?? "";
    return invalid(`\`${path}\`: ${first?.message ?? "not as described"}`);
  }
  const { signIn, scim, ci } = parsed.data;
  const problem = problemOf(parsed.data);
  if (problem !== null) return invalid(problem);
  const withSecrets: SignInSettings[] = [];
  for (const one of signIn) {
    const secret = secretOf(one, env);
    if (!secret.ok) return secret;
    const { clientSecretFile: _file, clientSecretEnv: _env, ...rest } = one;
    withSecrets.push({ ...rest, clientSecret: secret.value });
  }
  return done({ signIn: withSecrets, scim: scim ?? null, ci });
}

const invalid = (message: string) =>
  refused(
    "INPUT_INVALID",
    `the identity settings do not fit: ${message}`,
    "docs/operate/identity.md describes them",
  );

/** Claims that name a repository for ever, whatever it is called today. */
const IMMUTABLE = ["repository_id", "project_id"] as const;

function problemOf({ signIn, scim, ci }: Read): string | null {
  const twice =
    repeated(signIn.map(({ name }) => name)) ??
    repeated(signIn.map(({ issuer }) => issuer)) ??
    repeated(ci.map(({ issuer, audience }) => `${issuer} ${audience}`));
  if (twice !== null) return `\`${twice}\` is there twice`;
  const noOpenid = signIn.find(({ scopes }) => !scopes.includes("openid"));
  if (noOpenid !== undefined) return `\`${noOpenid.name}\`: the scope \`openid\` is missing`;
  // One team has one source, so that no source can keep somebody in it whom another took out.
  const team = repeated([
    ...signIn.flatMap(({ groups }) => distinct(Object.values(groups?.teams ?? {}))),
    ...distinct(Object.values(scim?.teams ?? {})),
  ]);
  if (team !== null) return `the team \`${team}\` has two sources`;
  const loose = ci
    .flatMap(({ allow }) => allow)
    .find(({ where }) => !IMMUTABLE.some((claim) => typeof where[claim] === "string"));
  return loose === undefined
    ? null
    : `\`${loose.repository}\`: \`where\` must name one ${IMMUTABLE.map((one) => `\`${one}\``).join(" or ")}: names of repositories are given away again`;
}

const distinct = (items: readonly string[]): readonly string[] => [...new Set(items)];

const repeated = (items: readonly string[]): string | null =>
  items.find((item, at) => items.indexOf(item) !== at) ?? null;

const MOST_SECRET = 4_096;

function secretOf(
  { name, clientSecretFile, clientSecretEnv }: Read["signIn"][number],
  env: Readonly<Record<string, string | undefined>>,
): Answer<string | null> {
  if (clientSecretFile !== undefined && clientSecretEnv !== undefined)
    return invalid(`\`${name}\` has its secret in a file and in a variable`);
  if (clientSecretFile === undefined && clientSecretEnv === undefined) return done(null);
  const text =
    clientSecretFile === undefined ? env[clientSecretEnv ?? ""] : textIn(clientSecretFile);
  const secret = text?.trim() ?? "";
  return secret.length > 0 && secret.length <= MOST_SECRET
    ? done(secret)
    : invalid(`the secret of \`${name}\` is empty, too long, or cannot be read`);
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

/** The settings with the teams that forges speak for; refused where a team has another source already. */
export function withForgeTeams(
  identity: IdentitySettings,
  forgeTeams: readonly ForgeTeam[],
): Answer<IdentitySettings> {
  const others = ownTeams(identity);
  const twice = forgeTeams.find(({ team }) => others.has(team));
  return twice === undefined
    ? done({ ...identity, forgeTeams })
    : invalid(`the team \`${twice.team}\` has two sources: a forge, and the identity settings`);
}

/** The teams of which this server knows the members; what others say of them does not count. */
export function ownTeams({ signIn, scim, forgeTeams = [] }: IdentitySettings): ReadonlySet<string> {
  return new Set([
    ...signIn.flatMap(({ groups }) => Object.values(groups?.teams ?? {})),
    ...Object.values(scim?.teams ?? {}),
    ...forgeTeams.map(({ team }) => team),
  ]);
}
