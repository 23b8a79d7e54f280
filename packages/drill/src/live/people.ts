// SPDX-License-Identifier: Apache-2.0
/** The people of a drill: they found the organisation, sign in, and sign, through the API as a browser does. */
import { GateError } from "@interlock/core";
import { type SoftKey, softKey } from "./soft-key.ts";

export type Body = Readonly<Record<string, unknown>>;

type Called = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
  /** In place of the session of whoever calls. */
  readonly bearer?: string;
};

export type Person = {
  readonly id: string;
  /** Throws `GateError` with what the server refused. */
  readonly call: (asked: Called) => Promise<Body>;
  readonly approve: (change: string) => Promise<void>;
  readonly endorse: (proposal: string) => Promise<void>;
};

const PATIENCE_MS = 30_000;

/** As a browser of one person: it keeps the cookie that it gets. */
export function caller(origin: string): (asked: Called) => Promise<Body> {
  let cookie = "";
  return async ({ method, path, body, bearer }) => {
    const who: Record<string, string> =
      bearer === undefined
        ? cookie === ""
          ? {}
          : { cookie }
        : { authorization: `Bearer ${bearer}` };
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        origin,
        ...who,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const answer = (await response.json()) as Body; // every answer of the API is an object
    if (response.ok) return answer;
    throw new GateError(
      "JUDGING_STOPPED",
      `${method} ${path}: ${String(answer["detail"] ?? answer["title"] ?? response.status)}`,
      String(answer["help"] ?? "run the drill again"),
    );
  };
}

const bytesOf = (text: unknown): Uint8Array => Buffer.from(String(text), "base64url");

/** What stands behind `#` in a link. */
export const secretIn = (link: unknown): string => String(link).split("#")[1] ?? "";

const challengeIn = (answer: Body): Uint8Array =>
  bytesOf((answer["publicKey"] as Body)["challenge"]); // as the operation describes its answer

/** The founding ceremony with a software passkey each, and everybody signed in. */
export async function founded(
  origin: string,
  setUp: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Person>> {
  const anybody = caller(origin);
  const post = (path: string, body: object, bearer: string) =>
    anybody({ method: "POST", path: `/api/v1/${path}`, body, bearer });
  const founders = ids.map((person) => ({
    person,
    name: `${person.charAt(0).toUpperCase()}${person.slice(1)}`,
    accounts: [`email:${person}@example.com`],
  }));
  const begun = await post("set-up", { tenant: "Drill", founders }, setUp);
  const people = new Map<string, Person>();
  const keys = new Map<string, SoftKey>();
  for (const { person, link } of begun["links"] as readonly Body[]) {
    // As the operation describes its answer.
    const secret = secretIn(link);
    const asked = await post("invitation/options", {}, secret);
    const { user } = asked["publicKey"] as { readonly user: Body }; // as WebAuthn describes it
    const key = softKey(bytesOf(user["id"]));
    const made = key.register({ origin, challenge: challengeIn(asked) });
    await post("invitation/keys", { nonce: asked["nonce"], ...made }, secret);
    keys.set(String(person), key);
  }
  await post("set-up/complete", {}, setUp);
  for (const [id, key] of keys) people.set(id, await signedIn(origin, id, key));
  return people;
}

async function signedIn(origin: string, id: string, key: SoftKey): Promise<Person> {
  const call = caller(origin);
  const post = (path: string, body: object) => call({ method: "POST", path, body });
  const options = await post("/api/v1/sign-in/options", {});
  const signed = (challenge: Uint8Array, nonce: unknown) => ({
    nonce,
    ...key.sign({ origin, challenge }),
  });
  await post("/api/v1/sign-in", signed(challengeIn(options), options["nonce"]));
  return {
    id,
    call,
    approve: async (change) => {
      const path = `/api/v1/changes/${change}`;
      const asked = await post(`${path}/statements`, { decision: "approve" });
      await post(`${path}/signatures`, signed(bytesOf(asked["challenge"]), asked["nonce"]));
    },
    endorse: async (proposal) => {
      const path = `/api/v1/proposals/${proposal}`;
      const asked = await post(`${path}/options`, {});
      await post(`${path}/endorse`, signed(challengeIn(asked), asked["nonce"]));
    },
  };
}
