// SPDX-License-Identifier: Apache-2.0
/**
 * An incident on real programs: the server as `interlock serve` runs it, a target, a source of signals, a
 * repository behind the gate, and a shop that sells. All of it is started for this and thrown away.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countText, GateError } from "@interlock/core";
import type { Incident } from "../incident.ts";
import { type Closing, closing, freePort, ran, ready, started } from "./children.ts";
import { description, firstFiles, PEOPLE, pathOf, type Signals } from "./described.ts";
import { etcdProgram, prometheusProgram, startEtcd, startPrometheus } from "./engines.ts";
import { founded, type Person, secretIn } from "./people.ts";
import { etcdPlace, filesPlace, type Place } from "./place.ts";
import { keepPushing } from "./pushing.ts";
import type { LiveReport, Stage } from "./report.ts";
import { openRepository, type Repository } from "./repository.ts";
import { type Carried, carriedOut } from "./rolling.ts";
import { LIVE_CELLS, type Scenario, scenarioOf } from "./scenario.ts";
import { openShop, type Shop, waited } from "./shop.ts";
import { inviteToWatch, untilWatched, type Watcher } from "./watching.ts";

export type LiveOptions = {
  /** How `interlock` is run: a program and its first arguments. */
  readonly interlock: readonly string[];
  readonly target: "etcd" | "files";
  readonly signals: "prometheus" | "push";
  readonly ordersPerMinute: number;
  /** How long the shop sells before the change goes out: share and noise are learned from it. */
  readonly warmUpMs: number;
  readonly seed: number;
  /** Leaves everything running at the end, until it is over. */
  readonly stay: boolean;
  /** Waits for whoever watches in a browser before the bad change is pushed, some minutes at most. */
  readonly watch: boolean;
  /** Ends the drill early; what was started is stopped all the same. */
  readonly over: AbortSignal;
  readonly onStage: (stage: Stage) => void;
  /** The report is there; with `stay` everything still runs. */
  readonly onReport: (report: LiveReport) => void;
};

type Site = {
  readonly scenario: Scenario;
  readonly options: LiveOptions;
  readonly folder: string;
  readonly ends: Closing;
  readonly tell: (says: string, link?: string) => void;
};

/** Runs an incident live. Throws `GateError` where a program is missing or something does not start. */
export async function liveDrill(incident: Incident, options: LiveOptions): Promise<void> {
  const scenario = scenarioOf(incident.id);
  if (scenario === null) throw new Error(`invariant broken: no change for ${incident.id}`);
  if (options.target === "etcd") etcdProgram();
  if (options.signals === "prometheus") prometheusProgram();
  const ends = closing();
  const folder = mkdtempSync(join(tmpdir(), "interlock-drill-"));
  ends.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const began = performance.now();
  const stages: Stage[] = [];
  const tell = (says: string, link?: string) => {
    if (options.over.aborted) return;
    const stage = { afterMs: Math.round(performance.now() - began), says, link: link ?? null };
    stages.push(stage);
    options.onStage(stage);
  };
  const site: Site = { scenario, options, folder, ends, tell };
  try {
    await unlessOver(options.over, run(site, incident, stages));
  } finally {
    await ends.close();
  }
}

/** What is under way when it is over fails by what is stopped under it, and nobody is interested any more. */
async function unlessOver(over: AbortSignal, work: Promise<void>): Promise<void> {
  const ended = new Promise<void>((done) => {
    over.addEventListener("abort", () => done(), { once: true });
    if (over.aborted) done();
  });
  const settled = work.catch((error: unknown) => {
    if (!over.aborted) throw error;
  });
  await Promise.race([settled, ended]);
}

