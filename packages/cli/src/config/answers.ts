// SPDX-License-Identifier: Apache-2.0
import type { ReplayAnswer } from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { readText } from "../files/read.ts";

export const INPUTS_MAX = 100_000;
/** Of one answer. */
const LINE_MAX = 1_000_000;

/** The recorded inputs of a file: one JSON a line, kept as it is written. Throws `GateError`. */
export function readInputs(file: string): readonly string[] {
  const lines = readText(file)
    .split("\n")
    .filter((line) => line.trim() !== "");
  if (lines.length === 0 || lines.length > INPUTS_MAX)
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\` has ${lines.length} inputs, not 1 to ${INPUTS_MAX}`,
      "record inputs, one JSON a line",
    );
  const odd = lines.findIndex((line) => answerIn(line) === NO_JSON);
  if (odd >= 0)
    throw new GateError(
      "INPUT_INVALID",
      `input ${odd + 1} of \`${file}\` is no JSON`,
      "write one JSON a line",
    );
  return lines;
}

const NO_JSON: ReplayAnswer = { ok: false, error: "it is no JSON" };

/** What a line says. An object with an `error` that is not null is one. */
export function answerIn(line: string): ReplayAnswer {
  if (line.length > LINE_MAX) return { ok: false, error: "it is too long" };
  try {
    const value = JSON.parse(line);
    const error: unknown =
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? value["error"]
        : undefined;
    if (error === undefined || error === null) return { ok: true, value };
    return { ok: false, error: JSON.stringify(error).slice(0, 500) };
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return NO_JSON;
    throw thrown;
  }
}
