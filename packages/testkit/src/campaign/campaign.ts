// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Cluster } from "../postgres.ts";
import { opened } from "../stores.ts";
import { type Dice, diceOf } from "./dice.ts";
import { openSite, type Seat, type Site } from "./site.ts";
import { anyStory } from "./stories.ts";
import { SORTS } from "./told.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

export type CampaignTerms = {
  /** File of the built command. */
  readonly main: string;
  /** A Postgres that can be killed; `null`: one server with its embedded database. */
  readonly cluster: Cluster | null;
  readonly servers: number;
  readonly seed: number;
  /** Stories told at the same time. */
  readonly callers: number;
  /** What happens to the servers, in turn; ends the load when it is over. */
  readonly ordeal: Ordeal;
  readonly more?: readonly string[];
};

export type Ordeal = (site: Site, around: Around) => Promise<void>;

export type Around = {
  readonly dice: Dice;
  readonly cluster: Cluster | null;
  readonly count: (what: string, times?: number) => void;
  /** What the ordeal itself found wrong. */
  readonly complain: (says: string) => void;
};

export type CampaignReport = Verdict & {
  readonly seed: number;
  readonly seconds: number;
  /** What was done to the servers, how often. */
  readonly ordeals: Readonly<Record<string, number>>;
  readonly acknowledged: Readonly<Record<string, number>>;
  readonly inDoubt: Readonly<Record<string, number>>;
  /** Answers other than success, by code. */
  readonly refusals: Readonly<Record<string, number>>;
};

/** Lets people work on servers that suffer, and compares what they were told with what is there. */
export async function campaign(terms: CampaignTerms): Promise<CampaignReport> {
  const { cluster, seed, servers, callers } = terms;
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), "interlock-campaign-"));
  const dice = diceOf(seed);
  const database = cluster?.newDatabase() ?? null;
  const ordeals: Record<string, number> = {};
  const found: string[] = [];
  const around: Around = {
    ...{ dice: diceOf(seed + 1), cluster },
    count: (what, times = 1) => {
      ordeals[what] = (ordeals[what] ?? 0) + times;
    },
    complain: (says) => void found.push(says),
  };
  const more = terms.more === undefined ? {} : { more: terms.more };
  const site = await openSite({ main: terms.main, folder, database, servers, dice, ...more });
  try {
    const load = { over: false };
    const working = Array.from({ length: callers }, async (_, n) => {
      const cast = { ...site.cast, dice: diceOf(seed + 100 + n) };
      while (!load.over) await anyStory(cast);
    });
    try {
      await terms.ordeal(site, around);
    } finally {
      load.over = true;
      await Promise.all(working);
    }
    found.push(...(await afterwards(site)), ...(await audits(site, terms.main, folder)));
    const place =
      database === null ? { directory: join(folder, "server-0/database") } : { url: database };
    if (cluster !== null) found.push(...(await locks(cluster, database)));
    await site.close();
    const store = await opened(place);
    const verdict = await verdictOf(store, site.cast.told);
    await store.close();
    return {
      ...{ ...verdict, wrong: [...verdict.wrong, ...found], seed, ordeals },
      seconds: Math.round((Date.now() - started) / 1_000),
      ...countsOf(site),
    };
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function countsOf({ cast: { told } }: Site) {
  const count = (fate: string) =>
    Object.fromEntries(
      SORTS.map((sort) => [
        sort,
        [...told.of[sort].values()].filter((a) => a.fate === fate).length,
      ]),
    );
  const refusals = Object.fromEntries([...told.refusals].sort());
  return { acknowledged: count("acknowledged"), inDoubt: count("in-doubt"), refusals };
}

/** How long everything may take to work again after the last fault is over. */
const RECOVERY_MS = 60_000;

/** Every server works again by itself, and all of them tell the same. */
async function afterwards({ seats, cast }: Site): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const at of seats.keys()) {
    const end = Date.now() + RECOVERY_MS;
    while (!(await isReady(seats[at]))) {
      if (Date.now() > end) {
        wrong.push(`server ${at} is not ready ${RECOVERY_MS} ms after the last fault`);
        break;
      }
      await pause(100);
    }
  }
  const path = "/api/v1/changes?limit=100";
  const told = await Promise.all(
    [...seats.keys()].map(async (at) => {
      const reply = await cast.people.bo.call(at, { method: "GET", path });
      if (reply.kind === "lost" || reply.status !== 200)
        return `no answer: ${JSON.stringify(reply)}`;
      const { changes, head } = reply.body;
      return JSON.stringify({ changes, head });
    }),
  );
  if (new Set(told).size > 1 || told[0]?.startsWith("no answer") === true)
    wrong.push(
      `the servers tell different things of the newest changes: ${told.map((t) => t.slice(0, 300)).join(" | ")}`,
    );
  return wrong;
}

async function isReady(seat: Seat | undefined): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(5_000);
    return (await fetch(`http://127.0.0.1:${seat?.port}/readyz`, { signal })).status === 200;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

/** The whole log, entry by entry, as each of the servers shows it; none goes behind another. */
async function audits(
  { seats, verifierKey }: Site,
  main: string,
  folder: string,
): Promise<readonly string[]> {
  const trust = join(folder, "trust.txt");
  writeFileSync(trust, `log ${verifierKey}\nquorum none\n`);
  const wrong: string[] = [];
  for (const { port } of seats) {
    const log = ["--log", `http://127.0.0.1:${port}/log`, "--remember", join(folder, "seen")];
    const args = [main, "ledger", "verify", ...log, "--policy", trust];
    const { status, says } = await ran(args);
    if (status !== 0) wrong.push(`the log of ${port} does not verify: ${says}`);
  }
  return wrong;
}

/** Beside this process, through which the servers reach their database. */
function ran(args: readonly string[]): Promise<{ status: number | null; says: string }> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let says = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      says += chunk.toString("utf8");
    });
  return new Promise((done) => child.on("close", (status) => done({ status, says })));
}

/** Nothing waits for a lock, and nobody holds a transaction open, once nobody asks for anything. */
async function locks(cluster: Cluster, url: string | null): Promise<readonly string[]> {
  const name = new URL(url ?? "").pathname.slice(1);
  const held = `select count(*) from pg_stat_activity where datname = '${name}'
    and (state like 'idle in transaction%' and xact_start < now() - interval '2 seconds'
      or wait_event_type = 'Lock')`;
  for (const end = Date.now() + RECOVERY_MS; ; await pause(200)) {
    const count = cluster.ask(name, held);
    if (count === "0") return [];
    if (Date.now() > end) return [`${count} sessions hold or wait for locks`];
  }
}