async function run(site: Site, incident: Incident, stages: readonly Stage[]): Promise<void> {
  const { scenario, options, folder, ends, tell } = site;
  const { ordersPerMinute, seed } = options;
  const repository = await openRepository({
    ...{ interlock: options.interlock, folder, files: firstFiles(scenario) },
  });
  const place = await placeOf(site);
  const shop = await openShop({ scenario, place, ordersPerMinute, seed }, ends);
  tell(
    `the shop is open: ${LIVE_CELLS.length} cells, ${countText(ordersPerMinute)} orders a minute`,
  );
  const signals = await signalsOf(site, shop);
  const server = await startServer(site);
  const { people, watcher } = await organisation(site, server);
  await protect(repository, server, people);
  const text = description({
    scenario,
    place,
    signals,
    repository: repository.identity,
    ordersPerMinute,
  });
  await agree(people, text, `the control plane of ${scenario.system}`);
  tell("ana and bo have signed the description of the control plane");
  if (signals.kind === "push") await keepPushing(site, { server: server.origin, shop, people });
  if (options.watch) await untilWatched(watcher, { tell, over: options.over });
  // Whoever watches has that long to sign in, too.
  const learnFrom = Date.now();
  const change = await pushed(site, repository, people);
  await learned(site, people, learnFrom);
  const carried = await carriedOut(site, { server: server.origin, shop, people, change });
  const ledger = await verified(site, server);
  tell(`the ledger's ${ledger.entries} entries are ${ledger.verified ? "" : "NOT "}verified`);
  options.onReport(reportOf(incident, options, { carried, shop, ledger, stages }));
  if (!options.stay) return;
  tell("everything stays as it is until Ctrl-C", server.origin);
  while (await waited(60_000, options.over));
}

async function placeOf({ scenario, options, folder, ends, tell }: Site): Promise<Place> {
  const cells = LIVE_CELLS.map(({ id }) => id);
  let place: Place;
  if (options.target === "etcd") {
    const endpoint = await startEtcd(join(folder, "etcd"), ends);
    tell(`etcd runs at ${endpoint}`);
    place = etcdPlace(endpoint, cells);
  } else place = filesPlace(join(folder, "cells"), cells);
  for (const cell of cells) await place.put(cell, scenario.key, scenario.before);
  return place;
}

async function signalsOf({ options, folder, ends, tell }: Site, shop: Shop): Promise<Signals> {
  if (options.signals === "push") return { kind: "push" };
  const url = await startPrometheus(join(folder, "prometheus"), shop.url, ends);
  tell(`Prometheus scrapes the shop at ${url}`);
  return { kind: "prometheus", url };
}

type Server = { readonly origin: string; readonly verifierKey: string; readonly setUp: string };

async function startServer({ options, folder, ends, tell }: Site): Promise<Server> {
  const [file = "", ...first] = options.interlock;
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const data = join(folder, "server");
  const args = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--origin", origin];
  const running = started({ file, args: [...first, ...args], env: { HOME: folder } }, ends);
  await ready("the server", running, () => /set up your organisation.*\n/.test(running.said()));
  tell("the server runs, with its embedded database");
  const setUp = secretIn(/set up .*: (\S+)/.exec(running.said())?.[1]);
  return { origin, setUp, verifierKey: /log key (\S+)/.exec(running.said())?.[1] ?? "" };
}

type People = ReadonlyMap<string, Person>;

/** One of them; they are all there. */
function personIn(people: People, id: (typeof PEOPLE)[number]): Person {
  const person = people.get(id);
  if (person === undefined) throw new Error("invariant broken: a founder is missing");
  return person;
}

async function organisation(
  site: Site,
  { origin, setUp }: Server,
): Promise<{ readonly people: People; readonly watcher: Watcher }> {
  const people = await founded(origin, setUp, PEOPLE);
  site.tell("Ana, Bo and Cy have founded the organisation, each with a passkey in software");
  return { people, ...(await inviteToWatch(site, people)) };
}

async function protect(repository: Repository, server: Server, people: People): Promise<void> {
  const made = await personIn(people, "bo").call({
    ...{ method: "POST", path: "/api/v1/tokens" },
    body: { name: "the hook", repository: repository.identity, verbs: ["gate"] },
  });
  await repository.protect(server.origin, String(made["secret"]));
}

async function agree(people: People, text: string, reason: string): Promise<void> {
  const ana = personIn(people, "ana");
  const body = { text, reason };
  const path = "/api/v1/control-plane/proposals";
  const { proposal } = await ana.call({ method: "POST", path, body });
  await ana.endorse(String(proposal));
  await personIn(people, "bo").endorse(String(proposal));
}

