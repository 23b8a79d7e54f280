// SPDX-License-Identifier: Apache-2.0
/** A person who calls the API without a page, for what a test does not look at. */
import { fromBase64url, toBase64url } from "@interlock/receipt";
import type { SoftAuthenticator } from "@interlock/testkit";

type Body = Readonly<Record<string, unknown>>;

export type Calling = {
  readonly post: (path: string, body: object) => Promise<Body>;
  /** Signs a change with the passkey. */
  readonly approve: (change: string) => Promise<Body>;
  /** Signs a statement about it that is more than an approval. */
  readonly signs: (change: string, asked: object) => Promise<Body>;
};

const bytes = (text: unknown): Uint8Array => fromBase64url(String(text)) ?? new Uint8Array();

/** Signs in, and gives what that person can do. */
export async function calling(origin: string, key: SoftAuthenticator): Promise<Calling> {
  let cookie = "";
  const post = async (path: string, body: object): Promise<Body> => {
    const response = await fetch(`${origin}${path}`, {
      method: "POST",
      headers: { origin, "content-type": "application/json", cookie },
      body: JSON.stringify(body),
    });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const asserted = (challenge: unknown, nonce: unknown) => {
    const made = key.assert({ rpId: "localhost", origin, challenge: bytes(challenge) });
    return {
      nonce,
      credential: toBase64url(made.credentialId),
      clientData: toBase64url(made.clientDataJson),
      authenticatorData: toBase64url(made.authenticatorData),
      signature: toBase64url(made.signature),
      userHandle: made.userHandle === null ? null : toBase64url(made.userHandle),
    };
  };
  const options = await post("/api/v1/sign-in/options", {});
  const { challenge } = options["publicKey"] as { readonly challenge: string };
  await post("/api/v1/sign-in", asserted(challenge, options["nonce"]));
  const signs = async (change: string, statement: object): Promise<Body> => {
    const path = `/api/v1/changes/${change}`;
    const asked = await post(`${path}/statements`, statement);
    return await post(`${path}/signatures`, asserted(asked["challenge"], asked["nonce"]));
  };
  return { post, signs, approve: (change) => signs(change, { decision: "approve" }) };
}
