// SPDX-License-Identifier: Apache-2.0

/** One way of doing some work; called with the number of the round. */
export type Contender = (round: number) => unknown;

export type Comparison = {
  /** Microseconds of processor time that one round of ours takes, the median. */
  readonly micros: number;
  /** Ours to the peer's, the median of the ratios of single rounds. */
  readonly ratio: number;
  /** The lower and the upper quartile of those ratios. */
  readonly quartiles: readonly [number, number];
};

/**
 * Runs two contenders in turn, each first in every other round, so that whatever else the machine
 * does strikes both alike. Processor time, not the clock: waiting for a processor is not slowness.
 */
export async function interleaved(
  ours: Contender,
  peer: Contender,
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<Comparison> {
  const micros: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds.warmUp + rounds.measured; round++) {
    const [first, second] = round % 2 === 0 ? [ours, peer] : [peer, ours];
    const one = await processorTime(first, round);
    const two = await processorTime(second, round);
    const [own, other] = first === ours ? [one, two] : [two, one];
    if (round < rounds.warmUp) continue;
    micros.push(own);
    ratios.push(own / Math.max(1, other));
  }
  return {
    micros: quantile(micros, 0.5),
    ratio: quantile(ratios, 0.5),
    quartiles: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
  };
}

/** One line of a bench: what is compared, what one of `each` costs, and the ratio with its quartiles. */
export function shownComparison(name: string, compared: Comparison, each = 1): string {
  const digits = (ratio: number): string => ratio.toPrecision(2);
  const [low, high] = compared.quartiles;
  return [
    name.padEnd(48),
    shownMicros(compared.micros / each).padStart(9),
    `  ratio ${digits(compared.ratio)} (${digits(low)} to ${digits(high)})`,
  ].join(" ");
}

function shownMicros(micros: number): string {
  if (micros >= 10_000) return `${(micros / 1_000).toFixed(1)} ms`;
  return `${micros >= 10 ? micros.toFixed(0) : micros.toFixed(1)} µs`;
}

/** Microseconds of processor time, of all threads of this process. */
export async function processorTime(work: Contender, round: number): Promise<number> {
  const start = process.cpuUsage();
  await work(round);
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** The value below which the given share of the values lies, by nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return sorted[rank] ?? Number.NaN;
}

/** A sequence that looks random and is the same on every machine (xorshift, Marsaglia 2003). */
export function sequence(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
