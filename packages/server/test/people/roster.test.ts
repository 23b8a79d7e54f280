// SPDX-License-Identifier: Apache-2.0
/** What somebody who owns the database can write into the ledger about people, and what comes of it. */
import type { Bodies, EntryKind } from "@interlock/core";
import { entryId, readLeaf } from "@interlock/core";
import { append, ledgerSize, readEntry, transaction } from "@interlock/store";
import { type SoftAuthenticator, softAuthenticator } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { prepare } from "../../src/index.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  endorse,
  expect200,
  found,
  newWorld,
  propose,
  registerAt,
  signedIn,
  type World,
} from "./world.ts";

const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

/** Writes an entry as the owner of the database can: well formed, and signed by nobody. */
async function forge<K extends EntryKind>(at: World, kind: K, body: Bodies[K], time?: number) {
  const entry = prepare({ kind, at: time ?? at.clock.now, subject: null, body } as Parameters<
    typeof prepare
  >[0]); // kind and body come as one pair
  const done = await transaction(at.store, (tx) => append(tx, [entry.entry]));
  if (done.kind !== "committed") throw new Error("the entry was not written");
}

const enrolmentOf = (person: string, key: SoftAuthenticator, more: object = {}) => ({
  ...{ person, credential: b64(key.credentialId), key: b64(key.publicKey) },
  ...{ userHandle: b64(key.userHandle), backupEligible: false, backedUp: false, signCount: 0 },
  ...{ aaguid: "0".repeat(32), attestation: { format: "none", trust: "none" as const } },
  ...{ basis: "founding" as const, endorsedBy: [], usableFrom: 0, ...more },
});

const rosterOf = (at: World) => at.terms.book.at(at.store.db);
const ANA = { person: "ana", name: "Ana", accounts: ["email:ana@example.com", "github:ana"] };

