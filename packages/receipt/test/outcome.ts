// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { type ReceiptOutcome, type Step, type Trust, verifyReceipt } from "@interlock/receipt";
import { fileOf, type ReceiptJson, TRUST, world } from "./world.ts";

export const verify = async (receipt: Json, trust: Trust = TRUST): Promise<ReceiptOutcome> =>
  await verifyReceipt(fileOf(receipt), trust);

/** The step that failed and why, or the verdict. */
export function told(outcome: ReceiptOutcome): string {
  if (outcome.verdict !== "failed") return outcome.verdict;
  const last = outcome.steps.at(-1);
  return `${last?.step}: ${last?.refusal?.code}`;
}

export const stateOf = (outcome: ReceiptOutcome, step: Step["step"]): readonly string[] =>
  outcome.steps.filter((s) => s.step === step).map((s) => s.state);

/** The receipt that everything starts from: an allowed change that bo and cy approved. */
export const WORLD = await world();

export const HEX = "ab".repeat(32);

/** A receipt is changed after the checkpoint was signed. */
export function changed(path: readonly (string | number)[], value: Json | undefined): ReceiptJson {
  const copy = structuredClone(WORLD.receipt) as Record<string | number, unknown>;
  let at = copy;
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy as ReceiptJson;
}

export const at = (path: readonly (string | number)[]): Json =>
  path.reduce<unknown>(
    (value, step) => (value as Record<string | number, unknown>)[step],
    WORLD.receipt,
  ) as Json;
