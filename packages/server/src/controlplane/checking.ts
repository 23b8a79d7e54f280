// SPDX-License-Identifier: Apache-2.0
import {
  type ReadDescription,
  type ReadOptions,
  readDescription,
  type SettingsProblem,
} from "@interlock/controlplane";
import type { Json } from "@interlock/digest";
import { didYouMean, isRaw, type Path } from "@interlock/policy";
import { type SettingsFault, settingsFaults } from "@interlock/targets";
import { readSignal } from "../signals/settings.ts";

const SETTINGS: NonNullable<ReadOptions["settings"]> = {
  ofTarget: (target) =>
    settingsFaults(target).map((fault) => problemOf(fault, target.settings, target.kind)),
  ofSignal: (signal) => {
    const read = readSignal(signal);
    return read.ok ? [] : read.problems;
  },
};

/**
 * Reads a `control-plane.yaml` as the server that is to drive it: with the settings that its drivers
 * and its sources of signals take. Only what a reference (`env:`, `file:`) names stays unknown.
 */
export const checkDescription = (file: string, text: string): ReadDescription =>
  readDescription(file, text, { settings: SETTINGS });

function problemOf(fault: SettingsFault, settings: Json, kind: string): SettingsProblem {
  const { path, rest } = pathIn(settings, fault.path.slice("settings".length));
  const named = fault.path.replace(/^settings\.?/, "") || "settings";
  const message = `\`${named}\` ${fault.says}`;
  const see = `see \`${kind}\` in docs/reference/targets.md`;
  if (fault.known !== undefined)
    return {
      ...{ code: "FIELD_UNKNOWN", path, message },
      help: didYouMean(String(path.at(-1)), fault.known),
    };
  if (rest === "") return { code: "FIELD_INVALID", path, message, help: see };
  return { code: "FIELD_MISSING", path, message, help: `add \`${rest.slice(1)}:\`; ${see}` };
}

/** A written path, step by step as far as there is something; names may have dots in them. */
function pathIn(value: unknown, written: string): { readonly path: Path; readonly rest: string } {
  const steps: readonly (readonly [string, string | number, unknown])[] = Array.isArray(value)
    ? value.map((item: unknown, at) => [`[${at}]`, at, item] as const)
    : isRaw(value)
      ? Object.entries(value).map(([name, item]) => [`.${name}`, name, item] as const)
      : [];
  const fits = steps.filter(
    ([step]) => written.startsWith(step) && /^(?:$|[.[])/.test(written.slice(step.length)),
  );
  const longest = fits.toSorted(([one], [two]) => two.length - one.length)[0];
  if (longest === undefined) return { path: [], rest: written };
  const [step, name, item] = longest;
  const below = pathIn(item, written.slice(step.length));
  return { path: [name, ...below.path], rest: below.rest };
}
