/** An organisation as it is founded on a real server, and people with software passkeys. */
import { spawn } from "node:child_process";
import { fromBase64url, toBase64url } from "@interlock/receipt";
import { type SoftAuthenticator, softAuthenticator } from "@interlock/testkit";
import { expect, onTestFailed, TestRunner } from "vitest";

import { MAIN, whenDone } from "./scratch.ts";

export type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** A browser of one person, as far as the API can tell. */
function browser(origin: string) {
  let cookie = "";
  return async (method: string, path: string, body?: object, bearer?: string): Promise<Answer> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        origin,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(bearer === undefined
          ? cookie === ""
            ? {}
            : { cookie }
          : { authorization: `Bearer ${bearer}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    return { status: response.status, body: (await response.json()) as Answer["body"] };
  };
}

const secretIn = (link: unknown): string => String(link).split("#")[1] ?? "";
const bytes = (text: unknown): Uint8Array => fromBase64url(String(text)) ?? new Uint8Array();

/** Starts the command and waits until it listens; the first time it says how to set it up. */
export async function serving(
  data: string,
  port: number,
  until: RegExp,
  more: readonly string[] = [],
) {
  const origin = `http://localhost:${port}`;
  const child = spawn(
    process.execPath,
    [MAIN, "serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--origin", origin, ...more],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let said = "";
  const ended = new Promise<number | null>((done) => child.on("close", done));
  if (TestRunner.getCurrentTest() !== undefined) onTestFailed(() => console.error(said));
  const stop = async () => {
    child.kill("SIGTERM");
    return await ended;
  };
  whenDone(stop);
  await new Promise<void>((ready, failed) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8");
      if (until.test(said)) ready();
    });
    child.on("close", () => failed(new Error(`the server ended: ${said}`)));
  });
  const verifierKey = /log key (\S+)/.exec(said)?.[1] ?? "";
  return { origin, verifierKey, setUp: secretIn(/set up .*: (\S+)/.exec(said)?.[1]), stop };
}

function assertionOver(key: SoftAuthenticator, origin: string, challenge: unknown, nonce: unknown) {
  const made = key.assert({ rpId: "localhost", origin, challenge: bytes(challenge) });
  return {
    nonce,
    credential: toBase64url(made.credentialId),
    clientData: toBase64url(made.clientDataJson),
    authenticatorData: toBase64url(made.authenticatorData),
    signature: toBase64url(made.signature),
    userHandle: made.userHandle === null ? null : toBase64url(made.userHandle),
  };
}

/** The founding ceremony: a passkey each, on the final host. */
export async function founded(
  origin: string,
  setUp: string,
): Promise<ReadonlyMap<string, SoftAuthenticator>> {
  const anybody = browser(origin);
  const founders = ["ana", "bo", "cy"].map((person) => ({
    person,
    name: person.toUpperCase(),
    accounts: [`email:${person}@example.com`],
  }));
  const begun = await anybody("POST", "/api/v1/set-up", { tenant: "Shop", founders }, setUp);
  expect([begun.status, begun.body["detail"]]).toEqual([200, undefined]);
  const keys = new Map<string, SoftAuthenticator>();
  for (const { person, link } of begun.body["links"] as readonly {
    person: string;
    link: string;
  }[]) {
    const secret = secretIn(link);
    const options = await anybody("POST", "/api/v1/invitation/options", {}, secret);
    const { user, challenge } = options.body["publicKey"] as {
      user: { id: string };
      challenge: string;
    };
    const key = softAuthenticator({ userHandle: bytes(user.id) });
    const made = key.register({ rpId: "localhost", origin, challenge: bytes(challenge) });
    const registration = {
      nonce: options.body["nonce"],
      credential: toBase64url(made.credentialId),
      clientData: toBase64url(made.clientDataJson),
      attestationObject: toBase64url(made.attestationObject),
    };
    const registered = await anybody("POST", "/api/v1/invitation/keys", registration, secret);
    expect([registered.status, registered.body["detail"]]).toEqual([200, undefined]);
    keys.set(person, key);
  }
  const complete = await anybody("POST", "/api/v1/set-up/complete", {}, setUp);
  expect([complete.status, complete.body["detail"]]).toEqual([200, undefined]);
  return keys;
}

export async function signedIn(origin: string, key: SoftAuthenticator | undefined) {
  if (key === undefined) throw new Error("no such founder");
  const call = browser(origin);
  const options = await call("POST", "/api/v1/sign-in/options", {});
  const { challenge } = options.body["publicKey"] as { challenge: string };
  const done = await call(
    "POST",
    "/api/v1/sign-in",
    assertionOver(key, origin, challenge, options.body["nonce"]),
  );
  expect([done.status, done.body["detail"]]).toEqual([200, undefined]);
  const signs = async (change: string, what: object): Promise<Answer> => {
    const asked = await call("POST", `/api/v1/changes/${change}/statements`, what);
    if (asked.status !== 200) return asked;
    const { challenge: signed, nonce } = asked.body;
    return await call(
      "POST",
      `/api/v1/changes/${change}/signatures`,
      assertionOver(key, origin, signed, nonce),
    );
  };
  const approve = (change: string) => signs(change, { decision: "approve" });
  const endorse = async (proposal: string): Promise<Answer> => {
    const path = `/api/v1/proposals/${proposal}`;
    const asked = await call("POST", `${path}/options`, {});
    const { challenge: shown } = asked.body["publicKey"] as { challenge: string };
    const signed = assertionOver(key, origin, shown, asked.body["nonce"]);
    return await call("POST", `${path}/endorse`, signed);
  };
  return { call, approve, signs, endorse };
}
