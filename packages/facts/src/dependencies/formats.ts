// SPDX-License-Identifier: Apache-2.0
import type { DependencyFile, Ecosystem } from "./dependency.ts";
import { readDockerfile } from "./docker.ts";
import { readNpmrc, readPackageJson, readPackageLock, readPnpmLock, readYarnLock } from "./npm.ts";
import {
  readCargoLock,
  readCargoToml,
  readGoMod,
  readGoSum,
  readGradleBuild,
  readGradleCatalog,
  readGradleLock,
  readPom,
} from "./others.ts";
import { readPipfileLock, readPyproject, readPythonLock, readRequirements } from "./python.ts";

type Reader = (text: string, path: string) => DependencyFile | null;

const READERS: readonly (readonly [RegExp, Reader])[] = [
  [/^package\.json$/, readPackageJson],
  [/^(package-lock|npm-shrinkwrap)\.json$/, readPackageLock],
  [/^yarn\.lock$/, readYarnLock],
  [/^pnpm-lock\.yaml$/, readPnpmLock],
  [/^(\.npmrc|\.yarnrc|\.yarnrc\.yml)$/, readNpmrc],
  [/^[\w.-]*(requirements|constraints)[\w.-]*\.txt$/, readRequirements],
  [/^(pyproject\.toml|Pipfile)$/, readPyproject],
  [/^(poetry|uv|pdm)\.lock$/, readPythonLock],
  [/^Pipfile\.lock$/, readPipfileLock],
  [/^go\.mod$/, readGoMod],
  [/^go\.sum$/, readGoSum],
  [/^Cargo\.toml$/, readCargoToml],
  [/^Cargo\.lock$/, readCargoLock],
  [/^pom\.xml$|\.pom$/, readPom],
  [/\.versions\.toml$/, readGradleCatalog],
  [/^build\.gradle(\.kts)?$/, readGradleBuild],
  [/^gradle\.lockfile$/, readGradleLock],
  [/^(Dockerfile|Containerfile)([._-][\w.-]*)?$|\.(dockerfile|containerfile)$/i, readDockerfile],
];

/** The locks that a package manager writes beside a manifest of each ecosystem. */
export const LOCKS: Readonly<Record<Ecosystem, readonly string[]>> = {
  npm: ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"],
  python: ["poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock"],
  go: ["go.sum"],
  cargo: ["Cargo.lock"],
  maven: [],
  gradle: ["gradle.lockfile"],
  docker: [],
};

/** Who reads the path as a manifest or a lock; `null` when nobody does. */
export function readerOf(path: string): Reader | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  // `requirements/prod.txt` is as common as `requirements-prod.txt`.
  if (/(^|\/)requirements\/[\w.-]+\.txt$/.test(path)) return readRequirements;
  return READERS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
