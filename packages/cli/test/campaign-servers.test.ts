/** A handful of what `npm run campaign:servers` does for as long as it is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Cluster,
  campaign,
  campaignWitness,
  ENGINES,
  eachOnce,
  killsUntil,
  startCluster,
} from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAIN } from "./scratch.ts";

describe.each(ENGINES.filter(({ name }) => name === "postgres"))(
  "two servers on one Postgres",
  () => {
    let home: string;
    let cluster: Cluster;
    beforeAll(() => {
      home = mkdtempSync(join(tmpdir(), "interlock-servers-"));
      cluster = startCluster(home);
    });
    afterAll(async () => {
      await cluster.kill();
      rmSync(home, { recursive: true, force: true });
    });

    it("lose nothing that was acknowledged and do nothing twice, whatever happens to them", async () => {
      const load = { servers: 2, seed: 1, callers: 3 };
      const report = await campaign({ main: MAIN, cluster, ordeal: eachOnce, ...load });
      expect(report.wrong).toEqual([]);
    });
  },
);

it("a server on its own database is killed at any moment, and nothing is lost or done twice", async () => {
  const ordeal = killsUntil({ kills: 2, ms: 600_000 });
  const load = { servers: 1, seed: 3, callers: 2 };
  const report = await campaign({ main: MAIN, cluster: null, ordeal, ...load });
  expect(report.wrong).toEqual([]);
  expect(report.ordeals["servers killed"]).toBe(2);
});

it("not-the-outage: decisions go on while a witness is away, and it cosigns all of them when it is back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "interlock-witness-"));
  const witness = await campaignWitness(MAIN, folder);
  try {
    const load = { servers: 1, seed: 4, callers: 2, more: witness.more };
    const ordeal = witness.comesAndGoes(1);
    const report = await campaign({ main: MAIN, cluster: null, ordeal, ...load });
    expect(report.wrong).toEqual([]);
    expect(report.ordeals["decisions while the witness was away"]).toBeGreaterThan(0);
  } finally {
    await witness.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
