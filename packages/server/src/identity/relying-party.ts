// SPDX-License-Identifier: Apache-2.0
import * as oidc from "openid-client";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import type { Fetch } from "./fetching.ts";
import { problemOfIdToken } from "./id-token.ts";
import { isLocal, type SignInSettings } from "./settings.ts";

/** What a browser's secret stands for in one sign-in; none of it is stored. */
export type FlowSecrets = {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
};

/** Claims of a verified id_token. */
export type Claims = Readonly<Record<string, unknown>> & {
  readonly iss: string;
  readonly sub: string;
};

export type RelyingParty = {
  /** Where to send the browser. */
  readonly begin: (secrets: FlowSecrets) => Promise<Answer<string>>;
  /** What the issuer says, for the address with which it sent the browser back. */
  readonly finish: (back: URL, secrets: FlowSecrets) => Promise<Answer<Claims>>;
};

export type PartyTerms = {
  readonly settings: SignInSettings;
  /** Of this issuer alone, so that no other can answer there (RFC 9700 section 2.1). */
  readonly redirectUri: string;
  /** With limits of time and size. */
  readonly fetch: Fetch;
  readonly now: () => number;
};

/** An issuer may change its description; its keys have a cache of their own in the library. */
const DISCOVERY_MS = 3_600_000;
const TIMEOUT_SECONDS = 5;

/** A relying party of OpenID Connect: authorization code, PKCE, and every check of the id_token. */
export function relyingParty(terms: PartyTerms): RelyingParty {
  const configuration = discovered(terms);
  const { settings, redirectUri } = terms;
  return {
    begin: async ({ state, nonce, verifier }) => {
      const config = await configuration();
      if (!config.ok) return config;
      const url = oidc.buildAuthorizationUrl(config.value, {
        redirect_uri: redirectUri,
        scope: settings.scopes.join(" "),
        response_type: "code",
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ...{ state, nonce },
      });
      return done(url.href);
    },
    finish: async (back, secrets) => {
      const config = await configuration();
      if (!config.ok) return config;
      return await granted(config.value, { back, secrets, settings, now: terms.now() });
    },
  };
}

async function granted(
  config: oidc.Configuration,
  given: {
    readonly back: URL;
    readonly secrets: FlowSecrets;
    readonly settings: SignInSettings;
    readonly now: number;
  },
): Promise<Answer<Claims>> {
  const { state, nonce, verifier } = given.secrets;
  try {
    const tokens = await oidc.authorizationCodeGrant(config, given.back, {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined || tokens.id_token === undefined)
      return notAccepted("it sent no id_token");
    const { id_token: idToken, access_token: accessToken } = tokens;
    const problem = problemOfIdToken({ idToken, accessToken }, claims, given.now);
    if (problem !== null) return notAccepted(problem);
    const wanted = claimsWantedBy(given.settings).filter((claim) => claims[claim] === undefined);
    if (wanted.length === 0 || config.serverMetadata().userinfo_endpoint === undefined)
      return done(claims);
    // Some issuers leave out of the id_token what can be asked for; the library compares `sub`.
    const asked = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    return done({ ...asked, ...claims });
  } catch (error) {
    // Whatever the library throws means that the answer does not count.
    return notAccepted(reasonOf(error));
  }
}

const claimsWantedBy = ({ emailDomains, groups }: SignInSettings): readonly string[] => [
  ...(emailDomains.length > 0 ? ["email", "email_verified"] : []),
  ...(groups === undefined ? [] : [groups.claim]),
];

const notAccepted = (because: string) =>
  refused(
    "ISSUER_REFUSED",
    `nobody was signed in: ${because}`,
    "begin again; if it stays, show this to whoever runs the server",
  );

/** Reads the issuer's description when it is first needed, once for all who wait for it. */
function discovered({
  settings,
  fetch,
  now,
}: PartyTerms): () => Promise<Answer<oidc.Configuration>> {
  let known: { readonly config: oidc.Configuration; readonly at: number } | null = null;
  let asking: Promise<Answer<oidc.Configuration>> | null = null;
  const ask = async (): Promise<Answer<oidc.Configuration>> => {
    try {
      const config = await discover(settings, fetch);
      known = { config, at: now() };
      return done(config);
    } catch (error) {
      return refused(
        "ISSUER_UNREACHABLE",
        `\`${settings.issuer}\` cannot be asked: ${reasonOf(error)}`,
        "try again; if it stays, sign in with your passkey, and whoever runs the server finds why in its log",
      );
    } finally {
      asking = null;
    }
  };
  return async () => {
    if (known !== null && known.at + DISCOVERY_MS > now()) return done(known.config);
    asking ??= ask();
    return await asking;
  };
}

async function discover(settings: SignInSettings, fetch: Fetch): Promise<oidc.Configuration> {
  const { issuer, clientId, clientSecret } = settings;
  const auth = clientSecret === null ? oidc.None() : oidc.ClientSecretBasic(clientSecret);
  return await oidc.discovery(new URL(issuer), clientId, {}, auth, {
    // Without it the library trusts TLS alone and verifies no signature of the id_token.
    execute: [
      oidc.enableNonRepudiationChecks,
      ...(isLocal(issuer) ? [oidc.allowInsecureRequests] : []),
    ],
    // Its options are those of `fetch`, but for a body that may be there and undefined.
    [oidc.customFetch]: (url, options) => fetch(url, options as RequestInit),
    timeout: TIMEOUT_SECONDS,
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
