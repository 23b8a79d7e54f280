/** Teams of GitHub: who counts as an owner because of them, and who does not. */
import { type IdentitySettings, NO_IDENTITY, peopleFacts, prepare } from "@interlock/server";
import { ENGINES } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { user } from "./stand-in.ts";
import { type World, type WorldTerms, world } from "./world.ts";

const OPEN = "action_required";
const DAY_MS = 86_400_000;
const ALL = ["ana", "bo", "cy", "dee"];
const TEAMS = { payments: { name: "acme/payments-team", id: 55 } };
const IDENTITY: IdentitySettings = {
  ...NO_IDENTITY,
  forgeTeams: [{ team: "payments", group: "github:55" }],
};

const start = (members: readonly string[]): WorldTerms => ({
  ...{ teams: TEAMS, persons: ALL },
  before: (hub) => {
    hub.teams.set("payments-team", { id: 55, members: members.map(user) });
    hub.pageSize = 2;
  },
});

/** Who the gate takes for members. */
async function membersIn(w: World, later = 0): Promise<readonly string[]> {
  const roster = await w.book.at(w.store.db);
  const { persons } = peopleFacts(roster, IDENTITY, Date.now() + later);
  return persons.filter(({ teams }) => teams.includes("payments")).map(({ id }) => id);
}

/** Tells of the team, and waits until it was read. */
async function told(w: World, event = "membership"): Promise<void> {
  expect(await w.deliver(event, { repository: undefined, team: { id: 55 } })).toBe(202);
  await w.settled();
}

const entries = async (w: World): Promise<number> =>
  (
    await w.store.db
      .selectFrom("ledger_entry")
      .select("kind")
      .where("kind", "=", "members")
      .execute()
  ).length;

// The store's part is tested on both engines elsewhere; here one is enough.
describe.each(ENGINES.slice(-1))("teams of GitHub ($name)", (engine) => {
  it("whoever is in the team counts as an owner, on whichever page, and no more once they left it", async () => {
    const w = await world(engine, start(ALL));
    expect(await membersIn(w)).toEqual(ALL);
    w.hub.push("f", { "f.txt": "new\n" }, "ana");
    const { number, headSha } = w.hub.open("f", "ana");
    for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
    expect((await w.judged(number))?.conclusion).toBe("success");
    const team = w.hub.teams.get("payments-team");
    team?.members.splice(1, 1);
    expect(await entries(w)).toBe(1);
    await told(w);
    await w.settled();
    // `people.yaml` goes on calling bo a member, which counts for nothing: one team has one source.
    expect(await membersIn(w)).toEqual(["ana", "cy", "dee"]);
    expect(w.check(headSha)?.conclusion).toBe(OPEN);
    // Nothing new is nothing to write.
    await told(w, "team");
    expect(await entries(w)).toBe(2);
    expect(w.trouble).toEqual([]);
  });

  it("leaves out whom the ledger does not know, bots, and who took a login over, and says so", async () => {
    const w = await world(engine, start(["ana", "bo", "eve", "robot"]));
    expect(await membersIn(w)).toEqual(["ana", "bo"]);
    expect(w.trouble).toEqual([expect.stringMatching(/payments-team.*github:eve.*github-id:900/)]);
    w.hub.teams.get("payments-team")?.members.splice(1, 3, { ...user("bo"), id: 7_777 });
    await told(w);
    expect(await membersIn(w)).toEqual(["ana"]);
    expect(w.trouble.at(-1)).toMatch(/login-taken-over:bo/);
  });

  it("a slug that another team took is nobody", async () => {
    const w = await world(engine, start(["ana", "bo"]));
    expect(await membersIn(w)).toEqual(["ana", "bo"]);
    w.hub.teams.set("payments-team", { id: 56, members: [user("cy")] });
    await told(w);
    expect(await membersIn(w)).toEqual([]);
    expect(w.trouble).toEqual([expect.stringMatching(/another team's now; nobody is in it/)]);
  });

  it.each([
    ["away", answering(503), /503/],
    ["gone", (w: World) => w.hub.teams.clear(), /404/],
    ["not ours to read", answering(403), /403/],
    ["nonsense", answering(200), /not/],
  ])(
    "a team that is %s: what was read stands for a day, then nobody counts",
    async (_, breaks, says) => {
      const w = await world(engine, start(["ana", "bo"]));
      breaks(w);
      await told(w);
      expect(w.trouble.at(-1)).toMatch(says);
      expect(w.trouble.at(-1)).toMatch(/still stands/);
      expect(await membersIn(w)).toEqual(["ana", "bo"]);
      expect(await membersIn(w, DAY_MS)).toEqual([]);
    },
  );

  it("what was shown as allowed is held when nobody could read the team for too long", async () => {
    const w = await world(engine, start(ALL));
    w.hub.push("f", { "f.txt": "new\n" }, "ana");
    const { number, headSha } = w.hub.open("f", "ana");
    for (const by of ["bo", "cy"]) w.hub.review(number, by, "APPROVED");
    expect((await w.judged(number))?.conclusion).toBe("success");
    // As the entry of a day before.
    const body = { group: "github:55", name: "acme/payments-team", added: [], removed: [] };
    const lapsed = prepare({
      ...{ kind: "members" as const, at: Date.now(), subject: null },
      body: { ...body, forge: { goodUntil: Date.now() } },
    });
    expect((await w.ledger.appendSoon([lapsed])).kind).toBe("committed");
    w.hub.broken = teamsAnswer(503);
    await told(w);
    await w.settled();
    expect(w.trouble.at(-1)).toMatch(/nobody knows who is in it/);
    expect(w.check(headSha)?.conclusion).toBe(OPEN);
    expect(await membersIn(w)).toEqual([]);
    // It can be read again.
    w.hub.broken = () => null;
    await told(w);
    await w.settled();
    expect(w.check(headSha)?.conclusion).toBe("success");
  });
});

const teamsAnswer = (status: number) => (_method: string, path: string) =>
  path.startsWith("/api/orgs/acme/teams") ? { status, body: '{"message":"broken"}' } : null;

const answering = (status: number) => (w: World) => {
  w.hub.broken = teamsAnswer(status);
};
