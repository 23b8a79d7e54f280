// SPDX-License-Identifier: Apache-2.0
/** A server without people's own part: keys are enrolled straight into the ledger, callers are told by name. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { approvals, type Facts, type Policy } from "@interlock/core";
import { fromBase64url, type Site, toBase64url } from "@interlock/receipt";
import {
  changeRoutes,
  draftRoutes,
  exceptionRoutes,
  exceptionsBook,
  headFile,
  httpApp,
  keyBook,
  type Ledger,
  type LedgerFailure,
  logKey,
  logRoutes,
  NO_IDENTITY,
  openGate,
  openHearing,
  openLedger,
  type openRolloutsOf,
  type Prepared,
  peopleBook,
  prepare,
  runRoutes,
  siteOf,
  type WitnessAt,
} from "@interlock/server";
import { type Place, type Store, type StoreTerms, transaction } from "@interlock/store";
import {
  contributor,
  DIGEST,
  type EngineUnderTest,
  factsOf,
  NOW,
  opened,
  person,
  policyOf,
  rule,
  type SoftAuthenticator,
  softAuthenticator,
  type Wrong,
} from "@interlock/testkit";
import type { FastifyInstance } from "fastify";

export const ORIGIN = "https://interlock.example.com";
export const SITE: Site = {
  ledger: "interlock.example.com/log",
  tenant: "example",
  product: ORIGIN,
  rpId: "interlock.example.com",
  origins: [ORIGIN],
};
export const KEY = logKey(generateKeyPairSync("ed25519").privateKey, SITE.ledger);
export const REPOSITORY = "repository:example";
const HOUR = 3_600_000;

/** So small that a test can use it up. */
export const QUOTA = {
  repositoryBytes: 200_000,
  totalBytes: 300_000,
  tokenDayBytes: 280_000,
  personDayBytes: 1_000,
  keepMs: 30 * 86_400_000,
};

/** Two owners by passkey for everything, enforced. */
export const TWO: Policy = policyOf([
  rule("two-people", { covers: true, require: [approvals(2, "owners", { via: "passkey" })] }),
]);

export const PEOPLE = ["ana", "bo", "cy", "dee"].map((id) =>
  person(id, { accounts: [`email:${id}@example.com`], teams: ["payments"] }),
);

export const facts = (more: Partial<Facts["change"]> = {}): Facts => {
  const base = factsOf({ people: { persons: PEOPLE, machines: [] } });
  return { ...base, change: { ...base.change, contributors: [contributor("ana")], ...more } };
};

export const place = (more: object = {}) => ({
  repository: REPOSITORY,
  target: "refs/heads/main",
  environment: "unknown",
  base: "1".repeat(40),
  head: "2".repeat(40),
  merge: "3".repeat(40),
  ...more,
});

export const question = (more: Partial<Facts["change"]> = {}, policy: Policy = TWO) => ({
  place: place(),
  facts: facts(more),
  policies: [{ role: "in-force", policy }],
});

export type World = {
  readonly place: Place;
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: { now: number };
  readonly keys: Map<string, SoftAuthenticator>;
  /** Calls as somebody: `gate` is the token of an enforcement point, all other names are persons. */
  readonly call: (
    as: string,
    method: "GET" | "POST" | "DELETE",
    url: string,
    body?: object,
  ) => Promise<Reply>;
  /** Asks for a statement and signs it. */
  readonly sign: (as: string, change: string, decision: string, more?: Signing) => Promise<Reply>;
  /** Revokes the key of a person, by an entry of the ledger. */
  readonly revoke: (person: string) => Promise<void>;
  /** Somebody leaves, by an entry of the ledger. */
  readonly leave: (person: string) => Promise<void>;
  /** What was found that nobody signed who had to. */
  readonly alerts: readonly { readonly index: number; readonly says: string }[];
  readonly close: () => Promise<void>;
};

export type Reply = {
  readonly status: number;
  readonly body: { readonly [name: string]: unknown };
};
export type Signing = { readonly ask?: object; readonly wrong?: Wrong; readonly key?: string };

