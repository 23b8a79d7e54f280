// SPDX-License-Identifier: Apache-2.0

/** A stream of pseudo-random numbers in [0, 1): sfc32, seeded, the same on every machine. */
export type Chance = () => number;

/** PractRand's sfc32 by Chris Doty-Humphrey. */
export function chance(seed: number): Chance {
  let [a, b, c, d] = [0x9e3779b9 ^ seed, 0x243f6a88, 0xb7e15162 ^ (seed << 7), 1];
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return (t >>> 0) / 4_294_967_296;
  };
  for (let i = 0; i < 20; i += 1) next();
  return next;
}

/** A Poisson count: by products of uniforms in parts of at most 30, so that large means stay exact. */
export function poisson(next: Chance, mean: number): number {
  if (mean > 400) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(next)));
  let count = 0;
  for (let left = mean; left > 0; left -= 30) {
    const limit = Math.exp(-Math.min(30, left));
    let product = next();
    while (product > limit) {
      count += 1;
      product *= next();
    }
  }
  return count;
}

/** A standard normal number (Box & Muller). */
export function normal(next: Chance): number {
  const radius = Math.sqrt(-2 * Math.log(1 - next()));
  return radius * Math.cos(2 * Math.PI * next());
}

/** A factor with mean about 1 and the given relative spread, never negative: log-normal. */
export function noise(next: Chance, spread: number): number {
  if (spread === 0) return 1;
  const s = Math.sqrt(Math.log1p(spread * spread));
  return Math.exp(s * normal(next) - (s * s) / 2);
}
