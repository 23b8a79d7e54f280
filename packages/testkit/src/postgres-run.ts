// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killCluster, SHARED_POSTGRES } from "./postgres.ts";

/** Vitest's global set-up: a place for a shared server, which the first test that needs it starts. */
export function setup(): () => Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "interlock-pg-"));
  chmodSync(directory, 0o755);
  process.env[SHARED_POSTGRES] = directory;
  return async () => {
    await killCluster(join(directory, "cluster"));
    rmSync(directory, { recursive: true, force: true });
  };
}
