// SPDX-License-Identifier: Apache-2.0

const FRACTION_BITS = 30;

/**
 * Binary logarithm of a number of at least 1, exact to 2^-30.
 *
 * `Math.log2` may differ between engines (ECMA-262 leaves it implementation-approximated), and facts
 * must be the same bytes everywhere. Products and halves of doubles are fully specified.
 */
export function log2(value: number): number {
  let whole = 0;
  let rest = value;
  while (rest >= 2) {
    rest /= 2;
    whole += 1;
  }
  let fraction = 0;
  let weight = 0.5;
  for (let bit = 0; bit < FRACTION_BITS; bit += 1) {
    rest *= rest;
    if (rest >= 2) {
      rest /= 2;
      fraction += weight;
    }
    weight /= 2;
  }
  return whole + fraction;
}
