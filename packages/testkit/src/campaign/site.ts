// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../free-port.ts";
import { founded, type Person, wanted } from "./callers.ts";
import type { Dice } from "./dice.ts";
import { type FaultyLine, faultyLine } from "./faulty-line.ts";
import { FOUNDERS, REMEDY, REPOSITORY } from "./questions.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";
import { type Cast, landed } from "./stories.ts";
import { toldNothing } from "./told.ts";

/** A server that can be killed and is started again, and its line to the database. */
export type Seat = {
  readonly port: number;
  readonly line: FaultyLine | null;
  readonly running: () => ServerProcess | null;
  /** Tries until it listens; while its database is away a server ends with a message. */
  readonly start: () => Promise<void>;
  /** Ends it at once, and waits until it is gone. */
  readonly kill: () => Promise<void>;
};

export type Site = {
  readonly origin: string;
  readonly seats: readonly Seat[];
  readonly verifierKey: string;
  readonly cast: Cast;
  readonly close: () => Promise<void>;
};

export type SiteTerms = {
  readonly main: string;
  /** A folder for whatever servers keep. */
  readonly folder: string;
  /** Of one Postgres database for all; `null`: a single server with its embedded one. */
  readonly database: string | null;
  readonly servers: number;
  readonly dice: Dice;
  readonly more?: readonly string[];
};

/** How long a server is given to come back. */
const START_MS = 60_000;

/** An organisation on servers that share a database and an origin, with a remedy that stands. */
export async function openSite(terms: SiteTerms): Promise<Site> {
  const { folder, database, servers, dice } = terms;
  const ports = await Promise.all(Array.from({ length: servers }, freePort));
  const origin = `http://localhost:${ports[0]}`;
  const seats: Seat[] = [];
  for (const [i, port] of ports.entries()) {
    const line = database === null ? null : await faultyLine(database);
    const data = join(folder, `server-${i}`);
    mkdirSync(data);
    // Whoever follows the log knows one key.
    const key = i === 0 ? [] : ["--log-key", join(folder, "server-0/log-key.pem")];
    const more = [...(terms.more ?? []), ...key];
    const place = { main: terms.main, data, port, origin, database: line?.url ?? null, more };
    seats.push(seatOf(place, line));
  }
  const [one, ...others] = seats;
  await one?.start();
  const first = one?.running() ?? null;
  if (first === null) throw new Error("the first server does not run");
  while (first.setUp() === "") await pause(10);
  // Before the others start: as long as nobody has founded, each start makes a link of its own.
  const people = await founded({ origin, ports }, first.setUp(), FOUNDERS);
  await Promise.all(others.map((seat) => seat.start()));
  const { verifierKey } = first;
  const cast = await castOf(people, { dice, servers });
  return {
    ...{ origin, seats, verifierKey, cast },
    close: async () => {
      await Promise.all(seats.map((seat) => seat.kill()));
      await Promise.all(seats.map(({ line }) => line?.close()));
    },
  };
}

async function castOf(
  people: readonly Person[],
  { dice, servers }: { readonly dice: Dice; readonly servers: number },
): Promise<Cast> {
  const named = Object.fromEntries(people.map((one) => [one.id, one])) as Cast["people"]; // the founders
  const body = { name: "the hook", repository: REPOSITORY, verbs: ["gate"] };
  const made = wanted(await named.bo.call(0, { method: "POST", path: "/api/v1/tokens", body }));
  const cast: Cast = {
    ...{ people: named, token: String(made["secret"]), dice, told: toldNothing(), servers },
  };
  const remedy = { change: await landed(cast, REMEDY), document: REMEDY };
  wanted(await named.ana.call(0, { method: "POST", path: "/api/v1/remedies", body: remedy }));
  return cast;
}

function seatOf(place: Parameters<typeof startServerProcess>[0], line: FaultyLine | null): Seat {
  let running: ServerProcess | null = null;
  return {
    port: place.port,
    line,
    running: () => running,
    start: async () => {
      for (const end = Date.now() + START_MS; running === null; ) {
        running = await startServerProcess(place);
        if (running !== null) break;
        if (Date.now() > end) throw new Error(`the server at ${place.port} does not start`);
        await pause(100);
      }
    },
    kill: async () => {
      const gone = running;
      running = null;
      if (gone === null) return;
      gone.signal("SIGKILL");
      await gone.ended;
    },
  };
}
