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

/** A standard normal number (Box & Muller). */
export function normal(next: Chance): number {
  const radius = Math.sqrt(-2 * Math.log(1 - next()));
  return radius * Math.cos(2 * Math.PI * next());
}

/** A Poisson count; from a mean of 100 on by the normal limit, corrected for skew. */
export function poisson(next: Chance, mean: number): number {
  if (mean > 100) {
    const z = normal(next);
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * z + (z * z - 1) / 6));
  }
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

/** A factor of mean 1 with the relative spread: log-normal, from a standard normal number. */
export function factor(z: number, spread: number): number {
  if (spread === 0) return 1;
  const s = Math.sqrt(Math.log1p(spread * spread));
  return Math.exp(s * z - (s * s) / 2);
}

/** Noise that lasts: a standard normal number that forgets a part of itself each step. */
export function lasting(next: Chance, keeps: number): () => number {
  let z = normal(next);
  return () => {
    z = keeps * z + Math.sqrt(1 - keeps * keeps) * normal(next);
    return z;
  };
}
