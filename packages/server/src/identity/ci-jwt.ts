// SPDX-License-Identifier: Apache-2.0
import { createRemoteJWKSet, customFetch, decodeJwt, errors, jwtVerify } from "jose";
import { z } from "zod";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import type { Fetch } from "./fetching.ts";
import { ALGORITHMS } from "./id-token.ts";
import { type CiSettings, isLocal } from "./settings.ts";

/** What a CI system says of one of its runs, verified. */
export type CiClaims = Readonly<Record<string, unknown>> & {
  readonly iss: string;
  readonly sub: string;
  readonly jti: string;
  /** Seconds since 1970 UTC. */
  readonly exp: number;
};

export type CiVerified = { readonly claims: CiClaims; readonly settings: CiSettings };
export type CiVerifier = (jwt: string) => Promise<Answer<CiVerified>>;

type Keys = ReturnType<typeof createRemoteJWKSet>;

/** Clocks of CI systems and of ours. */
export const SKEW_SECONDS = 30;
/** GitLab gives a job its token when it starts, and a job takes its time. */
const OLDEST_SECONDS = 3_600;
const DISCOVERY_MS = 3_600_000;
/** How often an issuer is asked for keys that it may have by now. */
const COOLDOWN_MS = 30_000;
const KEYS_MS = 600_000;

const DESCRIPTION = z.object({ issuer: z.string(), jwks_uri: z.url().max(2_000) });

/** Verifies tokens of CI systems that the settings name; the fetch has limits of time and size. */
export function ciVerifier(
  settings: readonly CiSettings[],
  fetch: Fetch,
  now: () => number,
): CiVerifier {
  const known = new Map<string, { readonly keys: Keys; readonly at: number }>();
  const keysOf = async (issuer: string): Promise<Keys> => {
    const cached = known.get(issuer);
    if (cached !== undefined && cached.at + DISCOVERY_MS > now()) return cached.keys;
    const keys = await discover(issuer, fetch);
    known.set(issuer, { keys, at: now() });
    return keys;
  };
  return async (jwt) => {
    const named = unverified(jwt);
    const ours = settings.find(
      ({ issuer, audience }) => issuer === named?.issuer && audience === named.audience,
    );
    if (ours === undefined)
      return notAccepted("no settings are for its issuer with exactly its audience");
    let keys: Keys;
    try {
      keys = await keysOf(ours.issuer);
    } catch (error) {
      return unreachable(ours.issuer, error);
    }
    return await verified(jwt, { keys, settings: ours, now: now() });
  };
}

/** Whose it says to be, to look for the keys: nothing else is taken from it before it is verified. */
function unverified(jwt: string): { readonly issuer: string; readonly audience: string } | null {
  try {
    const { iss, aud } = decodeJwt(jwt);
    const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
    return typeof iss === "string" && typeof audience === "string"
      ? { issuer: iss, audience }
      : null;
  } catch (error) {
    if (error instanceof errors.JOSEError) return null;
    throw error;
  }
}

async function discover(issuer: string, fetch: Fetch): Promise<Keys> {
  const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {
    headers: { accept: "application/json" },
  });
  if (!response.ok) throw new Error(`it answers ${response.status}`);
  const description = DESCRIPTION.safeParse(await response.json());
  if (!description.success) throw new Error("its description is none");
  const { issuer: said, jwks_uri: uri } = description.data;
  if (said !== issuer) throw new Error(`its description is \`${said}\`'s`);
  if (!uri.startsWith("https://") && !isLocal(uri)) throw new Error("its keys are not at `https`");
  return createRemoteJWKSet(new URL(uri), {
    ...{ cooldownDuration: COOLDOWN_MS, cacheMaxAge: KEYS_MS },
    [customFetch]: fetch,
  });
}

async function verified(
  jwt: string,
  given: { readonly keys: Keys; readonly settings: CiSettings; readonly now: number },
): Promise<Answer<CiVerified>> {
  const { keys, settings, now } = given;
  try {
    const { payload } = await jwtVerify(jwt, keys, {
      algorithms: [...ALGORITHMS],
      ...{ issuer: settings.issuer, audience: settings.audience, currentDate: new Date(now) },
      ...{ clockTolerance: SKEW_SECONDS, maxTokenAge: OLDEST_SECONDS },
      requiredClaims: ["exp", "iat", "jti", "sub"],
    });
    const { iss, sub, jti, exp } = payload;
    if (iss === undefined || exp === undefined || !short(sub, 1_000) || !short(jti, 400))
      return notAccepted("`sub` or `jti` is empty or too long");
    return done({ claims: { ...payload, iss, sub, jti, exp }, settings });
  } catch (error) {
    const ofToken = error instanceof errors.JOSEError && !OF_KEYS.includes(error.code);
    // Whatever else the library throws comes from fetching the keys.
    return ofToken ? notAccepted(error.message) : unreachable(settings.issuer, error);
  }
}

/** Codes of the library for keys that it could not get; the general one is an answer that is not 200. */
const OF_KEYS = ["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"];

const short = (text: string | undefined, most: number): text is string =>
  text !== undefined && text.length > 0 && text.length <= most;

export const notAccepted = (because: string) =>
  refused(
    "ISSUER_REFUSED",
    `the token of this run does not count: ${because}`,
    "compare what it claims with `ci` in the identity settings",
  );

const unreachable = (issuer: string, error: unknown) =>
  refused(
    "ISSUER_UNREACHABLE",
    `\`${issuer}\` cannot be asked for its keys: ${error instanceof Error ? error.message : String(error)}`,
    "try again; look whether the server can reach it",
  );
