// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TextFile } from "./complaint.ts";
import type { Machine } from "./foreign-places.ts";

/** Larger files are data, not text that a person wrote. */
const MAX_BYTES = 2_000_000;
const MAX_LISTING = 1 << 26;
const PUBLIC_HOST = "registry.npmjs.org";

// Folders that many machines have: a neighbour of the clone under one of them proves nothing.
const STANDARD = new Set(
  ["", "bin", "etc", "home", "lib", "mnt", "opt", "root", "run", "srv", "tmp", "usr", "var"].map(
    (name) => `/${name}`,
  ),
);

export type Repository = {
  readonly paths: readonly string[];
  readonly files: readonly TextFile[];
};

/** Every tracked or not ignored file, as Git lists them; binary and very large ones by path only. */
export function readRepository(root: string): Repository {
  const listing = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root, encoding: "utf8", maxBuffer: MAX_LISTING },
  );
  const paths = [...new Set(listing.split("\0"))]
    .filter((path) => path !== "" && existsSync(join(root, path)))
    .sort();
  const files = paths.flatMap((path) => {
    const stat = lstatSync(join(root, path));
    if (!stat.isFile() || stat.size > MAX_BYTES) return [];
    const text = readFileSync(join(root, path), "utf8");
    return text.includes("\0") ? [] : [{ path, text }];
  });
  return { paths, files };
}

/** What would give this machine away: the clone, its neighbours, and a registry of its own. */
export function describeMachine(root: string, registry: string | undefined): Machine {
  const clone = root.replace(/\/+$/, "");
  const around = dirname(clone);
  const neighbours = STANDARD.has(around)
    ? []
    : readdirSync(around).map((name) => join(around, name));
  const host = registry === undefined ? "" : new URL(registry).host;
  return {
    folders: STANDARD.has(clone) ? [] : [...new Set([clone, ...neighbours])],
    hosts: host === "" || host === PUBLIC_HOST ? [] : [host],
  };
}