describe.each(ENGINES)(
  "agreed: IN5 the owner of the database gives nobody anything ($name)",
  (engine) => {
    const store = storeOf(engine);
    const founded = async () => {
      const at = await newWorld(store());
      const keys = await found(at);
      return { at, keys };
    };
    const forgery = softAuthenticator({});

    it.each<[string, (at: World) => Promise<void>, string]>([
      [
        "a key as if it were a founder's",
        async (at) => forge(at, "enrolment", enrolmentOf("ana", forgery)),
        "nobody agreed to the key",
      ],
      [
        "a key that names endorsers, and no agreement",
        async (at) =>
          forge(
            at,
            "enrolment",
            enrolmentOf("ana", forgery, { basis: "endorsed", endorsedBy: ["bo"] }),
          ),
        "nobody agreed to the key",
      ],
      [
        "a second founding",
        async (at) =>
          forge(at, "founding", {
            ...{ tenant: "Example", product: at.terms.origin, ledger: at.terms.ledgerName },
            ...{
              rpId: "interlock.example.com",
              origins: [at.terms.origin],
              founders: ["eve", "eva"],
            },
            ...{ cooldownMs: 0, entries: [] },
          }),
        "founded before",
      ],
      [
        "an account taken from its person",
        async (at) =>
          forge(at, "person", {
            ...ANA,
            name: "Cy",
            accounts: ["github:ana"],
            active: true,
            by: ["bo", "cy"],
          }),
        "nobody agreed",
      ],
    ])("%s", async (_name, write, says) => {
      const { at } = await founded();
      const before = await rosterOf(at);
      await write(at);
      const after = await rosterOf(at);
      expect([...after.keys.keys()]).toEqual([...before.keys.keys()]);
      expect(after.persons.get("ana")).toEqual(before.persons.get("ana"));
      expect(after.founding).toEqual(before.founding);
      expect(at.alerts).toEqual([
        { kind: "entry-unproven", index: expect.any(Number), says: expect.stringContaining(says) },
      ]);
    });

    it("an agreement whose signatures somebody made up", async () => {
      const { at, keys } = await founded();
      const endorsements = ["ana", "bo"].map((person) => ({
        person,
        credential: b64(keys[person]?.credentialId ?? new Uint8Array()),
        nonce: "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU",
        ...{ clientData: "e30", authenticatorData: "AAAA", signature: "AAAA" },
      }));
      const reason = "joins";
      await forge(at, "agreement", {
        ...{
          proposal: "made-up",
          about: "recovery",
          person: "cy",
          reason,
          by: "ana",
          endorsements,
        },
        keys: [],
      });
      expect((await rosterOf(at)).agreements.size).toBe(0);
      expect(at.alerts).toMatchObject([{ says: "the signatures under `made-up` do not verify" }]);
    });

    it("an agreement is carried out once: who left does not come back by an old one", async () => {
      const { at, keys } = await founded();
      const [ana, bo] = [keys["ana"], keys["bo"]].map((key) => key);
      const by = [ana, bo].map(async (key) => ({ key, cookie: await signedIn(at, key) }));
      const [one, two] = await Promise.all(by);
      if (one === undefined || two === undefined) throw new Error("nobody is signed in");
      const accounts = ["email:cy@example.com"];
      const agree = async (active: boolean) => {
        const change = { kind: "change", person: "cy", name: "Cy", active, accounts };
        const { id } = await propose(at, one.cookie, { ...change, reason: "leaves or comes" });
        for (const who of [one, two]) expect200(await endorse(at, who, id));
      };
      await agree(false);
      await agree(true);
      const size = await ledgerSize(at.store.db);
      const back = await readEntry(at.store.db, size - 2);
      const read = readLeaf(new TextDecoder().decode(back?.leaf));
      if (!read.ok || back?.kind !== "agreement") throw new Error("the agreement is not there");
      await agree(false);
      expect((await rosterOf(at)).persons.get("cy")?.active).toBe(false);
      const agreed = entryId(read.entry);
      const body = { person: "cy", name: "Cy", active: true, accounts, by: ["ana", "bo"], agreed };
      await forge(at, "person", body);
      if (back.body.kind !== "kept") throw new Error("the agreement has no body");
      await forge(at, "agreement", JSON.parse(back.body.text));
      expect((await rosterOf(at)).persons.get("cy")?.active).toBe(false);
      expect(at.alerts).toMatchObject([
        { says: expect.stringContaining("nobody agreed to give `cy` more") },
        { says: expect.stringContaining("was agreed upon before") },
      ]);
    });

    it("what only takes away counts as it stands: a revocation, somebody who left", async () => {
      const { at, keys } = await founded();
      const credential = b64(keys["bo"]?.credentialId ?? new Uint8Array());
      await forge(at, "revocation", { person: "bo", credential, reason: "stolen", by: ["bo"] });
      await forge(at, "person", { ...ANA, active: false, by: ["bo", "cy"] });
      const roster = await rosterOf(at);
      expect(roster.keys.get(credential)?.revokedAt).toBe(at.clock.now);
      expect(roster.persons.get("ana")?.active).toBe(false);
      expect(at.alerts).toEqual([]);
    });

    it("a provider's word brings nobody back and takes no account, and lets people leave", async () => {
      const { at } = await founded();
      const word = { ...ANA, user: "u", userName: "ana", token: "t", ended: [] };
      await forge(at, "provisioned", { ...word, active: false });
      expect((await rosterOf(at)).persons.get("ana")?.active).toBe(false);
      expect(at.alerts).toEqual([]);
      await forge(at, "provisioned", { ...word, active: true, accounts: [] });
      const { persons, keys } = await rosterOf(at);
      expect(persons.get("ana")).toMatchObject({ active: false, accounts: ANA.accounts });
      expect(keys.size).toBe(3);
      expect(at.alerts).toMatchObject([{ kind: "entry-unproven" }]);
    });

    it("a key that was agreed upon cools down, whatever its entry says, and only that key", async () => {
      const { at, keys } = await founded();
      const one = { key: keys["ana"], cookie: await signedIn(at, keys["ana"]) };
      const two = { key: keys["bo"], cookie: await signedIn(at, keys["bo"]) };
      const { id, secret } = await propose(at, one.cookie, { kind: "key", reason: "a second one" });
      const key = await registerAt(at, secret);
      for (const who of [one, two]) expect200(await endorse(at, who, id));
      const own = (await rosterOf(at)).keys.get(b64(key.credentialId));
      expect(own?.usableFrom).toBe(at.clock.now + at.terms.cooldownMs);
      const agreed = own?.enrolment.body.agreed ?? "";
      await forge(
        at,
        "enrolment",
        enrolmentOf("ana", forgery, { basis: "endorsed", endorsedBy: ["bo"], agreed }),
      );
      expect((await rosterOf(at)).keys.has(b64(forgery.credentialId))).toBe(false);
    });
  },
);
