// SPDX-License-Identifier: Apache-2.0
import {
  allowFields,
  byPlace,
  didYouMean,
  isRaw,
  type Path,
  type Problem,
  reader,
  readSource,
  report,
} from "@interlock/policy";
import type {
  ConfigSet,
  Description,
  SignalDescription,
  TargetDescription,
} from "../description.ts";
import { ROOT } from "../json-schema.ts";
import { type At, itemsAt, LIMITS, refusedUnknown, refuseTwice } from "./fields.ts";
import { setOf } from "./sets.ts";
import { refuseSum } from "./shares.ts";
import { signalOf } from "./signals.ts";
import { systemOf } from "./systems.ts";
import { targetOf } from "./targets.ts";

export type ReadDescription =
  | { readonly ok: true; readonly description: Description }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type ReadOptions = {
  /** Known teams, where they are known: owners have to be among them. */
  readonly teams?: readonly string[];
  /** What whoever opens targets and signals finds in their settings; without it nobody looks. */
  readonly settings?: {
    readonly ofTarget: (target: TargetDescription) => readonly SettingsProblem[];
    readonly ofSignal: (signal: SignalDescription) => readonly SettingsProblem[];
  };
};

/** A problem at a path below `settings`. */
export type SettingsProblem = {
  readonly code: "FIELD_UNKNOWN" | "FIELD_INVALID" | "FIELD_MISSING";
  readonly path: Path;
  readonly message: string;
  readonly help: string;
};

/**
 * Reads a `control-plane.yaml`. Every problem is reported at once, with its place and what to do; a
 * description with a problem is not read in part. by (fail-closed)
 */
export function readDescription(
  file: string,
  text: string,
  options: ReadOptions = {},
): ReadDescription {
  const r = reader(readSource(file, text, "a description"));
  const { value } = r.source;
  if (r.problems.length > 0) return { ok: false, problems: [...r.problems].sort(byPlace) };
  if (!isRaw(value)) {
    report(r, "FIELD_INVALID", [], "a description is a mapping", "begin with `version: 1`");
    return { ok: false, problems: r.problems };
  }
  const description = rootOf({ r, raw: value, path: [] }, options);
  if (r.problems.length > 0) return { ok: false, problems: [...r.problems].sort(byPlace) };
  return { ok: true, description };
}

type Parts = {
  readonly targets: readonly At[];
  readonly systems: readonly At[];
  readonly configSets: readonly At[];
  readonly signals: readonly At[];
};

function rootOf(at: At, options: ReadOptions): Description {
  const { r, raw } = at;
  allowFields(r, raw, [], Object.keys(ROOT));
  if (raw["version"] !== 1)
    report(r, "FIELD_INVALID", ["version"], "`version` is not 1", "write `version: 1`");
  const parts: Parts = {
    targets: itemsAt(at, "targets", LIMITS.targets),
    systems: itemsAt(at, "systems", LIMITS.systems),
    configSets: itemsAt(at, "configSets", LIMITS.configSets),
    signals: itemsAt(at, "signals", LIMITS.signals),
  };
  refuseTwice(parts.targets, "name", "target");
  refuseTwice(parts.systems, "name", "system");
  refuseTwice(parts.configSets, "name", "config set");
  refuseTwice(parts.signals, "name", "signal");
  const description: Description = {
    version: 1,
    targets: parts.targets.map(targetOf),
    systems: parts.systems.map(systemOf),
    configSets: parts.configSets.map(setOf),
    signals: parts.signals.map(signalOf),
  };
  refuseReferences(description, parts, options);
  refuseOverlaps(description.configSets, parts.configSets);
  refusePlaces(description, parts);
  refuseWeights(description, parts);
  if (options.settings !== undefined) refuseSettings(description, parts, options.settings);
  return description;
}

function refuseReferences(
  { targets, systems, configSets }: Description,
  parts: Parts,
  { teams }: ReadOptions,
): void {
  const names = (named: readonly { readonly name: string }[]) => named.map((one) => one.name);
  for (const at of parts.signals) refusedUnknown(at, "system", names(systems), "system");
  for (const at of parts.configSets) {
    refusedUnknown(at, "system", names(systems), "system");
    refusedUnknown(at, "target", names(targets), "target");
    if (teams !== undefined) refusedUnknown(at, "owner", teams, "team");
    for (const reference of itemsAt(
      { ...at, r: { ...at.r, problems: [] } },
      "references",
      LIMITS.references,
    ))
      refusedUnknown({ ...reference, r: at.r }, "to", names(configSets), "config set");
  }
}

