// SPDX-License-Identifier: Apache-2.0
/** What a freshly installed hook keeps from its server while all is well. */
import { GateError } from "@interlock/core";
import { readRoster } from "../emergency/roster.ts";
import { pinnedOrFirst } from "../provable/pinned.ts";
import { refreshRoster } from "./after.ts";
import type { Settings } from "./settings.ts";

/** Whoever installs waits for it; what cannot be had now is fetched by the first push. */
const PATIENCE_MS = 5_000;

/** Pins the log and fetches who may sign in an emergency, where the server answers; lines for people. */
export async function firstFetch(gitDir: string, settings: Settings): Promise<readonly string[]> {
  const timeoutMs = Math.min(settings.timeoutMs, PATIENCE_MS);
  const server = settings.server.replace(/\/+$/, "");
  try {
    const { says } = await pinnedOrFirst(gitDir, { server, secret: settings.token, timeoutMs });
    await refreshRoster(gitDir, { ...settings, timeoutMs });
    const count = readRoster(gitDir)?.keys.length ?? 0;
    return [...(says === null ? [] : [says]), `fetched the roster of ${count} emergency key(s)`];
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return [
      `who may sign in an emergency is not fetched: ${error.message}; each push that the server answers fetches it, and so does \`interlock emergency roster\``,
    ];
  }
}
