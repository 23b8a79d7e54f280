// SPDX-License-Identifier: Apache-2.0
/** An approval lets its content land once: on both engines, over sequences of pushes, landings and reverts. */
import { type Policy, replay } from "@interlock/core";
import { decisionAt, entriesOfKindsAbout, type Store } from "@interlock/store";
import { ENGINES, policyOf, rule } from "@interlock/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportMoves } from "../src/refs/report.ts";
import {
  facts,
  NOW,
  openWorld,
  place,
  question,
  REPOSITORY,
  type Reply,
  TWO,
  type World,
} from "./world.ts";

const DAY = 86_400_000;
const FREE = policyOf([rule("free", { covers: true, require: [] })]);

let made = 0;
/** Ids and contents of their own, so that no case meets those of another. */
const commit = () => (++made).toString(16).padStart(40, "c");
const fresh = () => (++made).toString(16).padStart(64, "d");

const decisionIn = ({ body }: Reply) =>
  body["decision"] as { readonly effective: string; readonly rules: readonly unknown[] };
const effective = (reply: Reply) => decisionIn(reply).effective;

type Push = { readonly base: string; readonly head: string; readonly digest: string };

const asked = ({ base, head, digest }: Push, policy: Policy = TWO) => ({
  ...question({ digest }, policy),
  place: place({ base, head }),
});

