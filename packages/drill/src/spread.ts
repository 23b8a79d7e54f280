// SPDX-License-Identifier: Apache-2.0

/** A figure over seeds. */
export type Spread = {
  readonly mean: number;
  readonly median: number;
  /** 95th percentile. */
  readonly p95: number;
};

/** Of at least one value; what never happened is `null` and counts as later than all. */
export function spreadOf(values: readonly (number | null)[]): {
  readonly [K in keyof Spread]: number | null;
} {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = (share: number): number | null => {
    const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    return value === undefined || !Number.isFinite(value) ? null : value;
  };
  const all = values.every((value) => value !== null);
  const mean = all ? Math.round(sum(sorted) / Math.max(1, sorted.length)) : null;
  return { mean, median: at(0.5), p95: at(0.95) };
}

/**
 * Median, 95th percentile and largest of ratios; one over nothing counts as over 1, and one that never
 * happened as later than all.
 */
export function ratiosOf(pairs: readonly (readonly [number | null, number | null])[]): {
  readonly median: number | null;
  readonly p95: number | null;
  readonly most: number | null;
} {
  const ratios = pairs.map(([a, b]) => (a === null || b === null ? null : a / Math.max(1, b)));
  const { median, p95 } = spreadOf(ratios);
  const known = ratios.filter((ratio) => ratio !== null);
  return { median, p95, most: known.length < ratios.length ? null : Math.max(...known) };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
