// SPDX-License-Identifier: Apache-2.0
import { lookUp } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorld, place, question, type World } from "./world.ts";

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  const ask = (
    n: number,
    where: Partial<Record<"repository" | "target" | "environment", string>>,
  ) =>
    world.call("gate", "POST", "/api/v1/gate", {
      ...question({ digest: n.toString(16).padStart(64, "a") }),
      place: place(where),
    });

  it.each(["repository", "target", "environment"] as const)(
    "a control character in the %s is refused, and those who ask beside it are answered",
    async (field) => {
      const all = await Promise.all([
        ask(1, {}),
        ask(2, { [field]: "refs/heads/ma\0in" }),
        ask(3, {}),
        ask(4, { [field]: "refs/heads/ma\nin" }),
      ]);
      expect(all.map(({ status }) => status)).toEqual([200, 400, 200, 400]);
    },
  );

  it("the database keeps no NUL, which is why", async () => {
    const seen = { repository: "r", target: "t\0", tip: "1" };
    const asked = { peopleFrom: 0, exceptionsFrom: 0, signedLimit: 1 };
    const looked = lookUp(world.store.db, { ...asked, about: [{ digest: "", change: "c", seen }] });
    await expect(looked).rejects.toThrow("0x00");
  });
});
