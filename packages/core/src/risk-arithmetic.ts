// SPDX-License-Identifier: Apache-2.0

/**
 * Logarithm and logistic curve from sums, products and quotients alone.
 *
 * ECMA-262 leaves `Math.log` and `Math.exp` implementation-approximated; two engines may differ in
 * the last bit. The four operations on doubles are exactly specified, so these are the same
 * everywhere, as long as nobody reorders them.
 */

const LOG_TERMS = 25;
const EXP_TERMS = 18;
/** Beyond this the curve is 0 or 1 at a resolution of one part per million. */
const LOGIT_MAX = 30;

/** Natural logarithm of 1 + |x|, with the sign of x; x is finite. */
export function signedLog1p(x: number): number {
  let mantissa = 1 + Math.abs(x);
  let halvings = 0;
  while (mantissa >= 2) {
    mantissa /= 2;
    halvings += 1;
  }
  // ln m = 2 (t + t^3/3 + t^5/5 + ...) with t = (m - 1) / (m + 1) <= 1/3
  const t = (mantissa - 1) / (mantissa + 1);
  let power = t;
  let series = 0;
  for (let odd = 1; odd < 2 * LOG_TERMS; odd += 2) {
    series += power / odd;
    power *= t * t;
  }
  const value = halvings * Math.LN2 + 2 * series;
  return x < 0 ? -value : value;
}

/** 1 / (1 + e^-x). */
export function logistic(x: number): number {
  const z = Math.min(LOGIT_MAX, Math.max(-LOGIT_MAX, x));
  return 1 / (1 + exponential(-z));
}

function exponential(x: number): number {
  const doublings = Math.round(x / Math.LN2);
  const rest = x - doublings * Math.LN2;
  let term = 1;
  let series = 1;
  for (let n = 1; n < EXP_TERMS; n += 1) {
    term = (term * rest) / n;
    series += term;
  }
  for (let n = 0; n < doublings; n += 1) series *= 2;
  for (let n = 0; n > doublings; n -= 1) series /= 2;
  return series;
}
