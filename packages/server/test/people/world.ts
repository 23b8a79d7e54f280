// SPDX-License-Identifier: Apache-2.0
import { readBody } from "@interlock/core";
import { append, ledgerSize, readEntry, type Store } from "@interlock/store";
import { type SoftAuthenticator, softAuthenticator, type Wrong } from "@interlock/testkit";
import type { FastifyInstance } from "fastify";
import { sql } from "kysely";
import { httpApp } from "../../src/http/app.ts";
import { NO_IDENTITY, peopleBook, setUpSecret } from "../../src/index.ts";
import type { Limits } from "../../src/people/limits.ts";
import { openPeople, type PeopleOfServer } from "../../src/people/people.ts";
import { type Alert, COOLDOWN_MS, type PeopleTerms } from "../../src/people/terms.ts";

export const ORIGIN = "https://interlock.example.com";
export const RP_ID = "interlock.example.com";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 5, 9);

export type Answered = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever came back, to be compared by the test
  readonly body: any;
  readonly cookie: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
};

export type With = {
  readonly cookie?: string | null;
  readonly bearer?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
};

export type World = {
  readonly store: Store;
  readonly app: FastifyInstance;
  readonly clock: { now: number };
  readonly alerts: Alert[];
  readonly terms: PeopleTerms;
  readonly authenticate: PeopleOfServer["authenticate"];
  readonly call: (
    method: "GET" | "POST" | "DELETE",
    url: string,
    given?: With,
  ) => Promise<Answered>;
  /** How many entries there were before it. */
  readonly start: number;
};

const ENDLESS: Limits = {
  each: { burst: 1e6, everyMs: 1 },
  all: { burst: 1e6, everyMs: 1 },
};

/** Children before parents. */
const TABLES = [
  ...(["device_login", "terminal_session"] as const),
  ...(["scim_member", "scim_group", "scim_user", "issuer_flow"] as const),
  ...(["exchanged_token", "used_assertion"] as const),
  ...(["endorsement", "session", "token", "credential", "person_account", "challenge"] as const),
  ...(["proposed_key", "proposal", "set_up", "site", "person"] as const),
];

/** As only the owner of the database can: its trigger refuses it to everybody. */
async function emptyLedger({ db }: Store): Promise<void> {
  await sql`alter table ledger_entry disable trigger ledger_entry_is_append_only`.execute(db);
  await sql`truncate ledger_entry, ledger_body`.execute(db);
  await sql`update ledger_head set next_index = 0`.execute(db);
  await sql`alter table ledger_entry enable trigger ledger_entry_is_append_only`.execute(db);
}

/** A server on a store without people and without entries. */
export async function newWorld(
  store: Store,
  over: Partial<PeopleTerms> & { readonly limits?: Limits } = {},
): Promise<World> {
  for (const table of TABLES) await store.db.deleteFrom(table).execute();
  await emptyLedger(store);
  return await worldOn(store, over);
}

/** A server on what is there. */
export async function worldOn(
  store: Store,
  over: Partial<PeopleTerms> & { readonly limits?: Limits } = {},
): Promise<World> {
  const clock = { now: START };
  const alerts: Alert[] = [];
  const start = await ledgerSize(store.db);
  const onAlert = (alert: Alert) => void alerts.push(alert);
  const terms: PeopleTerms = {
    store,
    book: peopleBook(store, (entry) => onAlert({ kind: "entry-unproven", ...entry })),
    ledger: {
      append: (tx, entries) =>
        append(
          tx,
          entries.map(({ entry }) => entry),
        ),
    },
    ledgerName: "interlock.example.com/log",
    origin: ORIGIN,
    cooldownMs: COOLDOWN_MS,
    refusedAaguids: [],
    identity: NO_IDENTITY,
    fetch: () => Promise.reject(new Error("no issuer in this test")),
    now: () => clock.now,
    onAlert,
    ...over,
  };
  const people = await openPeople(terms);
  if (!people.ok) throw new Error(`${people.failure.code}: ${people.failure.message}`);
  const app = httpApp({ origin: terms.origin, log: false });
  people.value.routes(app, over.limits ?? ENDLESS);
  const faults: Error[] = [];
  app.addHook("onError", async (_request, _reply, error) => {
    faults.push(error);
  });
  const call: World["call"] = async (method, url, given = {}) => {
    const { cookie, bearer, body, headers, from } = given;
    const response = await app.inject({
      method,
      url,
      ...(body === undefined ? {} : { payload: body as object }),
      ...(from === undefined ? {} : { remoteAddress: from }),
      headers: {
        ...(cookie === undefined || cookie === null
          ? {}
          : { cookie: `__Host-interlock=${cookie}` }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...headers,
      },
    });
    // What the server took for a bug of ours is one here too.
    const [fault] = faults.splice(0).filter((error) => !("statusCode" in error));
    if (fault !== undefined) throw fault;
    const set = response.headers["set-cookie"];
    const match = typeof set === "string" ? /^__Host-interlock=([^;]*);/.exec(set) : null;
    return {
      status: response.statusCode,
      body: response.json(),
      cookie: match?.[1] ?? null,
      headers: response.headers,
    };
  };
  const { authenticate } = people.value;
  return { store, app, clock, alerts, terms, authenticate, start, call };
}

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));

/** The secret in a link. */
export const secretIn = (link: string): string => link.split("#")[1] ?? "";

