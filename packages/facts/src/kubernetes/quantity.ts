// SPDX-License-Identifier: Apache-2.0
/** A number with the unit it is counted in, in millionths of that unit. */
export type Quantity = { readonly micro: number; readonly unit: string };

const MICRO = 1_000_000;
const MIB = 1_048_576;
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
const SUFFIX: { readonly [suffix: string]: number } = {
  "": 1,
  m: 0.001,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 1024,
  Mi: MIB,
  Gi: MIB * 1024,
  Ti: MIB * MIB,
  Pi: MIB * MIB * 1024,
};

function scaled(text: string): number | null {
  const parts = /^(\d{1,15}(?:\.\d{1,9})?(?:[eE]\d{1,2})?)([a-zA-Z]{0,2})$/.exec(text.trim());
  const factor = SUFFIX[parts?.[2] ?? "-"];
  return parts === null || factor === undefined ? null : Number(parts[1]) * factor;
}

function quantity(value: number | null, unit: string): Quantity | null {
  if (value === null) return null;
  const micro = Math.round(value * MICRO);
  return Number.isSafeInteger(micro) ? { micro, unit } : null;
}

/** A whole number such as a replica count. */
export function count(text: string): Quantity | null {
  return /^-?\d{1,9}$/.test(text) ? { micro: Number(text) * MICRO, unit: "" } : null;
}

/** A count or a share of the whole: `2` or `25%`. */
export function countOrShare(text: string): Quantity | null {
  const share = /^(\d{1,6})%$/.exec(text);
  return share === null ? count(text) : { micro: Number(share[1]) * 10_000 * MICRO, unit: "ppm" };
}

/** Processor time: `500m`, `0.5`, `2` in thousandths of a core. */
export function cpu(text: string): Quantity | null {
  const cores = scaled(text);
  return quantity(cores === null ? null : cores * 1_000, "millicpu");
}

/** Memory in MiB: in bytes, millionths of a few GiB would leave the safe integers. */
export function memory(text: string): Quantity | null {
  const bytes = scaled(text);
  return quantity(bytes === null ? null : bytes / MIB, "MiB");
}

/** `after / before` in parts per million; 0 when there is no such ratio. */
export function ratioPpm(before: Quantity, after: Quantity): number {
  if (before.micro === 0) return 0;
  return Math.min(Math.round((after.micro / before.micro) * MICRO), Number.MAX_SAFE_INTEGER);
}
