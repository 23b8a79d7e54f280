// SPDX-License-Identifier: Apache-2.0
import { softAuthenticator } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { openPeople, setUpSecret } from "../../src/index.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  entries,
  expect200,
  FOUNDERS,
  found,
  HOUR,
  newSetUp,
  newWorld,
  ORIGIN,
  RP_ID,
  registerAt,
  registrationWith,
  secretIn,
  signedIn,
  trySignIn,
  type World,
} from "./world.ts";

describe.each(ENGINES)("founding ($name)", (engine) => {
  const store = storeOf(engine);
  const world = () => newWorld(store());
  const begin = async (at: World, bearer: string, founders: unknown = FOUNDERS) =>
    await at.call("POST", "/api/v1/set-up", { bearer, body: { tenant: "Example", founders } });

  it("from the set-up secret to signed-in founders, with entry and row together (enrolment-first)", async () => {
    const at = await world();
    expect(expect200(await at.call("GET", "/api/v1/site"))).toEqual({
      founded: false,
      tenant: null,
    });
    const keys = await found(at);
    expect(expect200(await at.call("GET", "/api/v1/site"))).toEqual({
      founded: true,
      tenant: "Example",
    });
    const all = await entries(at);
    expect(all.map(({ kind }) => kind)).toEqual([
      ...["founding", "person", "person", "person", "enrolment", "enrolment", "enrolment"],
    ]);
    expect(all[0]?.body).toEqual({
      entries: all.slice(1).map(({ id }) => id),
      ...{ tenant: "Example", product: ORIGIN, ledger: "interlock.example.com/log" },
      ...{ rpId: RP_ID, origins: [ORIGIN], founders: ["ana", "bo", "cy"], cooldownMs: 24 * HOUR },
    });
    expect(all[1]?.body).toMatchObject({ person: "ana", by: ["ana", "bo", "cy"] });
    for (const { body } of all.slice(4))
      expect(body).toMatchObject({
        ...{ basis: "founding", endorsedBy: [], usableFrom: at.clock.now },
        attestation: { format: "none", trust: "none" },
      });
    const cookie = await signedIn(at, keys["ana"]);
    const me = expect200(await at.call("GET", "/api/v1/me", { cookie }));
    expect(me).toMatchObject({ person: "ana", name: "Ana" });
    const { people } = expect200(await at.call("GET", "/api/v1/people", { cookie }));
    expect(
      people.map((p: { person: string; keys: unknown[] }) => [p.person, p.keys.length]),
    ).toEqual([
      ["ana", 1],
      ["bo", 1],
      ["cy", 1],
    ]);
  });

  it("TK12 the set-up secret and all links are dead after the founding, like any that never was", async () => {
    const at = await world();
    const bearer = await newSetUp(at);
    const { links } = expect200(await begin(at, bearer));
    const secrets = links.map(({ link }: { link: string }) => secretIn(link));
    for (const secret of secrets) await registerAt(at, secret);
    expect200(await at.call("POST", "/api/v1/set-up/complete", { bearer }));
    const never = Buffer.alloc(32, 7).toString("base64url");
    const asked = [bearer, never, "nonsense"].map((one) =>
      at.call("GET", "/api/v1/set-up", { bearer: one }),
    );
    const invited = [...secrets, never].map((one) =>
      at.call("GET", "/api/v1/invitation", { bearer: one }),
    );
    const answers = await Promise.all([...asked, ...invited]);
    for (const { status, body } of answers)
      expect({ status, body }).toEqual({ status: 401, body: answers[0]?.body });
    const again = await setUpSecret(at.store, at.terms.now);
    expect(again).toMatchObject({ ok: false, failure: { code: "OUT_OF_ORDER" } });
    expect((await begin(at, bearer)).status).toBe(401);
  });

  it("is complete only when every founder has a passkey, and can be started again", async () => {
    const at = await world();
    const bearer = await newSetUp(at);
    const first = expect200(await begin(at, bearer));
    const old = secretIn(first.links[0].link);
    await registerAt(at, old);
    const early = await at.call("POST", "/api/v1/set-up/complete", { bearer });
    expect(early).toMatchObject({ status: 409, body: { code: "OUT_OF_ORDER" } });
    expect(early.body.detail).toBe("`bo`, `cy` registered no passkey yet");
    expect(await entries(at)).toEqual([]);
    const second = expect200(await begin(at, bearer));
    expect((await at.call("GET", "/api/v1/invitation", { bearer: old })).status).toBe(401);
    const state = expect200(await at.call("GET", "/api/v1/set-up", { bearer }));
    expect(state.founders.map(({ keys }: { keys: number }) => keys)).toEqual([0, 0, 0]);
    for (const { link } of second.links) await registerAt(at, secretIn(link));
    await registerAt(at, secretIn(second.links[0].link));
    expect200(await at.call("POST", "/api/v1/set-up/complete", { bearer }));
    expect((await entries(at)).filter(({ kind }) => kind === "enrolment")).toHaveLength(4);
  });

  it("a new set-up secret takes the place of the old one; each lasts a day", async () => {
    const at = await world();
    const lost = await newSetUp(at);
    const bearer = await newSetUp(at);
    expect((await begin(at, lost)).status).toBe(401);
    expect((await begin(at, bearer)).status).toBe(200);
    at.clock.now += 24 * HOUR;
    expect((await begin(at, bearer)).status).toBe(401);
    const fresh = await newSetUp(at);
    expect((await begin(at, fresh)).status).toBe(200);
  });

  it.each<readonly [string, unknown, string]>([
    ["two founders", FOUNDERS.slice(0, 2), "founders"],
    ["one id for two", [...FOUNDERS, { ...FOUNDERS[0], accounts: [] }], "`ana` is named for two"],
    [
      "one account for two",
      [...FOUNDERS, { person: "dee", name: "Dee", accounts: ["github:ana"] }],
      "`github:ana` is named for two",
    ],
    ["an id that is none", [...FOUNDERS, { person: "Dee", name: "Dee", accounts: [] }], "person"],
    [
      "the account that stands for a person",
      [...FOUNDERS, { person: "dee", name: "Dee", accounts: ["person:ana"] }],
      "accounts",
    ],
    [
      "an account in another spelling",
      [...FOUNDERS, { person: "dee", name: "Dee", accounts: ["email:Dee@example.com"] }],
      "accounts",
    ],
    [
      "UI1 a name that turns the text around",
      [...FOUNDERS, { person: "dee", name: "Dee\u202eana", accounts: [] }],
      "name",
    ],
    [
      "TK7 a field that nobody defined",
      [...FOUNDERS, { person: "dee", name: "Dee", accounts: [], role: "admin" }],
      "role",
    ],
  ])("refuses %s", async (_name, founders, says) => {
    const at = await world();
    const answer = await begin(at, await newSetUp(at), founders);
    expect(answer).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    expect(answer.body.detail).toContain(says);
  });

  it("two completions at once found one organisation", async () => {
    const at = await world();
    const bearer = await newSetUp(at);
    const { links } = expect200(await begin(at, bearer));
    for (const { link } of links) await registerAt(at, secretIn(link));
    const both = await Promise.all(
      [1, 2].map(() => at.call("POST", "/api/v1/set-up/complete", { bearer })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    expect((await entries(at)).filter(({ kind }) => kind === "founding")).toHaveLength(1);
  });

  it("a server with another origin or ledger refuses to start", async () => {
    const at = await world();
    await found(at);
    for (const other of [
      { origin: "https://other.example.com" },
      { origin: "https://interlock.example.com:8443" },
      { ledgerName: "other.example.com/log" },
    ])
      expect(await openPeople({ ...at.terms, ...other })).toMatchObject({
        ok: false,
        failure: { code: "SITE_DIFFERS", message: expect.stringContaining(ORIGIN) },
      });
    expect((await openPeople(at.terms)).ok).toBe(true);
  });

  it.each(["http://interlock.example.com", "https://10.0.0.1", `${ORIGIN}/`, `${ORIGIN}:443`])(
    "no passkey works on %s",
    async (origin) => {
      const at = await world();
      expect(await openPeople({ ...at.terms, origin })).toMatchObject({
        ok: false,
        failure: { code: "INPUT_INVALID" },
      });
    },
  );

  describe("registering", () => {
    const invited = async () => {
      const at = await world();
      const { links } = expect200(await begin(at, await newSetUp(at)));
      const bearer = secretIn(links[0].link);
      const other = secretIn(links[1].link);
      const options = async (secret = bearer) =>
        expect200(await at.call("POST", "/api/v1/invitation/options", { bearer: secret }));
      const register = (body: unknown) =>
        at.call("POST", "/api/v1/invitation/keys", { bearer, body });
      return { at, bearer, other, options, register };
    };

    it("asks for a discoverable key that verifies its user", async () => {
      const { options } = await invited();
      const { publicKey } = await options();
      expect(publicKey).toMatchObject({
        rp: { id: RP_ID, name: "Example" },
        user: { name: "ana", displayName: "Ana" },
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
        attestation: "none",
      });
      expect(Buffer.from(publicKey.challenge, "base64url")).toHaveLength(32);
      expect(Buffer.from(publicKey.user.id, "base64url")).toHaveLength(32);
    });

    it("WA7 a challenge that was used, has expired, is another's or was never given", async () => {
      const { at, other, options, register } = await invited();
      const key = () => softAuthenticator({});
      const used = await options();
      const [first, second] = [key(), key()];
      expect((await register(registrationWith(used, first))).status).toBe(200);
      const refusals = [
        registrationWith(used, second),
        registrationWith(await options(other), key()),
        registrationWith({ nonce: Buffer.alloc(32, 1).toString("base64url") }, key()),
      ];
      const expired = registrationWith(await options(), key());
      for (const body of refusals)
        expect(await register(body)).toMatchObject({
          status: 422,
          body: { code: "PASSKEY_REFUSED", detail: expect.stringContaining("the challenge is") },
        });
      at.clock.now += 5 * 60_000;
      expect((await register(expired)).status).toBe(422);
    });

    it("WA7 of two that come with one challenge at once, one is registered", async () => {
      const { options, register } = await invited();
      const given = await options();
      const both = await Promise.all(
        [1, 2].map(() => register(registrationWith(given, softAuthenticator({})))),
      );
      expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    });

    it.each<readonly [string, Parameters<typeof registrationWith>[2], string]>([
      ["WA1 UV=0", { clear: 0x04 }, "UV is not set"],
      ["WA3 another site", { rpId: "example.com" }, "for another site"],
      ["WA4 a subdomain", { clientData: { origin: "https://x.interlock.example.com" } }, "origins"],
      ["WA6 an assertion", { type: "webauthn.get" }, "another ceremony"],
    ])("%s is refused, and its challenge is used up", async (_name, wrong, says) => {
      const { options, register } = await invited();
      const given = await options();
      const key = softAuthenticator({});
      const refused = await register(registrationWith(given, key, wrong));
      expect(refused).toMatchObject({ status: 422, body: { code: "PASSKEY_REFUSED" } });
      expect(refused.body.detail).toContain(says);
      expect((await register(registrationWith(given, key))).status).toBe(422);
    });

    it("PX7 bombs of CBOR are refused without harm", async () => {
      const { options, register } = await invited();
      const bombs = [
        Buffer.alloc(32_768, 0x81),
        Buffer.alloc(32_768, 0xa1),
        Buffer.from([0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Buffer.from([0xbf, ...Array.from({ length: 1_000 }, () => 0x9f)]),
      ];
      for (const bomb of bombs) {
        const body = registrationWith(await options(), softAuthenticator({}));
        const attestationObject = bomb.toString("base64url");
        expect(await register({ ...body, attestationObject })).toMatchObject({
          status: 422,
          body: { code: "PASSKEY_REFUSED" },
        });
      }
      const body = registrationWith(await options(), softAuthenticator({}));
      const huge = { ...body, attestationObject: "A".repeat(50_000) };
      expect((await register(huge)).status).toBe(400);
      expect(
        (await register(registrationWith(await options(), softAuthenticator({})))).status,
      ).toBe(200);
    });

    it("one credential is nobody's twice, and a link takes five", async () => {
      const { at, bearer, other, options, register } = await invited();
      const key = softAuthenticator({});
      expect((await register(registrationWith(await options(), key))).status).toBe(200);
      const again = registrationWith(await options(other), key);
      expect(
        await at.call("POST", "/api/v1/invitation/keys", { bearer: other, body: again }),
      ).toMatchObject({ status: 422, body: { code: "PASSKEY_REFUSED" } });
      for (let i = 0; i < 4; i++) await registerAt(at, bearer);
      const sixth = await at.call("POST", "/api/v1/invitation/options", { bearer });
      expect(sixth).toMatchObject({ status: 409, body: { code: "OUT_OF_ORDER" } });
    });

    it("a key that was only registered signs nobody in", async () => {
      const { at, bearer } = await invited();
      const key = await registerAt(at, bearer);
      expect((await trySignIn(at, key)).status).toBe(422);
    });
  });
});
