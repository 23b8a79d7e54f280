// SPDX-License-Identifier: Apache-2.0
import {
  contentsHeldBytes,
  latestCheckpoint,
  ledgerSize,
  type Store,
  unrecordedCount,
  watchCounts,
} from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Ledger } from "../ledger/ledger.ts";

export type HealthTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "failure" | "witnessesAway">;
};

/** What is counted elsewhere and shown here. */
export type Counts = { readonly decided: (effective: string) => void };

/**
 * `/healthz`: the process answers. `/readyz`: it can decide and record; what stands in the way is
 * said, and how publishing stands, which keeps no decision from being made. `/healthz/ledger`: what is
 * recorded is published and witnessed. `/metrics`: Prometheus, without a word of what anybody changes (IN8).
 */
export function healthRoutes(app: FastifyInstance, { store, ledger }: HealthTerms): Counts {
  const register = new Registry();
  collectDefaultMetrics({ register, prefix: "interlock_" });
  const registers = [register];
  const decisions = new Counter({
    ...{ name: "interlock_decisions_total", help: "Decisions recorded", registers },
    labelNames: ["effective"],
  });
  const seconds = new Histogram({
    ...{ name: "interlock_http_request_seconds", help: "Time to answer a request", registers },
    labelNames: ["route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  });
  new Gauge({
    ...{ name: "interlock_ledger_entries", help: "Durable entries", registers },
    collect: async function () {
      this.set(await ledgerSize(store.db));
    },
  });
  new Gauge({
    ...{
      name: "interlock_ledger_published_entries",
      help: "Entries under a checkpoint",
      registers,
    },
    collect: async function () {
      this.set((await latestCheckpoint(store.db))?.size ?? 0);
    },
  });
  gaugesOfTables(registers, store);
  new Gauge({
    ...{ name: "interlock_ledger_stopped", help: "1 while nothing is signed", registers },
    collect: function () {
      this.set(ledger.failure() === null ? 0 : 1);
    },
  });
  new Gauge({
    ...{ name: "interlock_witnesses_away", help: "Witnesses without an answer", registers },
    collect: function () {
      this.set(ledger.witnessesAway().length);
    },
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    seconds.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
  app.get("/healthz", (_request, reply) => reply.send({ ok: true }));
  const head = { most: 0 };
  app.get("/readyz", async (_request, reply) => {
    const failure = await notReady(store, head);
    const ready = failure === null ? { ok: true } : { ok: false, ...failure };
    return reply.code(ready.ok ? 200 : 503).send({ ...ready, publishing: publishing(ledger) });
  });
  app.get("/healthz/ledger", (_request, reply) => {
    const state = publishing(ledger);
    return reply.code(state.ok ? 200 : 503).send(state);
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(register.contentType).send(await register.metrics()),
  );
  return { decided: (effective) => decisions.inc({ effective }) };
}

/** Signing has not stopped and no witness is away; otherwise why. */
function publishing(ledger: HealthTerms["ledger"]) {
  const stopped = ledger.failure();
  const witnessesAway = ledger.witnessesAway();
  const ok = stopped === null && witnessesAway.length === 0;
  return { ok, witnessesAway, ...(stopped === null ? {} : stopped) };
}

function gaugesOfTables(registers: Registry[], store: Store): void {
  new Gauge({
    ...{ name: "interlock_contents_bytes", help: "Contents of changes kept", registers },
    collect: async function () {
      this.set(await contentsHeldBytes(store.db));
    },
  });
  new Gauge({
    ...{
      name: "interlock_unrecorded_changes",
      help: "Movements of protected refs that nothing allowed",
      registers,
    },
    collect: async function () {
      this.set(await unrecordedCount(store.db));
    },
  });
  new Gauge({
    ...{
      name: "interlock_unrecorded_keys",
      help: "Keys of targets that hold what nothing in the ledger explains",
      registers,
    },
    collect: async function () {
      this.set((await watchCounts(store.db)).open);
    },
  });
  new Gauge({
    ...{
      name: "interlock_targets_seen_timestamp_seconds",
      help: "When the cell of a target was seen whole that was not for longest; 0 never",
      registers,
    },
    collect: async function () {
      const { oldest } = await watchCounts(store.db);
      // Without a control plane there is nothing to see.
      if (oldest === null) this.reset();
      else this.set(oldest / 1_000);
    },
  });
}

/** `head.most`: the longest that the ledger has been seen. */
async function notReady(
  store: Store,
  head: { most: number },
): Promise<{ readonly code: string; readonly message: string } | null> {
  const lost = store.lost();
  if (lost !== null) return { code: "STORE_UNREACHABLE", message: lost };
  const superseded = await store.version.look();
  if (superseded !== null) return superseded;
  try {
    const size = await ledgerSize(store.db);
    if (size < head.most) return { code: "LEDGER_BEHIND", message: SHORTER };
    head.most = size;
    return null;
  } catch (error) {
    // Whatever keeps the database from answering keeps this server from deciding.
    return {
      code: "STORE_UNREACHABLE",
      message: error instanceof Error ? error.message : String(error),
    };
  }
}

const SHORTER =
  "the ledger is shorter than this server has seen it; restore the entries, or start the server again";
