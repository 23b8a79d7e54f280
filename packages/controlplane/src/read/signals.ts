// SPDX-License-Identifier: Apache-2.0
import { allowFields } from "@interlock/policy";
import { MEASURES, SIGNAL_KINDS, type SignalDescription } from "../description.ts";
import { SIGNAL } from "../json-schema.ts";
import { type At, countAt, durationAt, nameAt, shareAt, textAt, wordAt } from "./fields.ts";
import { settingsAt } from "./targets.ts";

const SAMPLES_MAX = 1_000_000_000;

export function signalOf(at: At): SignalDescription {
  allowFields(at.r, at.raw, at.path, Object.keys(SIGNAL));
  return {
    name: nameAt(at, "name"),
    system: nameAt(at, "system"),
    kind: wordAt(at, "kind", SIGNAL_KINDS) ?? "push",
    measures: wordAt(at, "measures", MEASURES) ?? "orders",
    settings: settingsAt(at),
    unit: textAt(at, "unit", 40),
    freshMs: durationAt(at, "fresh"),
    minimumSamples: countAt(at, "minimumSamples", { least: 1, most: SAMPLES_MAX }),
    weightPpm: shareAt(at, "weight"),
  };
}
