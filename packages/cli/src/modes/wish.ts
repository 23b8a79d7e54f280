// SPDX-License-Identifier: Apache-2.0
/** What somebody wants of the modes, from the words of a command line. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { GateError, MODES, type Mode, type Policy } from "@interlock/core";
import { readCatalog } from "@interlock/facts";
import { didYouMean, durationMs, writtenInstant } from "@interlock/policy";
import { CATALOG_PATH, readText } from "../judge/workspace.ts";
import { topOf } from "./policy-files.ts";

export type Wish = {
  readonly mode: Mode;
  readonly rules: readonly string[];
  /** Empty: every system. */
  readonly systems: readonly string[];
  /** Milliseconds since 1970 UTC. */
  readonly until: number | undefined;
};

export type EndOptions = { readonly until?: string; readonly for?: string };

export function modeOf(written: string): Mode {
  const found = MODES.find((mode) => mode === written);
  if (found !== undefined) return found;
  throw new GateError("USAGE", `no mode is called \`${written}\``, didYouMean(written, MODES));
}

/** When it ends, in milliseconds since 1970 UTC; it must lie ahead. */
export function endOf(options: EndOptions, now: number): number | undefined {
  if (options.until !== undefined && options.for !== undefined)
    throw new GateError("USAGE", "`--until` and `--for` name two ends", "give one of them");
  const named = options.until ?? options.for;
  if (named === undefined) return undefined;
  const end =
    options.until === undefined
      ? ahead(durationMs(named), now)
      : (writtenInstant(named, "latest")?.ms ?? null);
  if (end === null)
    throw new GateError(
      "USAGE",
      `\`${named}\` is no end`,
      "write `--for 14d`, `--until 2030-05-02` or `--until 2030-05-02T09:00:00Z`",
    );
  if (end > now) return end;
  throw new GateError("USAGE", `\`${named}\` is over already`, "name a time that lies ahead");
}

/** By whole seconds, as a person would write it. */
const ahead = (ms: number | null, now: number): number | null =>
  ms === null ? null : Math.ceil((now + ms) / 1_000) * 1_000;

/** Refuses rules that the policy does not have: a mistyped one would hold nothing. */
export function knownRules(policy: Policy, rules: readonly string[]): readonly string[] {
  const ids = policy.rules.map(({ id }) => id);
  for (const rule of rules)
    if (!ids.includes(rule))
      throw new GateError("USAGE", `no rule is called \`${rule}\``, didYouMean(rule, ids));
  return [...new Set(rules)];
}

/** Refuses systems that the catalog beside the policy does not have. */
export function knownSystems(repo: string, systems: readonly string[]): readonly string[] {
  if (systems.length === 0) return [];
  const path = join(topOf(repo), CATALOG_PATH);
  const ids = existsSync(path)
    ? readCatalog(CATALOG_PATH, readText(path)).systems.map(({ id }) => id)
    : [];
  for (const system of systems)
    if (!ids.includes(system))
      throw new GateError(
        "USAGE",
        `\`${CATALOG_PATH}\` has no system \`${system}\``,
        ids.length === 0 ? "add it to the catalog first" : didYouMean(system, ids),
      );
  return [...new Set(systems)];
}
