// SPDX-License-Identifier: Apache-2.0
/** Signals of a running server. */
import type { Description } from "@interlock/controlplane";
import type { Store } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { Answer, Authenticate } from "../http/bind.ts";
import { type Analysis, openAnalysis } from "./analysis.ts";
import { engineRoutes } from "./engines.ts";
import { signalRoutes } from "./routes.ts";
import { readSignals, type Signal } from "./settings.ts";
import { openSource } from "./sources/open.ts";
import { secretsOfMachine } from "./sources/secrets.ts";

export type SignalsTerms = Pick<Description, "systems" | "signals"> & {
  /** Told once whenever a source stops to answer, or answers again (`null`). */
  readonly onSource: (signal: string, trouble: string | null) => void;
};

/** What is asked of signals; without a description there are none. */
export type SignalsNow = {
  readonly store: Store;
  readonly now: () => number;
  readonly signals: readonly Signal[];
  readonly analysis: Analysis | null;
  /** Why a source does not answer. */
  readonly trouble: ReadonlyMap<string, string>;
  readonly cellsOf: (system: string) => readonly string[];
  readonly asyncFailureMsOf: (system: string) => number;
};

export type OpenSignals = SignalsNow & {
  readonly analysis: Analysis;
  readonly routes: (app: FastifyInstance, authenticate: Authenticate) => void;
  readonly close: () => Promise<void>;
};

/** A halt comes this much after the slot that shows harm, at most. */
const TICK_MS = 1_000;

/** Opens sources, analysis and routes; reads nothing before `start`. */
export function openSignals(
  terms: SignalsTerms,
  around: {
    readonly store: Store;
    readonly now: () => number;
    readonly fetch: typeof fetch;
    readonly onFault: (error: unknown) => void;
  },
): Answer<OpenSignals & { readonly start: () => void }> {
  const read = readSignals(terms.signals);
  if (!read.ok)
    return {
      ok: false,
      failure: { code: "INPUT_INVALID", message: read.says, help: "see docs/reference/signals.md" },
    };
  const { signals } = read;
  const { store, now } = around;
  const trouble = new Map<string, string>();
  const from = { store, fetch: around.fetch, secrets: secretsOfMachine };
  const analysis = openAnalysis({
    ...{ store, systems: terms.systems, signals, now },
    sources: new Map(signals.map((signal) => [signal.name, openSource(signal, from)])),
    onSource: (signal, says) => {
      if (says === null) trouble.delete(signal);
      else trouble.set(signal, says);
      terms.onSource(signal, says);
    },
  });
  const system = (wanted: string) => terms.systems.find(({ name }) => name === wanted);
  const ticking = ticker(analysis, around.onFault);
  const open: OpenSignals = {
    ...{ store, now, signals, analysis, trouble },
    cellsOf: (name) => system(name)?.cells.map(({ id }) => id) ?? [],
    asyncFailureMsOf: (name) => system(name)?.asyncFailureMs ?? 0,
    routes: (app, authenticate) => signalsRoutes(app, authenticate, () => open),
    close: async () => {
      ticking.stop();
      await analysis.close();
    },
  };
  return { ok: true, value: { ...open, start: ticking.start } };
}

/** Routes about whatever signals there are when they are called. */
export function signalsRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  now: () => SignalsNow,
): void {
  signalRoutes(app, authenticate, now);
  engineRoutes(app, authenticate, now);
}

function ticker({ tick }: Analysis, onFault: (error: unknown) => void) {
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  const again = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void tick().catch(onFault).finally(again), TICK_MS);
    timer.unref();
  };
  return {
    start: again,
    stop: () => {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