/** Two sets that one file belongs to would each write it. */
function refuseOverlaps(sets: readonly ConfigSet[], places: readonly At[]): void {
  const seen = new Map<string, string>();
  for (const [i, set] of sets.entries())
    for (const [j, { path }] of set.files.entries()) {
      const from = [set.repository, set.ref, path.replaceAll(/\{(?:key|cell)\}/g, "{}")].join("\n");
      const other = seen.get(from);
      const at = places[i];
      if (other !== undefined && other !== set.name && at !== undefined)
        report(
          at.r,
          "DUPLICATE",
          [...at.path, "files", j, "path"],
          `files of this path belong to \`${other}\` already`,
          "give each set paths of its own",
        );
      seen.set(from, set.name);
    }
}

/** Where a target's settings say where each cell is, they say it of every cell that is written there. */
function refusePlaces({ targets, systems, configSets }: Description, parts: Parts): void {
  for (const [i, { name, settings }] of targets.entries()) {
    const at = parts.targets[i];
    const cells = isRaw(settings) ? settings["cells"] : undefined;
    if (at === undefined || !isRaw(cells)) continue;
    const written = new Set(
      configSets.filter((set) => set.target === name).map((set) => set.system),
    );
    const cellsOf = (wanted: (system: string) => boolean): readonly string[] =>
      systems.filter((one) => wanted(one.name)).flatMap((one) => one.cells.map((c) => c.id));
    const ids = cellsOf((system) => written.has(system));
    // Before the first set of a target comes, it may have the cells of any system.
    const possible = written.size === 0 ? cellsOf(() => true) : ids;
    const path = [...at.path, "settings", "cells"];
    for (const id of ids.filter((one) => one !== "" && !Object.hasOwn(cells, one)))
      report(
        at.r,
        "NAME_UNKNOWN",
        path,
        `nothing says where the cell \`${id}\` is`,
        `add \`${id}:\``,
      );
    for (const odd of Object.keys(cells).filter((one) => !possible.includes(one)))
      report(
        at.r,
        "NAME_UNKNOWN",
        [...path, odd],
        `no system that writes here has a cell \`${odd}\``,
        didYouMean(odd, possible),
      );
  }
}

function refuseWeights({ systems, signals }: Description, parts: Parts): void {
  for (const { name } of systems) {
    const weights = signals.filter((signal) => signal.system === name).map((s) => s.weightPpm);
    const at = parts.signals.find((one) => one.raw["system"] === name);
    if (at !== undefined) refuseSum(at, "weight", weights);
  }
}

/** Not of an entry that has no settings of a known kind, which is told already. */
function refuseSettings(
  { targets, signals }: Description,
  parts: Parts,
  { ofTarget, ofSignal }: NonNullable<ReadOptions["settings"]>,
): void {
  const refuse = (at: At | undefined, found: readonly SettingsProblem[]): void => {
    if (at === undefined) return;
    for (const { code, path, message, help } of found) {
      const place = [...at.path, "settings", ...path];
      const { source, problems } = at.r;
      const made =
        code === "FIELD_UNKNOWN"
          ? source.problemAtKey(code, place, message, help)
          : source.problem(code, place, message, help);
      const isTold = ({ code: told, line, column }: Problem): boolean =>
        told === "SECRET_WRITTEN" && line === made.line && column === made.column;
      if (!problems.some(isTold)) problems.push(made);
    }
  };
  const isWhole = (at: At | undefined, kind: string): boolean =>
    at?.raw["kind"] === kind && isRaw(at.raw["settings"]);
  for (const [i, target] of targets.entries())
    if (isWhole(parts.targets[i], target.kind)) refuse(parts.targets[i], ofTarget(target));
  for (const [i, signal] of signals.entries())
    if (isWhole(parts.signals[i], signal.kind)) refuse(parts.signals[i], ofSignal(signal));
}
