// SPDX-License-Identifier: Apache-2.0
import { type Digest, digestOf, type Json } from "@interlock/digest";
import { about, bool, count, type Infer, int, list, object, optional, text } from "../schema.ts";

export const MILLION = 1_000_000;

/** Limits of what is planned and kept: a rollout of more cells is several rollouts. */
export const CELLS_MAX = 5_000;
export const WAVES_MAX = 100;

const name = text({ max: 200 });
const ppm = int(0, MILLION);

/** A share of a larger cell's traffic; from 0 to 1,000,000 its parts are all of it. */
const PART = object({ of: name, fromPpm: ppm, toPpm: ppm });

/** A part of a system that can be written alone. */
export const CELL = object({
  id: name,
  region: name,
  sharePpm: about("of the system's orders", ppm),
  base: about("the version that it serves before the rollout", name),
  runs: about("the other half of the pair: for a configuration the code that reads it", name),
  divisible: about("whether a share of its traffic can be given the new version alone", bool()),
  part: about("absent of one that is a cell by itself", optional(PART)),
});
export type Cell = Infer<typeof CELL>;

/** What must be known before a wave counts as passed: time and evidence, both. */
export const BAKE = object({
  ms: about("after the last cell of the wave was read back", count()),
  samples: about("orders seen by cells with the new version", count()),
  marginPpm: about(
    "harm that has to be excluded: orders lost of all orders of the system, not of those of the wave",
    ppm,
  ),
});
export type Bake = Infer<typeof BAKE>;

const STEP = object({
  cell: name,
  toPpm: about("share of the cell's traffic that has the new version after the wave", ppm),
});
export type WaveStep = Infer<typeof STEP>;

const WAVE = object({ name, steps: list(STEP, CELLS_MAX), bake: BAKE });
export type Wave = Infer<typeof WAVE>;

/** How long a collapse of orders goes on before it ends, at the slowest. */
const DETECTION = object({
  sampleMs: about("from an order that is not placed to the analysis that knows of it", count()),
  lostMicroOrders: about("lost orders, in millionths, after which the analysis halts", count()),
  worstMs: about("whatever the traffic: a wave with too few orders is seen by people", count()),
  stopMs: about("from the halt to the last cell back", count()),
});
export type Detection = Infer<typeof DETECTION>;

const BACK = object({
  batchPpm: about("exposure that goes back at once", int(1, MILLION)),
  everyMs: about("between two batches", count()),
  jitterMs: about("a cell waits up to this long in its batch", count()),
});

/** What one person may expose alone within 24 hours. by (solo-ceiling) */
const CEILING = object({
  tier: about("the most critical tier that one person may touch alone", int(1, 5)),
  cells: count(),
  trafficPpm: ppm,
});
export type Ceiling = Infer<typeof CEILING>;

/** Design section 4: nothing of Tier 1, one cell, one per cent of traffic. */
export const DEFAULT_CEILING: Ceiling = { tier: 2, cells: 1, trafficPpm: 10_000 };

export const PLAN = object({
  change: about("digest of the change", text({ max: 64, form: "digest" })),
  system: name,
  tier: int(1, 4),
  target: name,
  keys: about(
    "what is written; one that ends in `/` means all beneath it; sorted",
    list(name, 10_000),
  ),
  version: about("the version that the rollout brings", name),
  lane: text({ values: ["normal", "emergency"] }),
  emergency: about(
    "the entry of the break-glass that opened the emergency lane",
    optional(text({ max: 64, form: "digest" })),
  ),
  cells: about("sorted by id", list(CELL, CELLS_MAX)),
  provenRuns: about(
    "the other halves with which this version passed a bake; sorted",
    list(name, 1_000),
  ),
  waves: list(WAVE, WAVES_MAX),
  microOrdersPerMinute: about("of the whole system, in millionths of an order", count()),
  detection: DETECTION,
  asyncFailureMs: about("the slowest failure that the system declares", count()),
  speedPpmPerMinute: about("exposure never grows faster", int(1)),
  signals: about("sources enrolled for the system, sorted", list(name, 100)),
  freshMs: about("how old an observation may be that lets a wave pass", count()),
  askEveryMs: about("between two questions to the analysis", int(1_000)),
  onFailure: text({ values: ["halt", "go-back"] }),
  ceiling: CEILING,
  back: BACK,
  goodUntil: about("no wave begins later; milliseconds since 1970 UTC", int(0)),
});
export type Plan = Infer<typeof PLAN>;

/** What approvals and entries name a plan by. */
export function planDigest(plan: Plan): Digest {
  return digestOf("interlock/rollout-plan/v1", plan as Json); // integers, texts and lists only
}

/** The share of every cell's traffic that has the new version once the waves up to `wave` are written. */
export function levelsAfter(plan: Pick<Plan, "waves">, wave: number): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  for (const { steps } of plan.waves.slice(0, wave + 1))
    for (const { cell, toPpm } of steps) levels.set(cell, toPpm);
  return levels;
}

type Shared = readonly Pick<Cell, "id" | "sharePpm">[];

/** The share of the system's orders that has the new version at these levels, in millionths of a millionth. */
export const exposedAt = (cells: Shared, levels: ReadonlyMap<string, number>): number =>
  cells.reduce((sum, { id, sharePpm }) => sum + sharePpm * (levels.get(id) ?? 0), 0);

/** The same in millionths, rounded up. */
export const exposureAt = (cells: Shared, levels: ReadonlyMap<string, number>): number =>
  Math.ceil(exposedAt(cells, levels) / MILLION);