/** Another server on the same database was faster, or is newer. */
const OF_OTHERS = new Set(["LEDGER_STALE", "STORE_NEWER"]);

/** What a world may differ in. */
export type WorldTerms = {
  readonly periodMs?: number;
  readonly witnesses?: readonly WitnessAt[];
  readonly fetch?: typeof fetch;
  /** Nothing fails, where it is not said. */
  readonly onFailure?: (failure: LedgerFailure) => void;
  readonly store?: StoreTerms;
  /** Another server on the same database, with the same people. */
  readonly beside?: World;
  /** Further routes. */
  readonly more?: (app: FastifyInstance, around: Around) => void;
};

type Around = Parameters<typeof openRolloutsOf>[2];

export async function openWorld(engine: EngineUnderTest, terms: WorldTerms = {}): Promise<World> {
  const beside = terms.beside ?? null;
  const home = beside === null ? await engine.home() : { ...beside, remove: () => undefined };
  const store = await opened(home.place, terms.store);
  const folder = mkdtempSync(join(tmpdir(), "interlock-server-"));
  const clock = { now: NOW };
  const now = () => clock.now;
  const ledger = openLedger({
    ...{ store, key: KEY, memory: headFile(join(folder, "head")), now },
    witnesses: terms.witnesses ?? [],
    periodMs: terms.periodMs ?? 5,
    fetch: terms.fetch ?? (() => Promise.reject(new Error("there is no witness"))),
    onFailure:
      terms.onFailure ??
      ((failure) => {
        if (!OF_OTHERS.has(failure.code)) throw new Error(failure.message);
      }),
  });
  const keys =
    beside?.keys ??
    new Map(PEOPLE.map(({ id }) => [id, softAuthenticator({ synchronised: id === "dee" })]));
  if (beside === null) await enrol(store, ledger, keys);
  const alerts: { readonly index: number; readonly says: string }[] = [];
  const book = peopleBook(store, (entry) => alerts.push(entry));
  const hearing = openHearing((entry) => alerts.push(entry));
  const exceptions = exceptionsBook(store, book, (entry) => alerts.push(entry));
  const app = httpApp({ origin: ORIGIN, log: false });
  const authenticate = (request: {
    readonly headers: { readonly authorization?: string | undefined };
  }) => {
    const name = request.headers.authorization?.replace("Bearer ", "") ?? "";
    if (name === "gate")
      return Promise.resolve({
        kind: "token" as const,
        id: "t1",
        repository: REPOSITORY,
        verbs: ["gate" as const],
      });
    const [terminal = "", of = "", age = "0"] = name.split(":");
    if (terminal === "terminal")
      return Promise.resolve({
        ...{ kind: "terminal" as const, person: of, session: "t" },
        signedInAt: clock.now - Number(age),
      });
    return Promise.resolve(
      keys.has(name)
        ? { kind: "person" as const, person: name, session: "s", means: "passkey" as const }
        : { kind: "nobody" as const },
    );
  };
  const gate = openGate({
    identity: NO_IDENTITY,
    store,
    ledger,
    now,
    origin: ORIGIN,
    book,
    hearing,
    exceptions,
    decided: () => undefined,
  });
  changeRoutes(app, authenticate, {
    ...{ store, ledger, gate, now },
    site: async () => siteOf(await book.at(store.db)),
    keys: keyBook({ book, refusedAaguids: [] }),
    book,
    hearing,
    exceptions,
    contents: QUOTA,
  });
  exceptionRoutes(app, authenticate, { store, ledger, book, hearing, now, exceptions });
  runRoutes(app, authenticate, { store, ledger, book, hearing, now });
  draftRoutes(app, authenticate, { store, now });
  logRoutes(app, store.db);
  terms.more?.(app, { store, ledger, book, hearing, exceptions, now, authenticate });
  const call: World["call"] = async (as, method, url, body) => {
    const reply = await app.inject({
      ...{ method, url, headers: { authorization: `Bearer ${as}` } },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: reply.statusCode, body: reply.json() };
  };
  return {
    ...{ place: home.place, app, store, ledger, clock, keys, alerts, call },
    sign: async (as, change, decision, more = {}) => {
      const asked = await call(as, "POST", `/api/v1/changes/${change}/statements`, {
        decision,
        ...more.ask,
      });
      if (asked.status !== 200) return asked;
      const authenticator = keys.get(more.key ?? as);
      if (authenticator === undefined) throw new Error(`${as} has no key`);
      const challenge = fromBase64url(String(asked.body["challenge"])) ?? new Uint8Array();
      const made = authenticator.assert({ rpId: SITE.rpId, origin: ORIGIN, challenge }, more.wrong);
      return await call(as, "POST", `/api/v1/changes/${change}/signatures`, {
        nonce: asked.body["nonce"],
        credential: asked.body["credential"],
        clientData: toBase64url(made.clientDataJson),
        authenticatorData: toBase64url(made.authenticatorData),
        signature: toBase64url(made.signature),
        userHandle: made.userHandle === null ? null : toBase64url(made.userHandle),
      });
    },
    revoke: async (who) => {
      const key = keys.get(who);
      if (key === undefined) throw new Error(`${who} has no key`);
      const credential = toBase64url(key.credentialId);
      const body = { person: who, credential, reason: "stolen", by: [who] };
      const entry = prepare({ kind: "revocation", at: clock.now, subject: null, body });
      await appendAll(store, ledger, [entry]);
    },
    leave: async (person) => {
      const accounts = [`email:${person}@example.com`];
      const body = { person, name: person, active: false, accounts, by: ["ana", "bo"] };
      const entry = prepare({ kind: "person", at: clock.now, subject: null, body });
      await appendAll(store, ledger, [entry]);
    },
    close: async () => {
      await app.close();
      await ledger.close();
      await store.close();
      home.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The founding of four people with a key each, as the ceremony writes it. */
async function enrol(
  store: Store,
  ledger: Ledger,
  keys: ReadonlyMap<string, SoftAuthenticator>,
): Promise<void> {
  const at = NOW - HOUR;
  const names = [...keys.keys()].sort();
  const { ledger: name, tenant, product, rpId } = SITE;
  const origins = [...SITE.origins];
  const people = names.map((person) => {
    const accounts = [`email:${person}@example.com`];
    const body = { person, name: person, active: true, accounts, by: names };
    return prepare({ kind: "person", at, subject: null, body });
  });
  const enrolled = [...keys].map(([person, key]) => {
    const [credential, publicKey] = [toBase64url(key.credentialId), toBase64url(key.publicKey)];
    const body = {
      ...{ person, credential, key: publicKey, userHandle: toBase64url(key.userHandle) },
      ...{ backupEligible: key.backupEligible, backedUp: key.backupEligible, signCount: 0 },
      ...{ aaguid: "0".repeat(32), attestation: { format: "none", trust: "none" as const } },
      ...{ basis: "founding" as const, endorsedBy: [], usableFrom: at },
    };
    return prepare({ kind: "enrolment", at, subject: null, body });
  });
  const body = {
    ...{ tenant, product, ledger: name, rpId, origins, founders: names, cooldownMs: 0 },
    entries: [...people, ...enrolled].map(({ id }) => id),
  };
  const all = [prepare({ kind: "founding", at, subject: null, body }), ...people, ...enrolled];
  await appendAll(store, ledger, all);
}

/** Appends entries as a transaction of their own. */
export async function appendAll(
  store: Store,
  ledger: Pick<Ledger, "append">,
  entries: readonly Prepared[],
): Promise<readonly number[]> {
  const done = await transaction<readonly number[], unknown>(store, (tx) =>
    ledger.append(tx, entries),
  );
  if (done.kind !== "committed") throw new Error("the entries were not appended");
  return done.value;
}

export { DIGEST, NOW };
