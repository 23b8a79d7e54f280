// SPDX-License-Identifier: Apache-2.0
/** What changes inside one text: the value of an option in a list, the one number of a line. */
import { optionOf, optionOfStep } from "../config/options.ts";
import { typeOfLoose } from "../config/scalar.ts";
import type { ConfigDelta, Side } from "../config/types.ts";
import { type Quantity, quantityOf } from "./quantity.ts";

/** An option of a list, `--max-conns=500`, as the setting that it is: `max-conns` and `500`. */
export function asSetting(d: ConfigDelta): ConfigDelta {
  const name = optionOfStep(d.place.step);
  if (name === null) return d;
  const key = name.replace(/^-+D?(?=\w)/, "");
  return { ...d, key, before: assigned(d.before), after: assigned(d.after) };
}

function assigned(side: Side): Side {
  if (side.kind === "absent") return side;
  const text = optionOf(side.text)?.value ?? "true";
  return { kind: typeOfLoose(text), text, size: [...text].length };
}

/** Longer texts are prose, programs or certificates. */
const LINE_MAX = 300;
const EDGE = /[\s=,;"'()]/;
/** What stands before a number that is no amount. */
const NO_AMOUNT = /(?:ports?|uid|gid|user|id|version|seed|year|date|level|v)[\s="':]*$/i;

/** Both values of the only number in which two lines differ, with one unit; `null` for other differences. */
export function onlyNumber(
  before: string,
  after: string,
): { readonly before: Quantity; readonly after: Quantity } | null {
  if (before.length > LINE_MAX || after.length > LINE_MAX) return null;
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  while (start > 0 && !EDGE.test(before[start - 1] ?? "")) start--;
  while (end > 0 && !EDGE.test(before[before.length - end] ?? "")) end--;
  if (start === 0 && end === 0) return null;
  if (NO_AMOUNT.test(before.slice(0, start))) return null;
  const was = quantityOf(withoutOption(before.slice(start, before.length - end)));
  const is = quantityOf(withoutOption(after.slice(start, after.length - end)));
  return was === null || is === null || was.unit !== is.unit ? null : { before: was, after: is };
}

/** The heap of a Java process: there `m` is a size and no time. */
const withoutOption = (token: string): string =>
  token.replace(/^-X(?:mx|ms|ss)(\d{1,12})([kmg]?)$/i, (_, n: string, unit: string) =>
    unit === "" ? `${n}b` : `${n}${unit}b`,
  );
