// SPDX-License-Identifier: Apache-2.0
import { ENDPOINTS } from "@interlock/protocol";
import { describe, expect, it } from "vitest";
import { NO_IDENTITY, peopleFacts } from "../../src/index.ts";
import { keyBook } from "../../src/people/key-book.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  endorse,
  entries,
  expect200,
  found,
  newWorld,
  propose,
  registerAt,
  signedIn,
  trySignIn,
  type World,
} from "../people/world.ts";
import { changeByTwo, PROPOSED, provisioned, scimSettings, scimWith } from "./scim.ts";

const active = (value: unknown) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [{ op: "Replace", path: "active", value }],
});

describe.each(ENGINES)("users by SCIM ($name)", (engine) => {
  const store = storeOf(engine);
  const start = () => provisioned(store());
  const factsOf = async ({ terms }: World) =>
    peopleFacts(await terms.book.at(store().db), NO_IDENTITY, 0);
  const personIn = async (at: World, id: string) =>
    (await factsOf(at)).persons.find((one) => one.id === id);
  const keysIn = async ({ terms }: World, id: string) =>
    await keyBook({ book: terms.book, refusedAaguids: [] }).ofPerson(store().db, id);

  it("IN1 its token takes two people, says who they were, and does nothing else", async () => {
    const at = await newWorld(store(), { identity: scimSettings() });
    const keys = await found(at);
    const cookie = await signedIn(at, keys["ana"]);
    const alone = { name: "x", repository: "*", verbs: ["scim"] };
    const refused = await at.call("POST", "/api/v1/tokens", { cookie, body: alone });
    expect(refused).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    const made = await at.call("POST", "/api/v1/proposals", { cookie, body: PROPOSED });
    const { proposal, secret } = expect200(made);
    expect(proposal).toMatchObject({ kind: "provisioner", needed: 2, person: "ana" });
    const scim = scimWith(at, secret);
    expect((await scim("GET", "/Users")).status).toBe(401);
    const link = secret.replace("ilk_", "");
    expect((await at.call("GET", "/api/v1/invitation", { bearer: link })).status).toBe(401);
    const own = await endorse(at, { cookie, key: keys["ana"] }, proposal.proposal);
    expect(expect200(own).state).toBe("open");
    expect((await scim("GET", "/Users")).status).toBe(401);
    const bo = { cookie: await signedIn(at, keys["bo"]), key: keys["bo"] };
    expect200(await endorse(at, bo, proposal.proposal));
    expect((await scim("GET", "/Users")).status).toBe(200);
    const [agreement, entry] = (await entries(at)).slice(-2);
    expect(agreement).toMatchObject({ kind: "agreement", body: { about: "provisioner" } });
    expect(entry).toMatchObject({
      kind: "token",
      body: { verbs: ["scim"], repository: "*", by: "ana" },
    });
    expect(entry?.body.agreed).toMatch(/^[0-9a-f]{64}$/);
    for (const { method, path, access } of ENDPOINTS) {
      if (access === "public" || access === "invitation") continue;
      if (!at.app.hasRoute({ method, url: path })) continue;
      const url = path.replace(/:[a-z]+/g, "x");
      expect((await at.call(method, url, { bearer: secret })).status, path).toBe(403);
    }
    const repository = { name: "x", repository: "r", verbs: ["gate"] };
    const gate = expect200(await at.call("POST", "/api/v1/tokens", { cookie, body: repository }));
    expect((await scimWith(at, gate.secret)("GET", "/Users")).status).toBe(403);
    expect((await scimWith(at, null)("GET", "/Users")).status).toBe(401);
  });

  it("is not there without settings, nor can anybody make a token for it", async () => {
    const at = await newWorld(store());
    const keys = await found(at);
    expect((await scimWith(at, null)("GET", "/Users")).status).toBe(404);
    const cookie = await signedIn(at, keys["ana"]);
    const made = await at.call("POST", "/api/v1/proposals", { cookie, body: PROPOSED });
    expect(made).toMatchObject({ status: 409, body: { code: "OUT_OF_ORDER" } });
  });

  it("adds somebody without a passkey, who may get one by two people, and is in the ledger", async () => {
    const { at, keys, scim, secret } = await start();
    expect((await scim("GET", '/Users?filter=userName eq "dee@example.com"')).body).toMatchObject({
      ...{ totalResults: 0, Resources: [] },
    });
    const made = await scim("POST", "/Users", {
      ...{ userName: "Dee@example.com", externalId: "00u1", active: true, title: "kept nowhere" },
      name: { givenName: "Dee", familyName: "Doe" },
      emails: [
        { value: "dee@example.com", type: "work", primary: true },
        { value: "d@example.org" },
      ],
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{
          userName: "Dee@example.com",
          active: true,
          displayName: "Dee Doe",
          externalId: "00u1",
        },
        meta: { resourceType: "User" },
      },
    });
    expect(await personIn(at, "dee")).toMatchObject({
      active: true,
      accounts: ["email:dee@example.com"],
    });
    expect((await entries(at)).at(-1)).toMatchObject({
      kind: "provisioned",
      body: { person: "dee", name: "Dee Doe", active: true, accounts: ["email:dee@example.com"] },
    });
    expect(JSON.stringify(await entries(at))).not.toContain(secret.slice(4));
    expect(await keysIn(at, "dee")).toEqual([]);
    const ana = await signedIn(at, keys["ana"]);
    const enrol = { kind: "recovery", person: "dee", reason: "joins" };
    const { id, secret: link } = await propose(at, ana, enrol);
    await registerAt(at, link);
    expect200(await endorse(at, { cookie: ana, key: keys["ana"] }, id));
    expect(await keysIn(at, "dee")).toEqual([]);
    const cookie = await signedIn(at, keys["bo"]);
    expect200(await endorse(at, { cookie, key: keys["bo"] }, id));
    expect(await keysIn(at, "dee")).toHaveLength(1);
  });

  it("whoever is deprovisioned counts no longer at once: sessions, passkeys, tokens", async () => {
    const { at, keys, scim, add } = await start();
    const user = await add("cy@example.com");
    const cookie = await signedIn(at, keys["cy"]);
    const body = { name: "x", repository: "r", verbs: ["gate"] };
    const { token } = expect200(await at.call("POST", "/api/v1/tokens", { cookie, body }));
    // Two would remain without a fourth, which is enough.
    const gone = await scim("PATCH", `/Users/${user}`, active("False"));
    expect(gone).toMatchObject({ status: 200, body: { active: false } });
    expect((await at.call("GET", "/api/v1/me", { cookie })).status).toBe(401);
    const cy = keys["cy"];
    if (cy === undefined) throw new Error("no such key");
    expect((await trySignIn(at, cy)).status).toBe(422);
    expect(await keysIn(at, "cy")).toEqual([]);
    expect(await personIn(at, "cy")).toMatchObject({
      active: false,
      accounts: ["email:cy@example.com"],
    });
    expect((await entries(at)).at(-1)).toMatchObject({
      kind: "provisioned",
      body: { person: "cy", active: false, ended: [token.token] },
    });
    const count = (await entries(at)).length;
    expect((await scim("PATCH", `/Users/${user}`, active(false))).status).toBe(200);
    expect(await entries(at)).toHaveLength(count);
  });

  it("IN1 nobody comes back by it, two people let them in (provider-only-takes)", async () => {
    const all = await start();
    const { scim, add, at } = all;
    const user = await add("cy@example.com");
    await scim("PATCH", `/Users/${user}`, active(false));
    const back = await scim("PATCH", `/Users/${user}`, active("True"));
    expect(back).toMatchObject({ status: 403 });
    expect(back.body.detail).toContain("two people have to let them back in");
    const whole = { userName: "cy@example.com", active: true };
    expect((await scim("PUT", `/Users/${user}`, whole)).status).toBe(403);
    await changeByTwo(all, { person: "cy", name: "Cy", active: true, accounts: [] });
    expect((await scim("PATCH", `/Users/${user}`, active(true))).status).toBe(200);
    expect(await personIn(at, "cy")).toMatchObject({ active: true });
    const dee = await add("dee@example.com");
    await scim("PATCH", `/Users/${dee}`, active(false));
    expect((await scim("PATCH", `/Users/${dee}`, active(true))).status).toBe(403);
    expect(await personIn(at, "dee")).toMatchObject({ active: false });
    expect(at.alerts).toEqual([]);
  });

  it("leaves two who can sign, and counts nobody without a passkey among them", async () => {
    const { at, scim, add } = await start();
    await add("dee@example.com");
    const cy = await add("cy@example.com");
    const bo = await add("bo@example.com");
    expect((await scim("DELETE", `/Users/${cy}`)).status).toBe(204);
    const last = await scim("DELETE", `/Users/${bo}`);
    expect(last.status).toBe(409);
    expect(last.body.detail).toContain("fewer than two active persons with a passkey");
    expect(await personIn(at, "bo")).toMatchObject({ active: true });
  });

  it("its token ends with whoever proposed it", async () => {
    const { scim, add } = await start();
    const ana = await add("ana@example.com");
    expect((await scim("DELETE", `/Users/${ana}`)).status).toBe(204);
    expect((await scim("GET", "/Users")).status).toBe(401);
  });

  it("is the person whose address it is: one human is one person (two-people)", async () => {
    const { at, scim, add } = await start();
    const user = await add("ana@example.com", { displayName: "Somebody" });
    const persons = (await factsOf(at)).persons.map(({ id }) => id);
    expect(persons).toEqual(["ana", "bo", "cy"]);
    expect(await personIn(at, "ana")).toMatchObject({
      accounts: ["email:ana@example.com", "github:ana"],
    });
    const row = await at.store.db
      .selectFrom("person")
      .selectAll()
      .where("id", "=", "ana")
      .execute();
    expect(row[0]?.name).toBe("Ana");
    expect((await scim("GET", `/Users/${user}`)).body.displayName).toBe("Somebody");
  });

  it.each<readonly [string, object, string]>([
    ["the same name in other letters", { userName: "DEE@example.com" }, "another user has"],
    [
      "an address of another user",
      { userName: "e@example.com", emails: [{ value: "DEE@example.com" }] },
      "another user has",
    ],
    [
      "the address of somebody whom another user is",
      { userName: "d2", emails: [{ value: "bo@example.com" }] },
      "is the user",
    ],
    [
      "addresses of two persons",
      { userName: "ana@example.com", emails: [{ value: "cy@example.com" }] },
      "two people have to say",
    ],
    [
      "the id of somebody with another address",
      { userName: "cy@example.org" },
      "is somebody already",
    ],
  ])(
    "refuses %s, so that two are never made of one nor one of two (two-people)",
    async (_name, body, says) => {
      const { at, scim, add } = await start();
      await add("dee@example.com", { emails: [{ value: "dee@example.com" }] });
      await add("bo@example.com");
      const before = await factsOf(at);
      const refused = await scim("POST", "/Users", body);
      expect(refused).toMatchObject({ status: 409, body: { scimType: "uniqueness" } });
      expect(refused.body.detail).toContain(says);
      expect(await factsOf(at)).toEqual(before);
    },
  );

  it("a renamed human stays one person, and keeps what they wrote (two-people)", async () => {
    const { at, scim, add } = await start();
    const dee = await add("dee@example.com");
    const renamed = { userName: "dora@example.com", displayName: "Dora" };
    expect((await scim("PUT", `/Users/${dee}`, renamed)).status).toBe(200);
    expect(await personIn(at, "dee")).toMatchObject({
      accounts: ["email:dee@example.com", "email:dora@example.com"],
    });
    expect(await personIn(at, "dora")).toBeUndefined();
    const again = await scim("POST", "/Users", { userName: "dee@example.com" });
    expect(again).toMatchObject({ status: 409 });
    expect((await scim("DELETE", `/Users/${dee}`)).status).toBe(204);
    const other = await scim("POST", "/Users", { userName: "dee@example.com" });
    expect(other.body.detail).toContain("who left");
    expect((await scim("GET", `/Users/${dee}`)).status).toBe(404);
    expect((await entries(at)).at(-1)).toMatchObject({ body: { userName: "", active: false } });
  });

  it("IN1 whoever has a passkey keeps name and accounts whatever it sends (provider-only-takes)", async () => {
    const { scim, add, at } = await start();
    const user = await add("ana@example.com");
    const before = await personIn(at, "ana");
    const renamed = { userName: "bo.private@example.com", displayName: "Bo" };
    expect((await scim("PUT", `/Users/${user}`, renamed)).status).toBe(200);
    expect(await personIn(at, "ana")).toEqual(before);
    const stolen = await scim("PUT", `/Users/${user}`, { userName: "bo@example.com" });
    expect(stolen).toMatchObject({ status: 409 });
    expect(stolen.body.detail).toContain("`bo`'s");
    const rows = await at.store.db.selectFrom("person").select(["id", "name"]).execute();
    expect(rows).toContainEqual({ id: "ana", name: "Ana" });
  });

  it.each<readonly [string, object]>([
    ["no name", {}],
    ["a name of many lines", { userName: "a\nb" }],
    ["a name that turns the text around", { userName: "a\u202eb" }],
    ["a lone surrogate", { userName: "a\ud800" }],
    ["no address", { userName: "dee", emails: [{ value: "dee" }] }],
    ["no boolean", { userName: "dee", active: "perhaps" }],
    ["a name without a letter", { userName: "@example.com" }],
  ])("refuses a user with %s", async (_name, body) => {
    const { scim } = await start();
    const refused = await scim("POST", "/Users", body);
    expect(refused).toMatchObject({ status: 400, body: { scimType: "invalidValue" } });
  });

  it("finds and lists, a page at a time, in one order", async () => {
    const { scim, add } = await start();
    for (const name of ["d1", "d2", "d3"]) await add(`${name}@example.com`, { externalId: name });
    const found = async (query: string) => (await scim("GET", `/Users?${query}`)).body;
    const one = await found(`filter=${encodeURIComponent('username EQ "D2@example.com"')}`);
    expect(one.Resources).toHaveLength(1);
    const external = await found(`filter=${encodeURIComponent('externalId eq "d3"')}`);
    expect(external.Resources[0].userName).toBe("d3@example.com");
    const first = await found("startIndex=1&count=2");
    const second = await found("startIndex=3&count=2");
    expect([first.totalResults, first.itemsPerPage, second.itemsPerPage]).toEqual([3, 2, 1]);
    const ids = [...first.Resources, ...second.Resources].map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(3);
    expect((await found("count=0")).Resources).toEqual([]);
    const other = await scim("GET", `/Users?filter=${encodeURIComponent('title eq "x"')}`);
    expect(other).toMatchObject({ status: 400, body: { scimType: "invalidFilter" } });
    expect((await scim("GET", "/Users?filter=userName")).body.scimType).toBe("invalidFilter");
  });

  it("says what it can do", async () => {
    const { scim } = await start();
    expect((await scim("GET", "/ServiceProviderConfig")).body.patch).toEqual({ supported: true });
    expect((await scim("GET", "/ResourceTypes")).body.totalResults).toBe(2);
    expect((await scim("GET", "/Schemas")).body.totalResults).toBe(2);
  });
});
