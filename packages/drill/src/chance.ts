// SPDX-License-Identifier: Apache-2.0
/** Randomness that a seed decides, the same on every machine. */

/** Numbers in [0, 1). */
export type Chance = () => number;

/** PractRand's sfc32 by Chris Doty-Humphrey; `stream` keeps the streams of one seed apart. */
export function chance(seed: number, stream: number): Chance {
  let [a, b, c, d] = [0x9e3779b9 ^ seed, 0x243f6a88 ^ stream, 0xb7e15162 ^ (seed << 7), 1];
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

function normal(next: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** A gamma number of mean 1 and variance `variance`: Marsaglia & Tsang, ACM TOMS 2000. */
export function gammaFactor(next: Chance, variance: number): number {
  if (variance === 0) return 1;
  const shape = 1 / variance;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(next);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - next()) < 0.5 * x * x + d * (1 - v + Math.log(v)))
      return (d * v) / shape;
  }
}

/** A Poisson count: by products for small means, else by transformed rejection (Hörmann 1993, PTRS). */
export function poisson(next: Chance, mean: number): number {
  if (mean < 10) return byProducts(next, mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverse = 1.1239 + 1.1328 / (b - 3.4);
  const vr = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = next() - 0.5;
    const v = 1 - next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= vr) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const bound = -mean + k * Math.log(mean) - lnFactorial(k);
    if (Math.log((v * inverse) / (a / (us * us) + b)) <= bound) return k;
  }
}

function byProducts(next: Chance, mean: number): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = next(); product > limit; product *= next()) count += 1;
  return count;
}

/** Stirling's series; exact to a billionth from 10 on, and by sums below. */
function lnFactorial(n: number): number {
  if (n < 10) {
    let sum = 0;
    for (let i = 2; i <= n; i += 1) sum += Math.log(i);
    return sum;
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x * x * x);
}

/** A negative binomial count with variance mean + dispersion x mean^2. */
export function negativeBinomial(next: Chance, mean: number, dispersion: number): number {
  return poisson(next, mean * gammaFactor(next, dispersion));
}
