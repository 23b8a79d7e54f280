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
  headFile,
  httpApp,
  type KnownKey,
  type Ledger,
  logKey,
  logRoutes,
  openGate,
  openLedger,
  prepare,
} from "@interlock/server";
import { type Store, transaction } from "@interlock/store";
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
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly clock: { now: number };
  readonly keys: Map<string, SoftAuthenticator>;
  /** Calls as somebody: `gate` is the token of an enforcement point, all other names are persons. */
  readonly call: (as: string, method: "GET" | "POST", url: string, body?: object) => Promise<Reply>;
  /** Asks for a statement and signs it. */
  readonly sign: (as: string, change: string, decision: string, more?: Signing) => Promise<Reply>;
  readonly revoke: (person: string) => void;
  readonly close: () => Promise<void>;
};

export type Reply = {
  readonly status: number;
  readonly body: { readonly [name: string]: unknown };
};
export type Signing = { readonly ask?: object; readonly wrong?: Wrong; readonly key?: string };

export async function openWorld(engine: EngineUnderTest, periodMs = 5): Promise<World> {
  const home = await engine.home();
  const store = await opened(home.place);
  const folder = mkdtempSync(join(tmpdir(), "interlock-server-"));
  const clock = { now: NOW };
  const now = () => clock.now;
  const ledger = openLedger({
    ...{ store, key: KEY, memory: headFile(join(folder, "head")), witnesses: [], periodMs, now },
    fetch: () => Promise.reject(new Error("there is no witness")),
    onFailure: (failure) => {
      throw new Error(failure.message);
    },
  });
  const keys = new Map(["ana", "bo", "cy", "dee"].map((id) => [id, softAuthenticator({})]));
  const known = await enrol(store, ledger, keys);
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
    return Promise.resolve(
      keys.has(name)
        ? { kind: "person" as const, person: name, session: "s" }
        : { kind: "nobody" as const },
    );
  };
  const gate = openGate({
    store,
    ledger,
    now,
    origin: ORIGIN,
    joinPeople: (people) => Promise.resolve(people),
    decided: () => undefined,
  });
  changeRoutes(app, authenticate, {
    ...{ store, ledger, gate, now },
    site: () => Promise.resolve(SITE),
    keys: {
      ofPerson: (_db, who) => Promise.resolve(known.filter((key) => key.person === who)),
    },
  });
  logRoutes(app, store.db);
  const call: World["call"] = async (as, method, url, body) => {
    const reply = await app.inject({
      ...{ method, url, headers: { authorization: `Bearer ${as}` } },
      ...(body === undefined ? {} : { payload: body }),
    });
    return { status: reply.statusCode, body: reply.json() };
  };
  return {
    ...{ app, store, ledger, clock, keys, call },
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
    revoke: (who) => {
      for (const key of known.filter((one) => one.person === who))
        known.splice(known.indexOf(key), 1);
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

async function enrol(
  store: Store,
  ledger: Ledger,
  keys: ReadonlyMap<string, SoftAuthenticator>,
): Promise<KnownKey[]> {
  const known: KnownKey[] = [];
  for (const [id, key] of keys) {
    const credential = toBase64url(key.credentialId);
    const entry = prepare({
      kind: "enrolment",
      at: NOW - HOUR,
      subject: null,
      body: {
        ...{ person: id, credential, key: toBase64url(key.publicKey) },
        ...{ userHandle: toBase64url(key.userHandle), backupEligible: key.backupEligible },
        ...{ backedUp: key.backupEligible, signCount: 0, aaguid: "0".repeat(32) },
        ...{ attestation: { format: "none", trust: "none" }, basis: "founding" },
        ...{ endorsedBy: [], usableFrom: NOW - HOUR },
      },
    });
    const done = await transaction<number, unknown>(store, async (tx) => {
      const appended = await ledger.append(tx, [entry]);
      return appended.ok ? { ok: true, value: appended.value[0] ?? -1 } : appended;
    });
    if (done.kind !== "committed") throw new Error("the key was not enrolled");
    known.push({
      person: id,
      credential,
      enrolmentIndex: done.value,
      usableFrom: NOW - HOUR,
      signCount: 0,
    });
  }
  return known;
}

export { DIGEST, NOW };