/** The bad change, refused until two have signed it; its id. */
async function pushed({ scenario, tell }: Site, repository: Repository, people: People) {
  await repository.commit({ [pathOf(scenario)]: scenario.after }, scenario.says);
  const change = await repository.push("ana");
  if (change === null)
    throw new GateError("JUDGING_STOPPED", "the gate let a push through", "run the drill again");
  tell("ana pushes the bad change, and the gate refuses it: two others have to sign");
  for (const id of ["bo", "cy"] as const) await personIn(people, id).approve(change);
  if ((await repository.push("ana")) !== null)
    throw new GateError("JUDGING_STOPPED", "two signatures did not pass", "run the drill again");
  tell("bo and cy are fooled and sign; it is pushed again, and lands on the branch");
  return change;
}

/** Until the signals have been read for long enough, and up to now. */
async function learned(site: Site, people: People, from: number): Promise<void> {
  const { options, tell } = site;
  tell(`the shop sells for ${options.warmUpMs / 1_000} s, which share and noise are learned from`);
  const ana = personIn(people, "ana");
  const wantedAt = from + options.warmUpMs;
  for (const end = wantedAt + LEARN_MS; Date.now() < end; await waited(250, options.over)) {
    const { signals } = await ana.call({ method: "GET", path: "/api/v1/signals" });
    const all = signals as readonly { readonly readUntil: number | null }[]; // as described
    if (all.length > 0 && all.every(({ readUntil }) => (readUntil ?? 0) >= wantedAt)) return;
  }
  throw new GateError("JUDGING_STOPPED", "the signals were not read", "run the drill again");
}

/** Signals are late by less, and Prometheus is asked for a day of the past first. */
const LEARN_MS = 120_000;

async function verified({ options, folder }: Site, { origin, verifierKey }: Server) {
  const policy = join(folder, "trust.txt");
  writeFileSync(policy, `log ${verifierKey}\nquorum none\n`);
  const [file = "", ...first] = options.interlock;
  const args = ["ledger", "verify", "--log", `${origin}/log`, "--policy", policy, "--json"];
  const { status, out } = await ran({ file, args: [...first, ...args] }, folder);
  const told = status === 0 ? (JSON.parse(out) as { readonly size?: number }) : {}; // as documented
  return { entries: told.size ?? 0, verified: status === 0 };
}

type Known = {
  readonly carried: Carried;
  readonly shop: Shop;
  readonly ledger: LiveReport["ledger"];
  readonly stages: readonly Stage[];
};

function reportOf(incident: Incident, options: LiveOptions, known: Known): LiveReport {
  const { carried, ledger, stages } = known;
  const seen = known.shop.seen();
  const hurt = seen.filter(({ changed }) => changed);
  const badAt = Math.min(...hurt.map(({ badAt: at }) => at ?? Date.now()));
  const goodAt = hurt.map(({ goodAgainAt }) => goodAgainAt);
  const isBack = hurt.length > 0 && goodAt.every((at) => at !== null);
  const { haltedAt } = carried;
  const sum = (of: (one: (typeof seen)[number]) => number) => hurt.reduce((n, s) => n + of(s), 0);
  const since = (from: number, to: number) => Math.max(0, to - from) / 1_000;
  return {
    ...{ drill: incident.id, title: incident.title, seed: options.seed },
    live: { target: options.target, signals: options.signals },
    ordersPerMinute: options.ordersPerMinute,
    ...{ phase: carried.phase, haltedBy: carried.haltedBy, haltedBecause: carried.haltedBecause },
    ordersLostIfBad: carried.ordersLostIfBad,
    lostOrders: sum(({ lost }) => lost),
    errors: sum(({ cell, errors }) => errors - (carried.errorsBefore.get(cell) ?? 0)),
    secondsToHalt: haltedAt === null || hurt.length === 0 ? null : since(badAt, haltedAt),
    secondsToUnwind:
      haltedAt === null || !isBack ? null : since(haltedAt, Math.max(...goodAt.map(Number))),
    cells: seen.map(({ cell, changed }) => ({ cell, sawIt: changed })),
    ledger,
    stages: [...stages],
  };
}
