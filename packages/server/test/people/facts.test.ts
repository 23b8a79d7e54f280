// SPDX-License-Identifier: Apache-2.0
import { type People, type Person, personGraph, unknown } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinPeople, NO_IDENTITY, peopleFacts } from "../../src/index.ts";
import { LIMITS, limiter, networkOf } from "../../src/people/limits.ts";
import { ENGINES, storeOf } from "../engines.ts";
import { expect200, found, newWorld } from "./world.ts";

const person = (id: string, over: Partial<Person> = {}): Person => ({
  ...{ id, accounts: [], agents: [], teams: [], active: true },
  ...over,
});
const people = (...persons: readonly Person[]): People => ({ persons, machines: [] });

const NAME = fc.constantFrom("ana", "bo", "cy", "dee");
const PEOPLE: fc.Arbitrary<People> = fc.record({
  persons: fc.array(
    fc.record({
      id: NAME,
      accounts: fc.uniqueArray(NAME.map((name) => `github:${name}`)),
      agents: fc.constant([]),
      teams: fc.uniqueArray(fc.constantFrom("shop", "ops")),
      active: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  machines: fc.uniqueArray(
    fc.record({
      account: fc.constantFrom("machine:a", "machine:b"),
      purpose: fc.constantFrom("x", "y"),
      mayTouch: fc.uniqueArray(fc.constantFrom("a/**", "b/**")),
    }),
    { maxLength: 3 },
  ),
});

describe.each(ENGINES)("people as facts ($name)", (engine) => {
  const store = storeOf(engine);
  it("are those of the server, and their accounts resolve", async () => {
    const at = await newWorld(store());
    await found(at);
    const roster = await at.terms.book.at(at.store.db);
    const facts = peopleFacts(roster, NO_IDENTITY, at.clock.now);
    expect(facts.persons.map(({ id }) => id)).toEqual(["ana", "bo", "cy"]);
    expect(facts.persons[0]).toEqual(
      person("ana", { accounts: ["email:ana@example.com", "github:ana"] }),
    );
    expect(personGraph(facts).resolve("github:ana")).toMatchObject({ id: "ana", active: true });
  });

  it("PX9 one address that knocks too often is refused, and the others are not", async () => {
    const limits = { each: { burst: 3, everyMs: 1_000 }, all: { burst: 5, everyMs: 100 } };
    const at = await newWorld(store(), { limits });
    const knock = async (from: string) =>
      await at.call("POST", "/api/v1/sign-in/options", { from });
    for (let i = 0; i < 3; i++) expect((await knock("192.0.2.1")).status).toBe(200);
    for (let i = 0; i < 20; i++) {
      const refused = await knock("192.0.2.1");
      expect(refused).toMatchObject({ status: 429, body: { code: "TOO_MANY_REQUESTS" } });
      expect(refused.headers["retry-after"]).toBe("1");
    }
    expect((await knock("192.0.2.2")).status).toBe(200);
    const guess = { bearer: "A".repeat(43), from: "192.0.2.1" };
    expect((await at.call("GET", "/api/v1/invitation", guess)).status).toBe(429);
    expect200(await at.call("GET", "/api/v1/site", { from: "192.0.2.1" }));
    at.clock.now += 1_000;
    expect((await knock("192.0.2.1")).status).toBe(200);
  });
});

describe("joining people", () => {
  it("in any order it says the same", () => {
    fc.assert(
      fc.property(PEOPLE, PEOPLE, (a, b) => {
        expect(joinPeople(a, b)).toEqual(joinPeople(b, a));
      }),
    );
  });

  it("only tightens: who is inactive on one side is inactive, and nobody becomes two", () => {
    fc.assert(
      fc.property(PEOPLE, PEOPLE, (a, b) => {
        const joined = joinPeople(a, b);
        if ("$unknown" in joined) throw new Error("both are known");
        const graph = personGraph(joined);
        for (const { id, active, accounts } of [...a.persons, ...b.persons])
          for (const account of [`person:${id}`, ...accounts]) {
            const found = graph.resolve(account);
            expect(found).toEqual(graph.resolve(`person:${id}`));
            if (!active) expect(found).toMatchObject({ active: false });
          }
      }),
    );
  });

  it("what one side cannot say stays unknown", () => {
    const gap = unknown("people.yaml cannot be read", "mend it");
    expect(joinPeople(gap, people(person("ana")))).toBe(gap);
    expect(joinPeople(people(person("ana")), gap)).toBe(gap);
  });
});

describe("limits", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
  ])("%s counts as %s", (address, network) => expect(networkOf(address)).toBe(network));

  it("in any run of time no address gets more than its burst and what came back", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(5_000)), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (knocks) => {
        let now = 0;
        const take = limiter(LIMITS, () => now);
        const passed = new Map<string, number>();
        for (const [address, ms] of knocks) {
          now += ms;
          const wait = take(address);
          if (wait === null) passed.set(address, (passed.get(address) ?? 0) + 1);
          else expect(wait).toBeGreaterThan(0);
        }
        for (const count of passed.values())
          expect(count).toBeLessThanOrEqual(LIMITS.each.burst + now / LIMITS.each.everyMs);
      }),
    );
  });

  it("forgets the quietest of more addresses than it can hold", () => {
    const rate = { burst: 1, everyMs: 1e9 };
    const take = limiter({ each: rate, all: { burst: 1e6, everyMs: 1 } }, () => 0);
    for (let i = 0; i <= 10_000; i++) take(`192.0.2.${i}`);
    expect(take("192.0.2.10000")).not.toBeNull();
    expect(take("192.0.2.0")).toBeNull();
  });
});
