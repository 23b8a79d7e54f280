// SPDX-License-Identifier: Apache-2.0
import { createConnection, createServer, type Socket } from "node:net";

/**
 * What a line does to those who speak on it. `cut`: every connection ends and none is made. `stall`:
 * nothing gets through, and all of it does afterwards. `half-close`: the database seems to say goodbye
 * and goes on listening. `black-hole`: what is sent vanishes, and connections from before stay dead.
 */
export const FAULTS = ["cut", "stall", "half-close", "black-hole"] as const;
export type Fault = (typeof FAULTS)[number];

/** A moment of a transaction: its COMMIT has not arrived, or was carried out and not answered. */
export type AtCommit = "before" | "after";

export type FaultyLine = {
  /** The same database as the URL given, through this line. */
  readonly url: string;
  readonly suffer: (fault: Fault) => void;
  readonly mend: () => void;
  /** At the first COMMIT that is wanted the connection is dead, and `stopped` is called. */
  readonly stopAt: (stop: Stop | null) => void;
  readonly close: () => Promise<void>;
};

export type Stop = {
  readonly at: AtCommit;
  /** `writes` names the tables that the transaction wrote, sorted. */
  readonly wants: (writes: string) => boolean;
  readonly stopped: (writes: string) => void;
};
type Pair = {
  readonly client: Socket;
  readonly database: Socket;
  dead: boolean;
  committing: Stop | null;
  writes: Set<string>;
};
type State = { fault: Fault | null; stop: Stop | null; readonly pairs: Set<Pair> };

const COMMIT = Buffer.from("commit\0");
const BEGINS = /begin isolation level/;
const WRITES = /(?:insert into|update|delete from) "?([a-z_]+)"?/g;

/** A TCP line to a database on a Unix socket that fails when it is told to. */
export async function faultyLine(url: string): Promise<FaultyLine> {
  const { hostname, pathname } = new URL(url);
  const socketFile = `${decodeURIComponent(hostname)}/.s.PGSQL.5432`;
  const state: State = { fault: null, stop: null, pairs: new Set() };
  const server = createServer((client) => connect(state, client, socketFile));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `postgres://postgres@127.0.0.1:${port}${pathname}`,
    suffer: (fault) => suffer(state, fault),
    mend: () => {
      state.fault = null;
      for (const { client, database, dead } of state.pairs)
        if (!dead) for (const socket of [client, database]) socket.resume();
    },
    stopAt: (stop) => {
      state.stop = stop;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const pair of state.pairs) end(pair);
      }),
  };
}

function end({ client, database }: Pair): void {
  client.destroy();
  database.destroy();
}

function suffer(state: State, fault: Fault): void {
  state.fault = fault;
  for (const pair of state.pairs) {
    if (fault === "cut") end(pair);
    else if (fault === "stall") for (const socket of [pair.client, pair.database]) socket.pause();
    else if (fault === "half-close") pair.client.end();
    else pair.dead = true;
  }
}

function connect(state: State, client: Socket, socketFile: string): void {
  if (state.fault === "cut") {
    client.destroy();
    return;
  }
  const database = createConnection(socketFile);
  const dead = state.fault === "black-hole";
  const pair: Pair = { client, database, dead, committing: null, writes: new Set() };
  state.pairs.add(pair);
  for (const socket of [client, database]) {
    socket.on("error", () => end(pair));
    socket.on("close", () => {
      state.pairs.delete(pair);
      // Nobody on a dead line hears that the other side has gone.
      if (!pair.dead) end(pair);
      else if (socket === client) end(pair);
    });
    if (state.fault === "stall") socket.pause();
  }
  client.on("data", (data) => {
    if (!pair.dead && !stopsBefore(state, pair, data)) database.write(data);
  });
  database.on("data", (data) => {
    if (!pair.dead && !stopsAfter(pair)) client.write(data);
  });
}

/** Sees what a client sends; true when it must not go on. */
function stopsBefore(state: State, pair: Pair, data: Buffer): boolean {
  const text = data.toString("latin1");
  if (BEGINS.test(text)) pair.writes.clear();
  for (const [, table] of text.matchAll(WRITES)) if (table !== undefined) pair.writes.add(table);
  const { stop } = state;
  if (stop === null || !data.includes(COMMIT) || !stop.wants(named(pair))) return false;
  state.stop = null;
  if (stop.at === "before") return stopped(pair, stop);
  pair.committing = stop;
  return false;
}

const named = ({ writes }: Pair): string => [...writes].sort().join(" ");

const stopsAfter = (pair: Pair): boolean =>
  pair.committing === null ? false : stopped(pair, pair.committing);

function stopped(pair: Pair, stop: Stop): true {
  pair.dead = true;
  stop.stopped(named(pair));
  return true;
}
