// SPDX-License-Identifier: Apache-2.0
import { isUnknown } from "@interlock/core";
import { describe, expect, it } from "vitest";
import { type IdentitySettings, joinPeople, ownTeams, peopleFacts } from "../../src/index.ts";
import { ENGINES, storeOf } from "../engines.ts";
import { entries, expect200, signedIn, type World } from "../people/world.ts";
import { provisioned, scimSettings } from "./scim.ts";

describe.each(ENGINES)("groups by SCIM ($name)", (engine) => {
  const store = storeOf(engine);
  const start = async () => {
    const all = await provisioned(store());
    const [ana, bo] = [await all.add("ana@example.com"), await all.add("bo@example.com")];
    const made = await all.scim("POST", "/Groups", { displayName: "SRE", externalId: "g1" });
    expect(made.status).toBe(201);
    const { id } = made.body;
    const patch = async (...Operations: readonly object[]) =>
      await all.scim("PATCH", `/Groups/${id}`, { Operations });
    const members = async () => {
      const { body } = await all.scim("GET", `/Groups/${id}`);
      return body.members.map(({ value }: { value: string }) => value).sort();
    };
    const teams = async (settings = scimSettings()) => await teamsIn(all.at, settings);
    return { ...all, ana, bo, id, patch, members, teams };
  };
  const teamsIn = async ({ terms }: World, settings: IdentitySettings) => {
    const own = peopleFacts(await terms.book.at(store().db), settings, 0);
    const file = { accounts: [], agents: [], active: true };
    const persons = [{ id: "cy", ...file, teams: ["docs", "sre"] }];
    const joined = joinPeople({ persons, machines: [] }, own, ownTeams(settings));
    if (isUnknown(joined)) throw new Error("unknown");
    return Object.fromEntries(joined.persons.map((one) => [one.id, one.teams]));
  };

  it("are shown with their teams, those of no team, and what the provider did not get; no secret is told", async () => {
    const { at, keys, scim, add } = await provisioned(store());
    const dee = await add("dee@example.com");
    const cookie = await signedIn(at, keys["ana"]);
    const shown = async () => expect200(await at.call("GET", "/api/v1/identity", { cookie }));
    const since = at.clock.now;
    expect((await shown()).scim).toMatchObject({
      ...{ users: 1, lastEntryAt: since, lastAskedAt: since, strangers: [], refused: [] },
      teams: [{ group: "SRE", team: "sre", persons: null }],
    });
    at.clock.now += 1_000;
    await scim("POST", "/Groups", { displayName: "SRE", members: [{ value: dee }] });
    await scim("POST", "/Groups", { displayName: "Chess", members: [{ value: dee }] });
    await scim("POST", "/Users", { userName: "dee@example.org" });
    for (let i = 0; i < 2; i++) await scim("POST", "/Users", { userName: "dee@example.org" });
    expect((await shown()).scim).toMatchObject({
      ...{ lastEntryAt: since + 1_000, strangers: [{ group: "Chess", persons: 1 }] },
      teams: [{ group: "SRE", team: "sre", persons: ["dee"] }],
      refused: [{ about: "dee@example.org", message: expect.stringContaining("is somebody") }],
    });
    expect((await at.call("GET", "/api/v1/identity")).status).toBe(401);
  });

  it("are teams where the settings say so, and then nobody else says who is in them (one-source-a-team)", async () => {
    const { at, ana, bo, patch, scim, id, teams } = await start();
    expect(await teams()).toEqual({ ana: [], bo: [], cy: ["docs"] });
    await patch({ op: "add", path: "members", value: [{ value: ana }, { value: bo }] });
    expect(await teams()).toEqual({ ana: ["sre"], bo: ["sre"], cy: ["docs"] });
    expect((await entries(at)).at(-1)).toMatchObject({
      kind: "members",
      body: { name: "SRE", added: ["ana", "bo"], removed: [] },
    });
    await patch({ op: "Remove", path: `members[value eq "${bo}"]` });
    expect((await entries(at)).at(-1)).toMatchObject({ body: { added: [], removed: ["bo"] } });
    expect((await teams())["bo"]).toEqual([]);
    expect(await teams(scimSettings({ Other: "other" }))).toEqual({
      ...{ ana: [], bo: [], cy: ["docs", "sre"] },
    });
    await scim("PUT", `/Groups/${id}`, { displayName: "Interns", members: [{ value: ana }] });
    expect((await teams())["ana"]).toEqual([]);
    await scim("PUT", `/Groups/${id}`, { displayName: "SRE", members: [{ value: ana }] });
    expect((await scim("DELETE", `/Groups/${id}`)).status).toBe(204);
    expect((await teams())["ana"]).toEqual([]);
    expect((await entries(at)).at(-1)).toMatchObject({ body: { name: "", removed: ["ana"] } });
  });

  it("whose user goes lose that member", async () => {
    const { bo, patch, scim, members, teams } = await start();
    await patch({ op: "add", path: "members", value: { value: bo } });
    expect((await scim("DELETE", `/Users/${bo}`)).status).toBe(204);
    expect(await members()).toEqual([]);
    expect((await teams())["bo"]).toEqual([]);
  });

  it("take the forms that providers send, and change nothing by what is there already", async () => {
    const { at, ana, bo, patch, members, scim, id } = await start();
    const both = [ana, bo].sort();
    const add = (...users: readonly string[]) => users.map((value) => ({ value, display: "x" }));
    await patch(
      { op: "Add", path: "members", value: add(ana) },
      { op: "add", path: "members", value: add(bo) },
    );
    expect(await members()).toEqual(both);
    const count = (await entries(at)).length;
    expect((await patch({ op: "add", path: "members", value: add(ana) })).status).toBe(200);
    expect(await entries(at)).toHaveLength(count);
    await patch({ op: "Remove", path: "members", value: add(ana) });
    expect(await members()).toEqual([bo]);
    await patch({ op: "replace", path: "members", value: add(ana) });
    expect(await members()).toEqual([ana]);
    await patch({ op: "replace", value: { id, displayName: "Sre", members: add(bo) } });
    expect(await members()).toEqual([bo]);
    await patch({ op: "remove", path: "members" });
    expect(await members()).toEqual([]);
    const query = `filter=${encodeURIComponent('displayName eq "SRE"')}&excludedAttributes=members`;
    const found = (await scim("GET", `/Groups?${query}`)).body;
    expect(found.Resources).toEqual([expect.not.objectContaining({ members: expect.anything() })]);
    expect(found.Resources[0].displayName).toBe("Sre");
    const listed = (await scim("GET", "/Groups")).body;
    expect(listed).toMatchObject({ totalResults: 1, Resources: [{ members: [] }] });
  });

  it.each<readonly [string, object, number]>([
    ["a member whom nobody added", { op: "add", path: "members", value: [{ value: "x" }] }, 400],
    ["a path that is none", { op: "add", path: "members[", value: [] }, 400],
    ["a filter for adding", { op: "add", path: 'members[value eq "x"]', value: "y" }, 400],
    ["an operation that is none", { op: "move", path: "members" }, 400],
    ["no name", { op: "remove", path: "displayName" }, 400],
    ["a text for a member", { op: "add", path: "members", value: ["x"] }, 400],
    [
      "too many members",
      {
        op: "add",
        path: "members",
        value: Array.from({ length: 5_001 }, (_, i) => ({ value: `${i}` })),
      },
      413,
    ],
  ])("refuse %s, and nothing is done by half", async (_name, operation, status) => {
    const { ana, patch, members } = await start();
    const first = { op: "add", path: "members", value: [{ value: ana }] };
    expect((await patch(first, operation)).status).toBe(status);
    expect(await members()).toEqual([]);
  });

  it("of one name there is one", async () => {
    const { scim } = await start();
    const again = await scim("POST", "/Groups", { displayName: "sre" });
    expect(again).toMatchObject({ status: 409, body: { scimType: "uniqueness" } });
  });
});
