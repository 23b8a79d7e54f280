// SPDX-License-Identifier: Apache-2.0
/** What the looks at a bare repository start from. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { type Place, standing } from "../hook/install.ts";
import { readSettings, SETTINGS_FILE, type Settings } from "../hook/settings.ts";

export type Gated = {
  readonly place: Place;
  /** `null`: not installed, or damaged: `fault` says which. */
  readonly settings: Settings | null;
  readonly fault: string;
  /** Text of the hook that git would run, where it is ours. */
  readonly hook: string | null;
  /** Values by key in lower case, of every configuration that git reads here; the last one counts. */
  readonly config: ReadonlyMap<string, readonly string[]>;
};

const GIT_MS = 10_000;

/** Reads without changing anything; what git reads as configuration runs nothing. */
export function gatedAt(place: Place): Gated {
  const found = settingsOf(place.gitDir);
  const hook = standing(place.hook) === "ours" ? readFileSync(place.hook, "utf8") : null;
  return { place, ...found, hook, config: configOf(place.gitDir) };
}

function settingsOf(gitDir: string): Pick<Gated, "settings" | "fault"> {
  if (!existsSync(join(gitDir, SETTINGS_FILE)))
    return { settings: null, fault: `there is no \`${SETTINGS_FILE}\`` };
  try {
    return { settings: readSettings(gitDir), fault: "" };
  } catch (error) {
    if (error instanceof GateError) return { settings: null, fault: error.message };
    throw error;
  }
}

function configOf(gitDir: string): Gated["config"] {
  const values = new Map<string, readonly string[]>();
  for (const entry of listOf(gitDir).split("\0")) {
    const cut = entry.indexOf("\n");
    // A key without a value is a true one (git-config(1)).
    const [key, value] = cut < 0 ? [entry, "true"] : [entry.slice(0, cut), entry.slice(cut + 1)];
    if (key !== "")
      values.set(key.toLowerCase(), [...(values.get(key.toLowerCase()) ?? []), value]);
  }
  return values;
}

function listOf(gitDir: string): string {
  try {
    return execFileSync("git", ["--git-dir", gitDir, "config", "--list", "-z"], {
      cwd: gitDir,
      encoding: "utf8",
      timeout: GIT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    throw new GateError(
      "GIT_UNUSABLE",
      `git does not read the configuration of \`${gitDir}\`: ${error instanceof Error ? error.message.trim() : String(error)}`,
      "run this as the account that owns the repository",
    );
  }
}

const TRUE = new Set(["true", "yes", "on", "1"]);

export const isTrue = ({ config }: Gated, key: string): boolean =>
  TRUE.has((config.get(key) ?? []).at(-1)?.toLowerCase() ?? "");
