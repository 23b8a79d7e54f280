// SPDX-License-Identifier: Apache-2.0

// Lanczos approximation with g = 7 and 9 terms (Godfrey, https://www.numericana.com/answer/info/godfrey.htm).
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
] as const;
const HALF_LN_2PI = 0.5 * Math.log(2 * Math.PI);
/** Stirling's series is exact to a double from here on with three terms. */
const STIRLING_FROM = 64;

/** Logarithm of the gamma function for x > 0. */
export function lnGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lnGamma(1 - x);
  if (x >= STIRLING_FROM) {
    const y = 1 / (x * x);
    const series = (1 / 12 - y * (1 / 360 - y * (1 / 1_260 - y / 1_680))) / x;
    return (x - 0.5) * Math.log(x) - x + HALF_LN_2PI + series;
  }
  let sum: number = LANCZOS[0];
  for (let i = 1; i < LANCZOS.length; i += 1) sum += (LANCZOS[i] ?? 0) / (x - 1 + i);
  const t = x + 6.5;
  return HALF_LN_2PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** Logarithm of the beta function for a, b > 0. */
export function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
}

/**
 * Logarithm of the incomplete beta function, the integral of t^(a-1) (1-t)^(b-1) from 0 to x; the
 * continued fraction of DLMF 8.17.22 on the side where it converges fast.
 */
export function lnBetaBelow(x: number, a: number, b: number): number {
  const front = a * Math.log(x) + b * Math.log1p(-x);
  if (x < (a + 1) / (a + b + 2)) return front - Math.log(a) + Math.log(betaFraction(x, a, b));
  const above = front - Math.log(b) + Math.log(betaFraction(1 - x, b, a));
  const whole = lnBeta(a, b);
  // Beyond the mean the other tail holds at most about six tenths, so this never cancels badly.
  return whole + Math.log1p(-Math.min(1 - 1e-12, Math.exp(above - whole)));
}

const TINY = 1e-300;
const FRACTION_STEPS = 400_000;

/** Modified Lentz evaluation of DLMF 8.17.22; about the square root of max(a, b) steps. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < FRACTION_STEPS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-12) break;
  }
  return value;
}

function guarded(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}

/** ln of the sum of exponentials; -Infinity for an empty list. */
export function lnSumExp(terms: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const term of terms) if (term > most) most = term;
  if (!Number.isFinite(most)) return most;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - most);
  return most + Math.log(sum);
}

/** ln of the mean of exponentials. */
export function lnMeanExp(terms: readonly number[]): number {
  return lnSumExp(terms) - Math.log(terms.length);
}

/** ln of the standard normal distribution function, to about 1e-7 of its value at any x. */
export function lnNormalCdf(x: number): number {
  if (x > 0) return Math.log1p(-Math.exp(lnNormalCdf(-x)));
  if (x === 0) return -Math.LN2;
  const z = -x;
  const density = -0.5 * z * z - HALF_LN_2PI;
  return z < 3 ? density + Math.log(millsNear(z)) : density - Math.log(millsFraction(z));
}

/** Mills' ratio (1 - Phi(z)) / phi(z) by the Maclaurin series of Phi (Abramowitz & Stegun 26.2.11). */
function millsNear(z: number): number {
  let term = z;
  let series = z;
  for (let k = 3; k < 120; k += 2) {
    term *= (z * z) / k;
    series += term;
  }
  return Math.exp(0.5 * z * z + HALF_LN_2PI) / 2 - series;
}

/** The continued fraction z + 1/(z + 2/(z + ...)), the inverse of Mills' ratio (A&S 26.2.14). */
function millsFraction(z: number): number {
  let value = z;
  for (let k = 80; k >= 1; k -= 1) value = z + k / value;
  return value;
}

/** The x at which the standard normal distribution function is p, for 0 < p < 1. */
export function normalQuantile(p: number): number {
  return bisected((x) => lnNormalCdf(x) - Math.log(p), -40, 40);
}

/** The x between `low` and `high` where a rising function crosses zero, to a double's precision. */
export function bisected(rising: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 200; i += 1) {
    const middle = (a + b) / 2;
    if (middle <= a || middle >= b) break;
    if (rising(middle) < 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}

/** The middle of a list that is not empty: the mean of the two middle ones where it is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? 0)) / 2;
}
