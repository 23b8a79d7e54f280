// SPDX-License-Identifier: Apache-2.0
/** What a running rollout does next by itself. */
import {
  append,
  drop,
  emit,
  fenceOf,
  isAsked,
  mapCell,
  mapCells,
  notify,
  same,
  withOperation,
  writeKey,
} from "./edit.ts";
import { MILLION } from "./plan.ts";
import { soloExposure, withinCeiling } from "./solo.ts";
import type { CellState, Operation, RolloutState } from "./state.ts";
import { hasBaked } from "./verdict.ts";
import { watchWriting } from "./watch.ts";
import { mayReturnTo } from "./way-back.ts";

export function driveForward(state: RolloutState): RolloutState {
  if (state.paused) return state;
  switch (state.stage) {
    case "waiting":
      return enterWave(state);
    case "writing":
      return state.cells.some(({ operation }) => operation !== undefined)
        ? write(state)
        : beginBake(state);
    case "baking":
      return bake(state);
    default:
      return state;
  }
}

/** Writes of a wave are made only where its entry came back. by (entry-first) */
function enterWave(state: RolloutState): RolloutState {
  if (state.hold !== "none" || state.seenAt >= state.plan.goodUntil) return state;
  const [alone, second] = state.persons;
  if (second !== undefined || alone === undefined || isProven(state))
    return { ...append(state, "rollout-wave", { by: "" }), stage: "entering" };
  const by = { person: alone, at: state.seenAt };
  if (
    !withinCeiling(
      state.plan.ceiling,
      earlierWaves(state, by),
      soloExposure(state.plan, state.wave, by),
    )
  )
    return notify({ ...state, hold: "second-person" }, "needs-second", alone);
  const solo = soloExposure(state.plan, state.wave, by);
  return {
    ...append(state, "rollout-wave", { by: alone, solo: { ...solo, tier: state.plan.tier } }),
    stage: "entering",
  };
}

const earlierWaves = (state: RolloutState, by: { readonly person: string; readonly at: number }) =>
  state.plan.waves.slice(0, state.wave).map((_, wave) => soloExposure(state.plan, wave, by));

/** What passed its bake with what every cell runs is no longer exposed by anybody. */
const isProven = (state: RolloutState): boolean =>
  state.cells.every(({ runs }) => mayReturnTo(state.proven, state.plan.version, runs));

/** With the entry durable: what the wave writes. */
export function queueWave(state: RolloutState, entry: string): RolloutState {
  const steps = new Map(
    (state.plan.waves[state.wave]?.steps ?? []).map(({ cell, toPpm }) => [cell, toPpm]),
  );
  const queued = mapCells(state, (cell) => {
    const content = { version: state.plan.version, sharePpm: steps.get(cell.id) ?? 0 };
    if (!steps.has(cell.id) || (same(cell.content, content) && !cell.doubtful)) return cell;
    const operation: Operation = {
      way: "forward",
      content,
      entry,
      attempt: 1,
      failures: 0,
      status: "queued",
      answer: "none",
      notBefore: 0,
    };
    return { ...cell, operation };
  });
  return { ...queued, stage: "writing" };
}

function write(state: RolloutState): RolloutState {
  const handed = handOut(state);
  return handed === state ? watchWriting(state) : handed;
}

/** As many writes as the speed limit lets: exposure grows no faster than harm can be seen. */
function handOut(state: RolloutState): RolloutState {
  let now = state;
  for (const cell of state.cells) {
    const { operation } = cell;
    if (operation?.status !== "queued" || operation.notBefore > now.clockMs) continue;
    if (now.freeAt > now.clockMs) break;
    const grows = cell.touched && operation.failures > 0 ? 0 : growth(now, cell, operation);
    const ms = Math.ceil((grows * 60_000) / now.plan.speedPpmPerMinute);
    now = sendWrite({ ...now, freeAt: Math.max(now.freeAt, now.clockMs) + ms }, cell, operation);
  }
  return now;
}

function growth(state: RolloutState, cell: CellState, { content }: Operation): number {
  const share = state.plan.cells.find(({ id }) => id === cell.id)?.sharePpm ?? 0;
  const had = cell.content.version === state.plan.version ? cell.content.sharePpm : 0;
  return Math.ceil((share * Math.max(0, content.sharePpm - had)) / MILLION);
}

export function sendWrite(
  state: RolloutState,
  cell: CellState,
  operation: Operation,
): RolloutState {
  const { way, content, entry } = operation;
  const sent = mapCell(state, cell.id, (one) => ({
    ...withOperation(one, { status: "sent" }),
    touched: true,
    // Until it was read back: whatever becomes of the operation, that it was sent stays known.
    doubtful: one.doubtful || way === "forward",
  }));
  return emit(sent, {
    kind: "write",
    cell: cell.id,
    way,
    content,
    over: mayHold(state, cell, operation),
    key: writeKey(state.id, cell.id, operation),
    entry,
    fence: fenceOf(state),
  });
}

/** What a cell may hold when it is written: what was read, and what an unanswered write may have made. */
function mayHold(state: RolloutState, cell: CellState, { way }: Operation) {
  if (way === "forward") return [cell.content];
  const levels = state.plan.waves
    .slice(0, state.wave + 1)
    .flatMap(({ steps }) => steps.filter((step) => step.cell === cell.id))
    .map(({ toPpm }) => ({ version: state.plan.version, sharePpm: toPpm }));
  const newest = levels.slice(-2).filter((content) => !same(content, cell.content));
  return [cell.content, ...newest];
}

/** Counts anew: what was seen while the wave was not whole says nothing of the whole. */
function beginBake(state: RolloutState): RolloutState {
  const { watching: _, ...rest } = drop(state, ({ kind }) => kind === "analyse");
  const { clockMs: from, seenAt: fromAt, serial: after } = rest;
  return { ...rest, stage: "baking", baking: { from, fromAt, askAt: from, after, verdicts: [] } };
}

function bake(state: RolloutState): RolloutState {
  const { baking, plan } = state;
  if (baking === undefined) return beginBake(state);
  if (hasBaked(state)) return pass(state);
  if (isAsked(state) || baking.askAt > state.clockMs) return state;
  const cells = state.cells.filter(({ content }) => content.version === plan.version);
  return emit(
    { ...state, baking: { ...baking, askAt: state.clockMs + plan.askEveryMs } },
    { kind: "analyse", wave: state.wave, since: baking.fromAt, cells: cells.map(({ id }) => id) },
  );
}

function pass(state: RolloutState): RolloutState {
  const steps = new Set((state.plan.waves[state.wave]?.steps ?? []).map(({ cell }) => cell));
  const runs = state.cells.filter(({ id }) => steps.has(id)).map((cell) => cell.runs);
  const provenRuns = [...new Set([...state.provenRuns, ...runs])].sort();
  const { baking: _, ...rest } = state;
  const passed: RolloutState = {
    ...rest,
    provenRuns,
    outbox: state.outbox.filter(({ kind }) => kind !== "analyse"),
  };
  if (state.wave + 1 < state.plan.waves.length)
    return { ...passed, wave: state.wave + 1, stage: "waiting" };
  return { ...append(passed, "rollout-proven", { by: "" }), stage: "proving" };
}