const landings = (store: Store, digest: string) =>
  entriesOfKindsAbout(store.db, { subject: digest, kinds: ["landed"], limit: 100 });

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  // What is asked for at the very moment of what was said before is the same act twice.
  const push = (given: Push, policy?: Policy) => {
    world.clock.now += 1;
    return world.call("gate", "POST", "/api/v1/gate", asked(given, policy));
  };
  const approved = async (given: Push) => {
    const id = String((await push(given)).body["change"]);
    for (const person of ["bo", "cy"])
      expect((await world.sign(person, id, "approve")).status).toBe(200);
    return id;
  };
  const landed = async () => {
    const [base, head, digest] = [commit(), commit(), fresh()];
    const id = await approved({ base, head, digest });
    expect(effective(await push({ base, head, digest }))).toBe("allow");
    return { base, head, digest, id };
  };

  it("approvals-end: after a landing and its revert the same content waits for approvals anew (38)", async () => {
    const { head, digest, id } = await landed();
    const back = commit();
    expect(effective(await push({ base: head, head: back, digest: fresh() }, FREE))).toBe("allow");
    const again = { base: back, head: commit(), digest };
    const held = await push(again);
    expect(effective(held)).toBe("hold");
    const [entry, more] = await landings(world.store, digest);
    expect(more).toBeUndefined();
    const body = JSON.parse(entry?.body.kind === "kept" ? entry.body.text : "null");
    expect(body).toMatchObject({ repository: REPOSITORY, target: "refs/heads/main", head });
    expect(JSON.stringify(decisionIn(held))).toContain(`"landed":${entry?.index}`);
    const shown = await world.call("bo", "GET", `/api/v1/changes/${id}`);
    expect(shown.body["review"]).toMatchObject({ mine: null, given: 0 });
    const { signatures } = shown.body as {
      readonly signatures: readonly { readonly ended: boolean }[];
    };
    expect(signatures.map(({ ended }) => ended)).toEqual([true, true]);
    const record = await decisionAt(world.store.db, Number(held.body["index"]));
    expect(replay(JSON.parse(record?.record?.text ?? "null"))).toEqual({ kind: "same" });

    expect((await world.sign("bo", id, "approve")).status).toBe(200);
    const one = await world.call("bo", "GET", `/api/v1/changes/${id}`);
    expect(one.body["review"]).toMatchObject({ mine: "approval", given: 1 });
    expect(effective(await push(again))).toBe("hold");
    expect((await world.sign("cy", id, "approve")).status).toBe(200);
    expect(effective(await push(again))).toBe("allow");
    // The second landing ends them as the first did.
    await push({ base: again.head, head: back, digest: fresh() }, FREE);
    expect(await landings(world.store, digest)).toHaveLength(2);
    expect(effective(await push(again))).toBe("hold");
  });

  it("approvals-end: an override lets its content land once, as an approval does (38)", async () => {
    const [base, head, digest] = [commit(), commit(), fresh()];
    const id = String((await push({ base, head, digest })).body["change"]);
    const waives = { rule: "two-people", breakGlass: false };
    const overridden = async () => {
      for (const person of ["bo", "cy"]) {
        world.clock.now += 1;
        const ask = { reason: "it burns", waives };
        expect((await world.sign(person, id, "override", { ask })).status).toBe(200);
      }
    };
    await overridden();
    expect(effective(await push({ base, head, digest }))).toBe("allow");
    const back = commit();
    await push({ base: head, head: back, digest: fresh() }, FREE);
    const again = { base: back, head: commit(), digest };
    expect(effective(await push(again))).toBe("hold");
    expect(await landings(world.store, digest)).toHaveLength(1);
    await overridden();
    expect(effective(await push(again))).toBe("allow");
  });

  it("approvals stand while nothing landed: after a push that failed, and one that lost a race", async () => {
    const { base, head, digest } = await landed();
    expect(effective(await push({ base, head, digest }))).toBe("allow");
    const other = commit();
    expect(effective(await push({ base, head: other, digest: fresh() }, FREE))).toBe("allow");
    const rebased = { base: other, head: commit(), digest };
    expect(effective(await push(rebased))).toBe("allow");
    expect(effective(await push(rebased))).toBe("allow");
    expect(await landings(world.store, digest)).toEqual([]);
  });

  it("what is seen many times at once ends approvals once, and those that come after it stand", async () => {
    const { head, digest, id } = await landed();
    const back = commit();
    const revert = { base: head, head: back, digest: fresh() };
    await Promise.all(Array.from({ length: 6 }, () => push(revert)));
    for (const person of ["bo", "cy"]) await world.sign(person, id, "approve");
    await push(revert);
    expect(effective(await push({ base: back, head, digest }))).toBe("allow");
  });

  it("a rejection outlives a landing", async () => {
    const { base, head, digest, id } = await landed();
    await world.sign("dee", id, "reject", { ask: { reason: "not now" } });
    await push({ base: head, head: commit(), digest: fresh() }, FREE);
    const held = JSON.stringify(decisionIn(await push({ base, head: commit(), digest })));
    expect(held).toContain('"rejected"');
  });

  it("a person who shows a change has seen no ref, and another target's tip is none of this one's", async () => {
    const { base, head, digest } = await landed();
    const shown = { ...asked({ base: head, head: commit(), digest: fresh() }, TWO) };
    const policies = shown.policies.map(({ policy }) => ({ role: "in-force", policy }));
    const told = await world.call("bo", "POST", "/api/v1/changes", { ...shown, policies });
    expect(told.status).toBe(200);
    const target = "refs/heads/release";
    const elsewhere = asked({ base: head, head: commit(), digest: fresh() });
    await world.call("gate", "POST", "/api/v1/gate", {
      ...elsewhere,
      place: { ...elsewhere.place, target },
      facts: facts({ digest: fresh(), target }),
    });
    expect(effective(await push({ base, head, digest }))).toBe("allow");
  });

  it("what moved past the gate ends approvals once it is reported, whatever commit brought it", async () => {
    const terms = { store: world.store, ledger: world.ledger, now: () => world.clock.now };
    const reporter = { token: "t1", repository: `${REPOSITORY}:${engine.name}` };
    const nothing = "0".repeat(40);
    const { base, head, digest } = await landed();
    const ref = "refs/heads/main";
    const reporting = (old: string, fresh: string, of: string | null) =>
      reportMoves(terms, reporter, [{ ref, old, new: fresh, digest: of }]);
    expect((await reporting(nothing, base, null)).ok).toBe(true);
    expect(effective(await push({ base, head, digest }))).toBe("allow");
    const cherry = commit();
    expect((await reporting(base, cherry, digest)).ok).toBe(true);
    expect(await landings(world.store, digest)).toHaveLength(1);
    expect((await reporting(cherry, base, fresh())).ok).toBe(true);
    expect(effective(await push({ base, head, digest }))).toBe("hold");
  });

  it("commits are remembered for as long as an approval may live", async () => {
    const rows = async () =>
      (await world.store.db.selectFrom("judged_head").select("head").execute()).length;
    const before = await rows();
    expect(before).toBeGreaterThan(0);
    world.clock.now = NOW + 32 * DAY;
    await push({ base: commit(), head: commit(), digest: fresh() });
    world.clock.now = NOW;
    expect(await rows()).toBe(1);
  });

  type Step = "push" | "land" | "revert" | "other" | "bo" | "cy";
  const steps = fc.array(
    fc.constantFrom<Step>("push", "push", "land", "revert", "other", "bo", "cy", "bo", "cy"),
    { minLength: 6, maxLength: 24 },
  );

  it("approvals-end over a model: between two landings of a content two people approve", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const digest = fresh();
        const first = commit();
        let ref = { tip: first, has: false };
        // Whether the ref stands at a landing that no question has shown yet.
        let unseen = false;
        let given = new Set<string>();
        const id = String((await push({ base: first, head: commit(), digest })).body["change"]);
        let allowed: Push | null = null;
        const sees = () => {
          if (unseen) given = new Set();
          unseen = false;
        };
        for (const step of all) {
          if (step === "bo" || step === "cy") {
            world.clock.now += 1;
            expect((await world.sign(step, id, "approve")).status).toBe(200);
            given.add(step);
          } else if (step === "push" && !ref.has) {
            const at: Push = {
              base: ref.tip,
              head: allowed?.base === ref.tip ? allowed.head : commit(),
              digest,
            };
            const reply = await push(at);
            expect(effective(reply)).toBe(given.size === 2 ? "allow" : "hold");
            allowed = effective(reply) === "allow" ? at : null;
          } else if (step === "land" && allowed !== null && allowed.base === ref.tip) {
            ref = { tip: allowed.head, has: true };
            unseen = true;
          } else if (step === "other" || (step === "revert" && ref.has)) {
            const head = commit();
            await push({ base: ref.tip, head, digest: fresh() }, FREE);
            sees();
            ref = { tip: head, has: step === "other" && ref.has };
          }
        }
      }),
      { numRuns: 3 },
    );
  });
});