/** What a page would send after `navigator.credentials.create` with these options. */
export function registrationWith(
  options: { readonly nonce: string },
  key: SoftAuthenticator,
  wrong: Wrong = {},
) {
  const made = key.register(
    { rpId: RP_ID, origin: ORIGIN, challenge: bytes(options.nonce) },
    wrong,
  );
  return {
    nonce: options.nonce,
    credential: b64(made.credentialId),
    clientData: b64(made.clientDataJson),
    attestationObject: b64(made.attestationObject),
  };
}

/** What a page would send after `navigator.credentials.get` with these options. */
export function assertionWith(
  options: { readonly nonce: string; readonly publicKey: { readonly challenge: string } },
  key: SoftAuthenticator,
  wrong: Wrong = {},
) {
  const challenge = bytes(options.publicKey.challenge);
  const made = key.assert({ rpId: RP_ID, origin: ORIGIN, challenge }, wrong);
  return {
    nonce: options.nonce,
    credential: b64(made.credentialId),
    clientData: b64(made.clientDataJson),
    authenticatorData: b64(made.authenticatorData),
    signature: b64(made.signature),
    userHandle: made.userHandle === null ? null : b64(made.userHandle),
  };
}

/** Registers a new key with a link and gives it; throws where the server refuses. */
export async function registerAt(world: World, bearer: string): Promise<SoftAuthenticator> {
  const options = expect200(await world.call("POST", "/api/v1/invitation/options", { bearer }));
  const key = softAuthenticator({ userHandle: bytes(options.publicKey.user.id) });
  const body = registrationWith(options, key);
  expect200(await world.call("POST", "/api/v1/invitation/keys", { bearer, body }));
  return key;
}

export function expect200(answer: Answered) {
  if (answer.status !== 200)
    throw new Error(`${answer.status}: ${answer.body.code} ${answer.body.detail}`);
  return answer.body;
}

export const FOUNDERS = [
  { person: "ana", name: "Ana", accounts: ["email:ana@example.com", "github:ana"] },
  { person: "bo", name: "Bo", accounts: ["email:bo@example.com"] },
  { person: "cy", name: "Cy", accounts: ["email:cy@example.com"] },
];

export type Founded = { readonly [person: string]: SoftAuthenticator };

export async function newSetUp(world: World): Promise<string> {
  const made = await setUpSecret(world.store, world.terms.now);
  if (!made.ok) throw new Error(made.failure.message);
  return made.value.secret;
}

/** Runs the whole founding ceremony. */
export async function found(world: World): Promise<Founded> {
  const bearer = await newSetUp(world);
  const body = { tenant: "Example", founders: FOUNDERS };
  const { links } = expect200(await world.call("POST", "/api/v1/set-up", { bearer, body }));
  const keys: Record<string, SoftAuthenticator> = {};
  for (const { person, link } of links) keys[person] = await registerAt(world, secretIn(link));
  expect200(await world.call("POST", "/api/v1/set-up/complete", { bearer }));
  return keys;
}

/** Tries to sign in. */
export async function trySignIn(
  world: World,
  key: SoftAuthenticator,
  given: { readonly wrong?: Wrong; readonly cookie?: string } = {},
): Promise<Answered> {
  const options = expect200(await world.call("POST", "/api/v1/sign-in/options"));
  const body = assertionWith(options, key, given.wrong);
  return await world.call("POST", "/api/v1/sign-in", {
    body,
    ...(given.cookie === undefined ? {} : { cookie: given.cookie }),
  });
}

/** Signs in and gives the cookie. */
export async function signedIn(world: World, key: SoftAuthenticator | undefined): Promise<string> {
  if (key === undefined) throw new Error("no such key");
  const answer = await trySignIn(world, key);
  expect200(answer);
  if (answer.cookie === null) throw new Error("no cookie was set");
  return answer.cookie;
}

export async function propose(world: World, cookie: string, body: unknown) {
  const made = expect200(await world.call("POST", "/api/v1/proposals", { cookie, body }));
  return { id: made.proposal.proposal as string, secret: secretIn(made.link ?? "") };
}

/** Endorses a proposal, or says what the server answered. */
export async function endorse(
  world: World,
  by: { readonly cookie: string; readonly key: SoftAuthenticator | undefined },
  id: string,
  wrong: Wrong = {},
): Promise<Answered> {
  if (by.key === undefined) throw new Error("no such key");
  const { cookie } = by;
  const options = await world.call("POST", `/api/v1/proposals/${id}/options`, { cookie });
  if (options.status !== 200) return options;
  const body = assertionWith(options.body, by.key, wrong);
  return await world.call("POST", `/api/v1/proposals/${id}/endorse`, { cookie, body });
}

/** All entries, oldest first, each body checked against its kind. */
export async function entries(world: World) {
  const size = await ledgerSize(world.store.db);
  const all = [];
  for (let index = world.start; index < size; index++) {
    const entry = await readEntry(world.store.db, index);
    if (entry?.body.kind !== "kept") throw new Error(`no body at ${index}`);
    const body = JSON.parse(entry.body.text);
    const read = readBody(entry.kind as "founding", body);
    if (!read.ok) throw new Error(`${entry.kind}: ${JSON.stringify(read.problems)}`);
    const id = Buffer.from(entry.leafHash).toString("hex");
    all.push({ index, id, kind: entry.kind, at: entry.at, body });
  }
  return all;
}
