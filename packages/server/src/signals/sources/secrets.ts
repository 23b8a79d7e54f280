// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from "node:fs";
import type { Secrets } from "./source.ts";

const SECRET_BYTES = 64 << 10;

/** Secrets of this machine: `env:NAME` and `file:PATH`. Read anew each time, so that they can be replaced. */
export const secretsOfMachine: Secrets = (name) => {
  if (name.startsWith("env:")) return process.env[name.slice(4)] ?? null;
  if (!name.startsWith("file:")) return null;
  const path = name.slice(5);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !found.isFile() || found.size > SECRET_BYTES) return null;
  return readFileSync(path, "utf8").trim();
};
