// SPDX-License-Identifier: Apache-2.0
/** What is done once the server has answered a push: ask who may sign without it. */
import { GateError } from "@interlock/core";
import { fetchRoster } from "../emergency/fetching.ts";
import { keepRoster, readRoster } from "../emergency/roster.ts";
import { printable } from "../output/printable.ts";
import { pinnedText } from "../provable/pinned.ts";
import type { Settings } from "./settings.ts";

/** What whoever pushes should know of it; the decision stands, whatever becomes of this. */
export async function afterAnswer({
  gitDir,
  settings,
}: {
  readonly gitDir: string;
  readonly settings: Settings;
}): Promise<string> {
  try {
    return said(await refreshed(gitDir, settings));
  } catch (error) {
    if (error instanceof GateError) return said([error.message]);
    // A disk that is full or not ours must not turn a decision that stands.
    if (error instanceof Error && "syscall" in error) return said([error.message]);
    throw error;
  }
}

const said = (lines: readonly string[]): string =>
  lines.map((line) => `  ! ${printable(line)}\n`).join("");

/** A roster that is not as new as it could be is said before it is too old to go by. */
const SAID_AFTER_MS = 24 * 3_600_000;

async function refreshed(gitDir: string, settings: Settings): Promise<readonly string[]> {
  try {
    await refreshRoster(gitDir, settings);
    return [];
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    const kept = readRoster(gitDir);
    const old = kept !== null && Date.now() - kept.checkedAt > SAID_AFTER_MS;
    return old ? [`the roster of emergency keys grows old: ${error.message}`] : [];
  }
}

/**
 * Keeps the roster as the server has it now; the first one is verified by the trust policy that is
 * pinned here. Throws `GateError`, and the one before stays.
 */
export async function refreshRoster(
  gitDir: string,
  { server, token, timeoutMs }: Pick<Settings, "server" | "token" | "timeoutMs">,
  policy: string | null = null,
): Promise<void> {
  const remote = { server: server.replace(/\/+$/, ""), secret: token, timeoutMs };
  const known = readRoster(gitDir);
  const own = policy ?? (known === null ? pinnedText(gitDir) : null);
  keepRoster(gitDir, await fetchRoster(remote, { known, policy: own }));
}
