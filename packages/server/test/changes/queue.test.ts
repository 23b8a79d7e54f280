// SPDX-License-Identifier: Apache-2.0
/** The queue: who is waited for, in pages that pass nothing over. */
import { ENGINES } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { facts, NOW, openWorld, place, question, REPOSITORY, TWO, type World } from "../world.ts";

type Row = { readonly id: string } & Readonly<Record<string, unknown>>;

let contents = 0;
const fresh = () => `e${(++contents).toString(16).padStart(63, "0")}`;

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  const queue = async (as: string, query = ""): Promise<readonly Row[]> =>
    (await world.call(as, "GET", `/api/v1/changes${query}`)).body["changes"] as readonly Row[];
  const ids = async (as: string, query = "") => (await queue(as, query)).map(({ id }) => id);
  const judged = async (more: object = {}, risk?: number) => {
    const asked = question({ digest: fresh(), ...more });
    const history = risk === undefined ? {} : { history: { filesTouched: risk } };
    const given = { ...asked, facts: { ...asked.facts, ...history } };
    return String((await world.call("gate", "POST", "/api/v1/gate", given)).body["change"]);
  };
  const row = async (as: string, id: string) =>
    (await queue(as, "?limit=200")).find((r) => r.id === id);

  it("a row says whose change it is, what it wants, and what you have to do with it", async () => {
    const id = await judged();
    const waits = { wanted: 2, given: 0, rejected: 0, mine: null, effective: "hold", risk: null };
    expect(await row("bo", id)).toMatchObject({ ...waits, authors: ["ana"], mayApprove: true });
    expect(await row("ana", id)).toMatchObject({ ...waits, mayApprove: false });
    await world.sign("bo", id, "approve");
    expect(await row("bo", id)).toMatchObject({ given: 1, mine: "approval" });
    await world.sign("cy", id, "reject", { ask: { reason: "no" } });
    expect(await row("dee", id)).toMatchObject({ given: 1, rejected: 1, mine: null });
    await world.sign("bo", id, "withdraw");
    expect(await row("bo", id)).toMatchObject({ given: 0, mine: null });
  });

  it("waiting for me: held, an approval is missing, and I may give it and have not", async () => {
    const id = await judged();
    expect(await ids("bo", "?waiting=me")).toContain(id);
    expect(await ids("ana", "?waiting=me")).not.toContain(id);
    await world.sign("bo", id, "approve");
    expect(await ids("bo", "?waiting=me")).not.toContain(id);
    expect(await ids("cy", "?waiting=me")).toContain(id);
    await world.sign("dee", id, "approve");
    expect(await ids("cy", "?waiting=me")).not.toContain(id);
    expect(await row("cy", id)).toMatchObject({ given: 2, wanted: 2, effective: "hold" });
  });

  it("AQ11 an approval of somebody who pushed since is not counted", async () => {
    const digest = fresh();
    const id = await judged({ digest });
    await world.sign("cy", id, "approve");
    expect(await row("bo", id)).toMatchObject({ given: 1 });
    await judged({ digest, pushedBy: ["email:cy@example.com"] });
    expect(await row("bo", id)).toMatchObject({ given: 0 });
    expect(await row("cy", id)).toMatchObject({ mayApprove: false });
  });

  it("AQ21 an approval that has expired is not counted", async () => {
    const id = await judged();
    await world.sign("bo", id, "approve", { ask: { validForHours: 1 } });
    world.clock.now = NOW + 3_600_000;
    expect(await row("bo", id)).toMatchObject({ given: 0, mine: null });
    world.clock.now = NOW;
  });

  it("owners alone are asked where only they can approve", async () => {
    const base = facts();
    const owned = {
      ...base.change,
      digest: fresh(),
      files: Array.isArray(base.change.files)
        ? base.change.files.map((f) => ({ ...f, owners: ["bo"] }))
        : [],
    };
    const asked = {
      place: place(),
      facts: { ...base, change: owned },
      policies: [{ role: "in-force", policy: TWO }],
    };
    const reply = await world.call("gate", "POST", "/api/v1/gate", asked);
    const id = String(reply.body["change"]);
    expect(await row("bo", id)).toMatchObject({ mayApprove: true });
    expect(await row("cy", id)).toMatchObject({ mayApprove: false });
    const shown = await world.call("cy", "GET", `/api/v1/changes/${id}`);
    expect(shown.body["review"]).toMatchObject({ reviewers: ["bo"], reviewersMore: false });
  });

  it("filters by outcome, repository and target", async () => {
    const digest = fresh();
    const id = await judged({ digest });
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    await judged({ digest });
    expect(await ids("bo", "?effective=allow")).toContain(id);
    expect(await ids("bo", "?effective=hold&limit=200")).not.toContain(id);
    const target = encodeURIComponent("refs/heads/main");
    expect(await ids("bo", `?target=${target}&repository=${REPOSITORY}&limit=200`)).toContain(id);
    expect(await ids("ana", "?author=me&effective=allow&limit=200")).toContain(id);
    expect(await ids("bo", "?author=me")).toEqual([]);
    expect(await ids("bo", "?repository=elsewhere")).toEqual([]);
    expect(await ids("bo", "?target=refs/heads/other")).toEqual([]);
  });

  it.each(["newest", "risk"])(
    "(steady pages) by %s: no page passes anything over or repeats it",
    async (order) => {
      const first = Array.from({ length: 7 }, async (_, i) => {
        world.clock.now = NOW + (i % 3);
        return await judged({}, i % 2 === 0 ? i : undefined);
      });
      const wanted = await Promise.all(first);
      const seen: string[] = [];
      let next: unknown = "";
      while (next !== null) {
        const after = next === "" ? "" : `&after=${next}`;
        const reply = await world.call(
          "bo",
          "GET",
          `/api/v1/changes?order=${order}&limit=2${after}`,
        );
        expect([reply.status, reply.body["detail"]]).toEqual([200, undefined]);
        seen.push(...(reply.body["changes"] as readonly Row[]).map(({ id }) => id));
        next = reply.body["next"];
        // What is judged meanwhile, again or for the first time, moves nothing.
        await judged({ digest: `e${"1".padStart(63, "0")}` }, 1_000);
      }
      expect(new Set(seen).size).toBe(seen.length);
      expect(wanted.filter((id) => !seen.includes(id))).toEqual([]);
      world.clock.now = NOW;
    },
  );

  it("by risk the riskiest comes first and what nobody measured last", async () => {
    const risks = (await queue("bo", "?order=risk&limit=200")).map((r) => Number(r["risk"] ?? -1));
    expect(risks).toEqual(risks.toSorted((a, b) => b - a));
    expect(risks[0]).toBeGreaterThan(0);
  });

  it.each(["x", "n-x-00000000000000000000", "r-1-00000000000000000000"])(
    "a place of no list is refused: %s",
    async (after) => {
      const reply = await world.call("bo", "GET", `/api/v1/changes?after=${after}`);
      expect(reply.body).toMatchObject({ code: "INPUT_INVALID" });
    },
  );

  it("counts what waits, and says as of when", async () => {
    const reply = await world.call("bo", "GET", "/api/v1/changes?limit=1");
    const { counts, asOf, head } = reply.body as {
      counts: { waitingForMe: number; held: number };
      asOf: number;
      head: number;
    };
    expect(counts.waitingForMe).toBe((await ids("bo", "?waiting=me&limit=200")).length);
    expect(counts.held).toBe((await ids("bo", "?effective=hold&limit=200")).length);
    expect([asOf, head > 0]).toEqual([NOW, true]);
  });
});
