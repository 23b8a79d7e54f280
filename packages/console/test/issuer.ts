// SPDX-License-Identifier: Apache-2.0
/** An identity provider that signs in whoever it is told to, at once (OpenID Connect Core 1.0). */
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export type Issuer = {
  readonly url: string;
  /** Claims of whoever signs in next. */
  says: Readonly<Record<string, unknown>>;
  readonly close: () => Promise<void>;
};

type Begun = { readonly nonce: string; readonly challenge: string; readonly client: string };

const base64url = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64url");

export async function openIssuer(): Promise<Issuer> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", alg: "EdDSA", use: "sig" };
  const begun = new Map<string, Begun>();
  const issuer = { url: "", says: {} as Readonly<Record<string, unknown>> };
  const idToken = ({ nonce, client }: Begun): string => {
    const now = Math.floor(Date.now() / 1_000);
    const header = base64url(JSON.stringify({ alg: "EdDSA", kid: "k1", typ: "JWT" }));
    const claims = {
      iss: issuer.url,
      aud: client,
      nonce,
      iat: now,
      exp: now + 300,
      ...issuer.says,
    };
    const text = `${header}.${base64url(JSON.stringify(claims))}`;
    return `${text}.${base64url(sign(null, Buffer.from(text), privateKey))}`;
  };
  const authorized = (query: URLSearchParams): string => {
    const code = randomUUID();
    const of = (name: string) => query.get(name) ?? "";
    begun.set(code, {
      ...{ nonce: of("nonce"), challenge: of("code_challenge"), client: of("client_id") },
    });
    const back = new URL(of("redirect_uri"));
    for (const [name, value] of [
      ["code", code],
      ["state", of("state")],
      ["iss", issuer.url],
    ] as const)
      back.searchParams.set(name, value);
    return back.href;
  };
  const tokens = (form: URLSearchParams): object | null => {
    const found = begun.get(form.get("code") ?? "");
    const verifier = form.get("code_verifier") ?? "";
    const challenge = base64url(createHash("sha256").update(verifier).digest());
    if (found === undefined || found.challenge !== challenge) return null;
    return { access_token: "a", token_type: "Bearer", expires_in: 60, id_token: idToken(found) };
  };
  const server = createServer(async (request, response) => {
    const at = new URL(request.url ?? "/", issuer.url);
    const json = (body: object, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (at.pathname === "/.well-known/openid-configuration") return json(metadata(issuer.url));
    if (at.pathname === "/jwks") return json({ keys: [jwk] });
    if (at.pathname === "/authorize")
      return response.writeHead(303, { location: authorized(at.searchParams) }).end();
    const answer = tokens(new URLSearchParams(await textOf(request)));
    return answer === null ? json({ error: "invalid_grant" }, 400) : json(answer);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo; // it listens on a port
  issuer.url = `http://127.0.0.1:${port}`;
  return Object.assign(issuer, {
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  });
}

const metadata = (url: string): object => ({
  ...{ issuer: url, authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token` },
  ...{ jwks_uri: `${url}/jwks`, response_types_supported: ["code"] },
  ...{ subject_types_supported: ["public"], code_challenge_methods_supported: ["S256"] },
  ...{ id_token_signing_alg_values_supported: ["EdDSA"] },
  authorization_response_iss_parameter_supported: true,
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
