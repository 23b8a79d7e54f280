// SPDX-License-Identifier: Apache-2.0
/** What all waves that run say together: whose harm it is, and who is halted. Stores nothing. */
import { separate } from "@interlock/judge";
import {
  advance,
  askedIn,
  begin,
  controlOf,
  type Running,
  slotsAround,
  type World,
} from "./running.ts";
import { sayWave, type WaveSaid } from "./say.ts";
import { type Found, suspectsOf } from "./suspects.ts";

/** A wave with what was found of several rollouts. */
export type WaveAnalysis = WaveSaid & { readonly found: Found | null };

/** Counts what came since in every wave that runs, and finds who harms what. */
export async function broughtForward(
  world: World,
  before: readonly Running[],
): Promise<readonly Running[]> {
  const forward: Running[] = [];
  for (const one of before) {
    const control = controlOf(world, one.wave.asked, before);
    const spoilt = one.wave.control.some((cell) => !control.includes(cell));
    const { asked } = one.wave;
    // What another rollout has changed is nothing to compare with any more.
    const wave = spoilt
      ? await begin(world, { asked, control, from: world.now() })
      : await advance(world, one.wave);
    forward.push({ ...one, wave });
  }
  return await foundOf(world, forward, forward);
}

/** Who it may be, of all that run, for each of `ones` that shows harm or could have done it. */
export async function foundOf(
  world: World,
  ones: readonly Running[],
  all: readonly Running[],
): Promise<readonly Running[]> {
  const every = [...ones, ...all.filter((other) => !ones.includes(other))];
  const found: Found[] = [];
  for (const one of every) {
    const { asked } = one.wave;
    const said = sayWave(one.wave, askedIn(world, one.wave), world.now());
    const alarm = said.signals.find((signal) => signal.alarm)?.name;
    const harmed = said.kind === "halt" ? said.signals.find((s) => s.outcome === "failed") : null;
    const name = harmed?.name ?? alarm;
    const signal = world.signals.find((known) => known.name === name);
    if (signal === undefined) continue;
    const alike = every
      .map(({ wave }) => wave)
      .filter(({ asked: { system } }) => system === asked.system)
      .filter(
        ({ asked: { cells } }) =>
          harmed === undefined || harmed === null || cells.some((c) => asked.cells.includes(c)),
      );
    const slots = await slotsAround(world, alike, signal);
    const surely = harmed !== undefined && harmed !== null;
    found.push(suspectsOf(alike, signal, slots, { surely, at: world.now() }));
  }
  return ones.map((one) => {
    const { rollout } = one.wave.asked;
    const own =
      found.find(({ halt }) => halt.includes(rollout)) ??
      found.find(({ blames }) => blames.some((blame) => blame.rollout === rollout));
    return { ...one, found: own ?? null };
  });
}

/** What a wave says, with the blame that it has among others: nobody is halted for what others did. */
export function saidOf(world: World, { wave, found }: Running): WaveAnalysis {
  const said = sayWave(wave, askedIn(world, wave), world.now());
  if (found === null) return { ...said, found };
  const blamed = found.halt.includes(said.rollout);
  const signals = said.signals.map((signal) => {
    if (blamed && signal.name === found.signal) return { ...signal, outcome: "failed" as const };
    return signal.outcome === "failed" && !blamed
      ? { ...signal, outcome: "inconclusive" as const }
      : signal;
  });
  const kind = blamed
    ? "halt"
    : said.kind === "promote" || said.kind === "halt"
      ? "inconclusive"
      : said.kind;
  return {
    ...said,
    kind,
    signals,
    because: [...becauseOf(found, said), ...said.because],
    found,
  };
}

function becauseOf(found: Found, { rollout, control }: WaveSaid): readonly string[] {
  const alike = found.cannotBeToldApart.find((group) => group.includes(rollout));
  if (!found.halt.includes(rollout))
    return found.noneOfThesePpm >= 500_000
      ? [`\`${found.signal}\` is harmed, most likely by none of the rollouts that run`]
      : [`\`${found.signal}\` is harmed, most likely by another rollout`];
  if (alike !== undefined)
    return [
      `${alike.length} rollouts have changed the same cells and cannot be told apart: all are halted`,
      apart(alike, rollout, control),
    ];
  return found.halt.length > 1
    ? [`${found.halt.length} rollouts may have harmed \`${found.signal}\`: all are halted`]
    : [];
}

/** Where this one should go and where not when all begin again, so that the next harm tells them apart. */
function apart(alike: readonly string[], rollout: string, free: readonly string[]): string {
  const plan = separate(alike, free);
  if (!plan.ok || plan.value.stillAlike.some((group) => group.includes(rollout)))
    return "too few cells are unchanged to tell them apart: begin them again one after the other";
  const cells = (reached: boolean): readonly string[] =>
    plan.value.steps
      .filter(({ exposeTo }) => exposeTo.includes(rollout) === reached)
      .map(({ cell }) => `\`${cell}\``);
  const [to, not] = [cells(true), cells(false)];
  const where = [
    ...(to.length === 0 ? [] : [`in ${to.join(", ")}`]),
    ...(not.length === 0 ? [] : [`not in ${not.join(", ")}`]),
  ].join(" and ");
  return `to tell them apart, begin this one again ${where}, as the others are told for theirs`;
}
