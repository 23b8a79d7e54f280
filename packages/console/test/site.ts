// SPDX-License-Identifier: Apache-2.0
/** A real server with the embedded database and the console, built from its sources. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromBase64url, toBase64url } from "@interlock/receipt";
import {
  type IdentitySettings,
  NO_IDENTITY,
  type RunningServer,
  startServer,
} from "@interlock/server";
import type { Store } from "@interlock/store";
import { freePort, opened, type SoftAuthenticator, softAuthenticator } from "@interlock/testkit";
import { build } from "vite";

export type Site = {
  readonly origin: string;
  /** Opens the set-up, while nothing is founded. */
  readonly setUpLink: string;
  /** What the server's clock is ahead of ours, in milliseconds. */
  readonly clock: { ahead: number };
  /** Stops the server, lets somebody at its database, and starts it again in the same place. */
  readonly meanwhile: (work: (store: Store) => Promise<unknown>) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Settings of identity that name the site's own address. */
export type IdentityOf = (origin: string) => Promise<IdentitySettings>;

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

/**
 * Builds the console and starts a server that nobody has set up yet. The build for development is the
 * same with React's own complaints, which fail a test.
 */
export async function startSite(
  mode: "development" | "production" = "development",
  identityOf: IdentityOf = () => Promise.resolve(NO_IDENTITY),
): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "interlock-console-"));
  const built = join(folder, "console");
  process.env["NODE_ENV"] = mode;
  await build({
    mode,
    configFile: join(PACKAGE, "vite.config.ts"),
    logLevel: "error",
    build: { outDir: built },
  });
  const port = await freePort();
  const clock = { ahead: 0 };
  const identity = await identityOf(`http://localhost:${port}`);
  const data = join(folder, "data");
  let server = await started(data, { port, console: built, clock, identity });
  const { origin, setUpLink } = server;
  if (setUpLink === null) throw new Error("a new server has a set-up link");
  return {
    ...{ origin, setUpLink, clock },
    meanwhile: async (work) => {
      await server.close();
      const store = await opened({ directory: join(data, "database") });
      await work(store);
      await store.close();
      server = await started(data, { port, console: built, clock, identity });
    },
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function started(
  data: string,
  terms: {
    readonly port: number;
    readonly console: string;
    readonly clock: { ahead: number };
    readonly identity: IdentitySettings;
  },
): Promise<RunningServer> {
  const outcome = await startServer({
    ...{ data, databaseUrl: null, host: "127.0.0.1", port: terms.port, origin: null },
    identity: terms.identity,
    ...{ witnesses: [], console: terms.console, log: false },
    now: () => Date.now() + terms.clock.ahead,
    onTrouble: (trouble) => {
      // What is wrong with targets and signals is on the pages that are tested.
      if ("kind" in trouble && trouble.kind === "control-plane") return;
      throw new Error(JSON.stringify(trouble));
    },
  });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.value;
}

export const FOUNDERS = [
  { person: "ana", name: "Ana", accounts: ["email:ana@example.com", "github:ana"] },
  { person: "bo", name: "Bo", accounts: ["email:bo@example.com"] },
  { person: "cy", name: "Cy", accounts: ["email:cy@example.com"] },
] as const;

/** Founds the organisation without a browser; the keys can be put into one (`hold`). */
export async function founded(site: Site): Promise<ReadonlyMap<string, SoftAuthenticator>> {
  const { origin, setUpLink } = site;
  const setUp = secretIn(setUpLink);
  const { links } = (await post(origin, "/api/v1/set-up", setUp, {
    tenant: "Example Shop",
    founders: FOUNDERS,
  })) as { links: readonly { person: string; link: string }[] };
  const keys = new Map<string, SoftAuthenticator>();
  for (const { person, link } of links) keys.set(person, await registered(origin, secretIn(link)));
  await post(origin, "/api/v1/set-up/complete", setUp, {});
  return keys;
}

/** Registers a passkey with a one-time link. */
export async function registered(origin: string, secret: string): Promise<SoftAuthenticator> {
  const options = (await post(origin, "/api/v1/invitation/options", secret, {})) as {
    nonce: string;
    publicKey: { challenge: string; user: { id: string } };
  };
  const { challenge, user } = options.publicKey;
  const key = softAuthenticator({ userHandle: bytes(user.id) });
  const made = key.register({ rpId: "localhost", origin, challenge: bytes(challenge) });
  await post(origin, "/api/v1/invitation/keys", secret, {
    nonce: options.nonce,
    credential: toBase64url(made.credentialId),
    clientData: toBase64url(made.clientDataJson),
    attestationObject: toBase64url(made.attestationObject),
  });
  return key;
}

export const secretIn = (link: string): string => link.split("#")[1] ?? "";

const bytes = (text: string): Uint8Array => fromBase64url(text) ?? new Uint8Array();

async function post(origin: string, path: string, bearer: string, body: object): Promise<unknown> {
  const response = await fetch(`${origin}${path}`, {
    method: "POST",
    headers: { origin, "content-type": "application/json", authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}
