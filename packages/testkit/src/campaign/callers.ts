// SPDX-License-Identifier: Apache-2.0
import { type SoftAuthenticator, softAuthenticator } from "../webauthn/authenticator.ts";

type Body = Readonly<Record<string, unknown>>;

/** What came of a request. `lost`: no answer, so nobody knows what the server did. */
export type Reply =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: Body;
      readonly retryAfter: string | null;
    }
  | { readonly kind: "lost"; readonly because: string };

export type Request = {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: object;
  readonly bearer?: string;
  /** `Idempotency-Key`, without its quotes. */
  readonly key?: string;
};

/** A browser of one person that can reach several servers behind one origin. */
export type Caller = {
  readonly call: (at: number, request: Request) => Promise<Reply>;
  /** The cookie of the session it has. */
  readonly cookie: () => string;
};

const PATIENCE_MS = 20_000;

export function callerOf(origin: string, ports: readonly number[]): Caller {
  let cookie = "";
  return {
    cookie: () => cookie,
    call: async (at, { method, path, body, bearer, key }) => {
      const headers = {
        origin,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(bearer !== undefined || cookie === "" ? {} : { cookie }),
        ...(key === undefined ? {} : { "idempotency-key": `"${key}"` }),
      };
      const about = {
        ...{ method, headers, signal: AbortSignal.timeout(PATIENCE_MS) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      try {
        const response = await reached(ports, at, (port) =>
          fetch(`http://127.0.0.1:${port}${path}`, about),
        );
        const text = await response.text();
        cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
        const retryAfter = response.headers.get("retry-after");
        return { kind: "answer", status: response.status, body: bodyIn(text), retryAfter };
      } catch (error) {
        return { kind: "lost", because: String(error instanceof Error ? error.cause : error) };
      }
    },
  };
}

/** As a balancer does it: where nobody listens nothing was sent, so the next server is asked. */
async function reached(
  ports: readonly number[],
  at: number,
  ask: (port: number) => Promise<Response>,
): Promise<Response> {
  for (let tried = 0; ; tried++) {
    try {
      return await ask(ports[(at + tried) % ports.length] ?? 0);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : null;
      const nobody = cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
      if (!nobody || tried + 1 >= ports.length) throw error;
    }
  }
}

const bodyIn = (text: string): Body => JSON.parse(text) as Body; // every answer of the API is an object
const bytes = (text: unknown): Uint8Array => Buffer.from(String(text), "base64url");
const text = (data: Uint8Array): string => Buffer.from(data).toString("base64url");

/** A passkey's answer to a challenge, as the API takes it. */
export function assertionOf(
  key: SoftAuthenticator,
  origin: string,
  asked: { readonly challenge: unknown; readonly nonce: unknown },
) {
  const rpId = new URL(origin).hostname;
  const made = key.assert({ rpId, origin, challenge: bytes(asked.challenge) });
  return {
    nonce: asked.nonce,
    credential: text(made.credentialId),
    clientData: text(made.clientDataJson),
    authenticatorData: text(made.authenticatorData),
    signature: text(made.signature),
    userHandle: made.userHandle === null ? null : text(made.userHandle),
  };
}

/** What an answer has to be where nothing is in the way. */
export function wanted(reply: Reply): Body {
  if (reply.kind === "answer" && reply.status === 200) return reply.body;
  throw new Error(`refused: ${JSON.stringify(reply)}`);
}

export type Person = Caller & {
  readonly id: string;
  readonly origin: string;
  readonly key: SoftAuthenticator;
  readonly signIn: (at: number) => Promise<Reply>;
};

/** The founding ceremony, and everybody signed in. */
export async function founded(
  { origin, ports }: { readonly origin: string; readonly ports: readonly number[] },
  setUp: string,
  ids: readonly string[],
): Promise<readonly Person[]> {
  const anybody = callerOf(origin, ports);
  const post = async (path: string, body: object, bearer: string) =>
    wanted(await anybody.call(0, { method: "POST", path: `/api/v1/${path}`, body, bearer }));
  const founders = ids.map((person) => ({
    person,
    name: person.toUpperCase(),
    accounts: [`email:${person}@example.com`],
  }));
  const begun = await post("set-up", { tenant: "Shop", founders }, setUp);
  const keys = new Map<string, SoftAuthenticator>();
  // As the operation describes its answer.
  for (const { person, link } of begun["links"] as { person: string; link: string }[]) {
    const secret = link.split("#")[1] ?? "";
    const asked = await post("invitation/options", {}, secret);
    const { user, challenge } = asked["publicKey"] as { user: { id: string }; challenge: string };
    const key = softAuthenticator({ userHandle: bytes(user.id) });
    const rpId = new URL(origin).hostname;
    const made = key.register({ rpId, origin, challenge: bytes(challenge) });
    const registration = {
      nonce: asked["nonce"],
      credential: text(made.credentialId),
      clientData: text(made.clientDataJson),
      attestationObject: text(made.attestationObject),
    };
    await post("invitation/keys", registration, secret);
    keys.set(person, key);
  }
  await post("set-up/complete", {}, setUp);
  const people = [...keys].map(([id, key]) => personOf(id, key, { origin, ports }));
  for (const person of people) wanted(await person.signIn(0));
  return people;
}

function personOf(
  id: string,
  key: SoftAuthenticator,
  { origin, ports }: { readonly origin: string; readonly ports: readonly number[] },
): Person {
  const caller = callerOf(origin, ports);
  return {
    ...caller,
    id,
    origin,
    key,
    signIn: async (at) => {
      const path = "/api/v1/sign-in";
      const options = await caller.call(at, { method: "POST", path: `${path}/options`, body: {} });
      if (options.kind === "lost" || options.status !== 200) return options;
      const { challenge } = options.body["publicKey"] as { challenge: string }; // as described
      const asked = { challenge, nonce: options.body["nonce"] };
      return await caller.call(at, { method: "POST", path, body: assertionOf(key, origin, asked) });
    },
  };
}
