// SPDX-License-Identifier: Apache-2.0
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { listening } from "./provider.ts";

/** What is changed about a sound answer. */
export type Forgery = {
  readonly claims?: JWTPayload;
  readonly without?: string;
  /** A whole token in place of a signed one. */
  readonly token?: (payload: JWTPayload, publicJwk: object) => Promise<string> | string;
  /** Signed by a key that the issuer does not publish. */
  readonly strange?: boolean;
  readonly metadata?: object;
};

export type Forger = {
  readonly issuer: string;
  readonly state: {
    forgery: Forgery;
    nonce: string;
    /** How often the keys were fetched. */
    keysFetched: number;
    key: { readonly kid: string; readonly pair: Pair };
  };
  readonly rotate: () => Promise<void>;
  readonly close: () => Promise<void>;
};

type Pair = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

const newPair = async (): Promise<Pair> => await generateKeyPair("RS256", { extractable: true });

export const base64url = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url");

/** An issuer that answers what a test tells it. Its authorization page is the test itself. */
export async function forger(): Promise<Forger> {
  const state: Forger["state"] = {
    ...{ forgery: {}, nonce: "", keysFetched: 0 },
    key: { kid: "one", pair: await newPair() },
  };
  const strange = await newPair();
  const { url, close } = await listening(async (request, response) => {
    const send = (body: unknown) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (request.url === "/.well-known/openid-configuration")
      return send({
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/keys`,
        id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
        authorization_response_iss_parameter_supported: true,
        ...state.forgery.metadata,
      });
    if (request.url === "/keys") {
      state.keysFetched += 1;
      const jwk = await exportJWK(state.key.pair.publicKey);
      return send({ keys: [{ ...jwk, kid: state.key.kid, alg: "RS256", use: "sig" }] });
    }
    request.resume();
    const id_token = await tokenOf(url, state, strange);
    return send({ access_token: "an-access-token", token_type: "Bearer", id_token });
  });
  const rotate = async () => {
    state.key = { kid: `${state.key.kid}+`, pair: await newPair() };
  };
  return { issuer: url, state, rotate, close };
}

async function tokenOf(url: string, state: Forger["state"], strange: Pair): Promise<string> {
  const { claims, without, token, strange: byStranger } = state.forgery;
  const seconds = Math.floor(Date.now() / 1_000);
  const whole: JWTPayload = {
    ...{ iss: url, sub: "Ana-1", aud: "interlock", nonce: state.nonce },
    ...{ iat: seconds, exp: seconds + 300 },
    ...claims,
  };
  const payload = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== without));
  const { kid, pair } = state.key;
  if (token !== undefined) return await token(payload, await exportJWK(pair.publicKey));
  return await new SignJWT(payload)
    .setProtectedHeader({ alg: "RS256", kid })
    .sign((byStranger === true ? strange : pair).privateKey);
}
