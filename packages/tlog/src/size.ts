// SPDX-License-Identifier: Apache-2.0
// Sizes and indices are numbers up to 2^53 - 1. JavaScript's bitwise operators end at 2^32, hence
// the arithmetic.

/** The largest tree that is handled: beyond it a number is no longer exact. */
export const MAX_SIZE = Number.MAX_SAFE_INTEGER;

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

export function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Reads an ASCII decimal without leading zeros, or `null` when it is none or above `MAX_SIZE`. */
export function parseSize(text: string): number | null {
  if (!DECIMAL.test(text)) return null;
  const value = Number(text);
  return value <= MAX_SIZE ? value : null;
}

export function half(value: number): number {
  return Math.floor(value / 2);
}

export function isOdd(value: number): boolean {
  return value % 2 === 1;
}

/** The largest power of two that is smaller than `size`: where RFC 9162 section 2.1 splits a tree. */
export function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}
