// SPDX-License-Identifier: Apache-2.0
/** An item of a list that sets something by its name: `--max-conns=500`, `-Xmx4g`, `LOG_LEVEL=debug`. */
export type Option = {
  readonly name: string;
  /** `null` where the name alone says it, as `--verbose` does. */
  readonly value: string | null;
};

const LONG = /^(--?[A-Za-z][\w.-]{1,100})(?:=([\s\S]*))?$/;
const ASSIGNED = /^([A-Z][A-Z0-9_]{1,100})=([\s\S]*)$/;
const HEAP = /^(-X(?:mx|ms|ss))(\d{1,12}[kKmMgGtT]?)$/;

export function optionOf(text: string): Option | null {
  const c = text.charCodeAt(0);
  if (c !== 45 && (c < 65 || c > 90)) return null;
  const found = HEAP.exec(text) ?? LONG.exec(text) ?? ASSIGNED.exec(text);
  return found === null ? null : { name: found[1] ?? "", value: found[2] ?? null };
}

const STEP = "[option=";

/** How a pointer names an option. */
export const optionStep = (name: string): string => `${STEP}${name}]`;

/** The option that a step of a pointer names. */
export const optionOfStep = (step: string): string | null =>
  step.startsWith(STEP) && step.endsWith("]") ? step.slice(STEP.length, -1) : null;
