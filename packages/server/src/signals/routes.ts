// SPDX-License-Identifier: Apache-2.0
/** Signals over HTTP: what is watched, what is pushed. */
import { signalsApi } from "@interlock/protocol";
import { newestSlot, readSlots } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { Actor } from "../http/actor.ts";
import { type Answer, type Authenticate, bind, type Refusal } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { shownSlots } from "./limit.ts";
import type { SignalsNow } from "./opening.ts";
import { readOpenMetrics } from "./push/openmetrics.ts";
import { readOtlp } from "./push/otlp.ts";
import { takePoints } from "./push/take.ts";
import type { Signal } from "./settings.ts";
import { shownAnalyses } from "./showing.ts";

/** What a push may bring at once. */
const PUSH_BYTES = 4 << 20;
const DAY_MS = 86_400_000;

/** `text/plain` is read by everybody already. */
const OPENMETRICS = "application/openmetrics-text";

/** A token for the signals and analyses of a system stands for `system:NAME`. */
export const speaksFor = (actor: Actor, system: string): boolean =>
  actor.kind !== "token" || actor.repository === `system:${system}`;

const missing = (name: string): { readonly ok: false; readonly failure: Refusal } => ({
  ok: false,
  failure: {
    code: "NOT_FOUND",
    message: `there is no signal \`${name}\`, or not for you`,
    help: "see /api/v1/signals",
  },
});

export function signalRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  now: () => SignalsNow,
): void {
  app.addContentTypeParser(
    OPENMETRICS,
    { parseAs: "string", bodyLimit: PUSH_BYTES },
    (_, body, end) => end(null, body),
  );
  bind(app, authenticate, signalsApi.listSignals, async ({ actor }) => {
    const { store, signals, trouble } = now();
    const own = signals.filter(({ system }) => speaksFor(actor, system));
    const shown = await Promise.all(
      own.map(async ({ name, system, kind, measures, unit, settings, ...signal }) => {
        const newest = await newestSlot(store.db, name);
        const { freshMs, minimumSamples, weightPpm } = signal;
        return {
          ...{ name, system, kind, measures, unit, freshMs, minimumSamples, weightPpm },
          slotMs: settings.slotMs,
          readUntil: newest === null ? null : newest + settings.slotMs,
          trouble: trouble.get(name) ?? null,
        };
      }),
    );
    return done({ signals: shown });
  });
  bind(app, authenticate, signalsApi.signalSeries, async ({ actor, params, query }) => {
    const open = now();
    const signal = open.signals.find(({ name }) => name === params.name);
    if (signal === undefined || !speaksFor(actor, signal.system)) return missing(params.name);
    return await series(open, signal, query);
  });
  bind(app, authenticate, signalsApi.rolloutAnalysis, async ({ params }) => {
    const { analysis, now: time } = now();
    const waves = (await analysis?.analysisOf(params.rollout)) ?? [];
    return done({ waves: shownAnalyses(waves), asOf: time() });
  });
  bind(app, authenticate, signalsApi.pushPoints, async ({ actor, params, body }) => {
    const open = now();
    const signal = open.signals.find(({ name }) => name === params.name);
    if (signal?.kind !== "push" || !speaksFor(actor, signal.system)) return missing(params.name);
    const read = typeof body === "string" ? readOpenMetrics(body) : readOtlp(body);
    if (!read.ok) return refusal(read.says, "see docs/reference/signals.md for what can be pushed");
    const cells = open.cellsOf(signal.system);
    const taken = await takePoints(open, signal, cells, read.points);
    if (taken.ignored === 0) return done(taken);
    const errorMessage =
      "ignored: other metrics or cells, sent twice, later than 10 minutes, or from the future";
    const partialSuccess = { rejectedDataPoints: String(taken.ignored), errorMessage };
    return done({ ...taken, partialSuccess });
  });
}

const refusal = (message: string, help: string): { ok: false; failure: Refusal } => ({
  ok: false,
  failure: { code: "INPUT_INVALID", message, help },
});

type Series = z.input<typeof signalsApi.signalSeries.answer>;

async function series(
  { store, cellsOf }: SignalsNow,
  signal: Signal,
  wanted: z.output<typeof signalsApi.signalSeries.query>,
): Promise<Answer<Series>> {
  const { slotMs } = signal.settings;
  const { from, to, since = from } = wanted;
  const all = cellsOf(signal.system);
  const groups = groupsOf(all, wanted);
  const stranger = [...groups.own, ...groups.others].find((cell) => !all.includes(cell));
  if (stranger !== undefined)
    return refusal(`\`${signal.system}\` has no cell \`${stranger}\``, "see the description");
  if (to <= from || (to - from) / slotMs > signalsApi.SERIES_MAX)
    return refusal(
      `from ${from} to ${to} are no or more than ${signalsApi.SERIES_MAX} slots`,
      "ask for a shorter time",
    );
  const read = async (begin: number, end: number) => {
    const slots = await readSlots(store.db, { signal: signal.name, from: begin, to: end });
    return slots.filter(({ width }) => width === slotMs);
  };
  const slots = { before: await read(since - DAY_MS, since), shown: await read(from, to) };
  const shown = shownSlots(signal, groups, slots);
  return done({
    ...{ slotMs, unit: signal.unit },
    slots: shown.map((slot) => ({
      ...slot,
      counts: slot.counts === null ? null : [...slot.counts],
    })),
  });
}

const listOf = (text: string): readonly string[] => [
  ...new Set(text.split(",").map((cell) => cell.trim())),
];

function groupsOf(
  all: readonly string[],
  { cell, cells, control }: z.output<typeof signalsApi.signalSeries.query>,
) {
  const own = cells === undefined ? (cell === undefined ? all : [cell]) : listOf(cells);
  const others = control === undefined ? all : listOf(control);
  return { own, others: others.filter((id) => !own.includes(id)) };
}
