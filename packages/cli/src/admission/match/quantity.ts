// SPDX-License-Identifier: Apache-2.0
/** Resource quantities, of which the API server writes one of several forms (apimachinery resource.Quantity). */
import type { Json } from "@interlock/digest";

const FORM = /^([+-]?)(\d{0,18})(?:\.(\d{0,18}))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;
const DECIMAL: Readonly<Record<string, number>> = {
  ...{ n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 },
};
const BINARY = "KMGTPE";
/** The API server rounds up to these. */
const SMALLEST = 9;

/** In billionths; `null` where it is no quantity or finer than that. */
export function billionths(value: Json): bigint | null {
  const text = typeof value === "number" ? String(value) : value;
  const found = typeof text === "string" ? FORM.exec(text) : null;
  if (found === null) return null;
  const [, sign, whole = "", part = "", suffix = "", exponent] = found;
  if (whole === "" && part === "") return null;
  const binary = suffix.endsWith("i") ? 10 * (BINARY.indexOf(suffix[0] ?? "") + 1) : 0;
  const power = suffix.endsWith("i") ? 0 : (DECIMAL[suffix] ?? Number(exponent ?? 0));
  const scale = SMALLEST + power - part.length;
  const digits = BigInt(whole + part) << BigInt(binary);
  const ten = 10n ** BigInt(Math.abs(scale));
  if (scale < 0 && digits % ten !== 0n) return null;
  const amount = scale < 0 ? digits / ten : digits * ten;
  return sign === "-" ? -amount : amount;
}

export function sameQuantity(one: Json, other: Json): boolean {
  const amount = billionths(one);
  return amount !== null && amount === billionths(other);
}
