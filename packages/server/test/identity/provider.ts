// SPDX-License-Identifier: Apache-2.0
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";
import { vi } from "vitest";

export type Account = { readonly sub: string; readonly [claim: string]: unknown };

export type RealProvider = {
  readonly issuer: string;
  /** Who signs in next, and with which claims. */
  readonly says: { account: Account };
  readonly close: () => Promise<void>;
};

export const CLIENT = { id: "interlock", secret: "a-secret-of-this-test-0123456789" };

export async function listening(listener: RequestListener): Promise<{
  readonly url: string;
  readonly close: () => Promise<void>;
}> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** A real OpenID provider in this process, in which everybody signs in without being asked. */
export async function realProvider(
  redirectUri: string,
  { thin = false }: { readonly thin?: boolean } = {},
): Promise<RealProvider> {
  const says: RealProvider["says"] = { account: { sub: "nobody" } };
  let handle: RequestListener = (_request, response) => response.end();
  const { url, close } = await listening((request, response) => handle(request, response));
  // It warns that its store and keys are for trying things out, which is what we do.
  const quiet = vi.spyOn(console, "warn").mockReturnValue();
  const provider = new Provider(url, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    conformIdTokenClaims: thin,
    claims: { openid: ["sub"], profile: ["email", "email_verified", "groups"] },
    cookies: { keys: ["a-key-of-this-test"] },
    features: { devInteractions: { enabled: false } },
    ttl: {
      ...{ AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
      ...{ Grant: 600, Interaction: 600, Session: 600 },
    },
    interactions: { url: () => "/interaction" },
    findAccount: () => ({
      accountId: says.account.sub,
      claims: () => says.account,
    }),
    loadExistingGrant: async (ctx: {
      readonly oidc: {
        readonly provider: Provider;
        readonly client: { readonly clientId: string };
        readonly session: { readonly accountId: string };
      };
    }) => {
      const { clientId } = ctx.oidc.client;
      const { accountId } = ctx.oidc.session;
      const grant = new ctx.oidc.provider.Grant({ clientId, accountId });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
  });
  quiet.mockRestore();
  const callback = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith("/interaction") !== true) return void callback(request, response);
    const login = { accountId: says.account.sub };
    void provider.interactionFinished(request, response, { login });
  };
  return { issuer: url, says, close };
}

/** Goes where a browser would go, until the issuer sends it to our side; that address. */
export async function browse(start: string, ours: string): Promise<string> {
  const jar = new Map<string, string>();
  let at = start;
  for (let step = 0; step < 10; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    const text = await response.text();
    const next = response.headers.get("location");
    if (next === null) throw new Error(`the provider shows a page (${response.status}): ${text}`);
    at = new URL(next, at).href;
    if (at.startsWith(ours)) return at;
  }
  throw new Error("the provider goes in circles");
}
