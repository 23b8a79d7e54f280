// SPDX-License-Identifier: Apache-2.0

export const ECOSYSTEMS = ["npm", "python", "go", "cargo", "maven", "gradle", "docker"] as const;
export type Ecosystem = (typeof ECOSYSTEMS)[number];

/** One dependency as a manifest asks for it or a lock resolves it. */
export type Dependency = {
  readonly name: string;
  /** The range of a manifest or the exact version of a lock, as written. */
  readonly version: string;
  readonly line: number;
  readonly scope: "runtime" | "dev" | "build";
  /** Where it comes from when that is not the default registry: a host, a Git address, a path. */
  readonly source: string;
  readonly integrity: string;
  readonly installScript: boolean;
};

export type DependencyFile = {
  readonly ecosystem: Ecosystem;
  readonly role: "manifest" | "lock";
  readonly dependencies: readonly Dependency[];
  /** Other addresses packages may come from, such as an extra index. */
  readonly registries: readonly { readonly address: string; readonly line: number }[];
  /** Commands that run when the package itself is installed. */
  readonly hooks: readonly {
    readonly name: string;
    readonly command: string;
    readonly line: number;
  }[];
};

/** A dependency with everything that its format did not say left at "default". */
export function dependency(
  known: Partial<Dependency> & Pick<Dependency, "name" | "line">,
): Dependency {
  return {
    version: "",
    scope: "runtime",
    source: "",
    integrity: "",
    installScript: false,
    ...known,
  };
}

export function dependencyFile(
  ecosystem: Ecosystem,
  role: DependencyFile["role"],
  dependencies: readonly Dependency[],
  more: Partial<Pick<DependencyFile, "registries" | "hooks">> = {},
): DependencyFile {
  return { ecosystem, role, dependencies, registries: [], hooks: [], ...more };
}

/** Takes whatever accepts any version: nothing at all, a star, a moving name, a moving branch. */
export function isUnpinned(one: Dependency): boolean {
  if (/^(file|link|path|workspace|portal):|^\.{0,2}\//.test(one.source)) return false;
  if (
    /^git(\+|:|@)|\.git\b|^(github|gitlab|bitbucket):|^[\w-]+\/[\w.-]+(#|$)/.test(one.source) &&
    !/^[\w-]+\.[\w.-]+\//.test(one.source)
  )
    return !/[#@=][0-9a-f]{7,40}\b|#semver:|@v?\d|#v?\d|(tag|rev)=/.test(one.source);
  if (one.source !== "" && one.version === "") return false;
  const spec = one.version.trim();
  return (
    /^(\*|x|latest|next|any|LATEST|RELEASE|\+|latest\.\w+|\[?[\d.]*,\s*\)|>=?\s*0(\.0)*)?$/.test(
      spec,
    ) || /^\d+\.\+$/.test(spec)
  );
}

export type Version = readonly [number, number, number];

/** The first version number in a range; `null` when there is none. */
export function versionOf(spec: string): Version | null {
  const match = /(?:^|[^\w.])v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?/.exec(` ${spec}`);
  if (match === null) return null;
  return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}

const isDate = (n: number): boolean => n >= 19_700_101 && n <= 99_991_231;

export type Step = "major" | "minor" | "patch" | "same" | "downgrade" | "unknown";

/**
 * How far a version moves. Below 1.0 the second number is the one that breaks, in the ecosystems
 * whose tools read it so.
 */
export function stepBetween(before: string, after: string, zeroBreaks = true): Step {
  const [a, b] = [versionOf(before), versionOf(after)];
  if (a === null || b === null) return "unknown";
  // A date of build as in `v20260710-1a2b3c` counts up every day and promises nothing.
  if (isDate(a[0]) && isDate(b[0])) return b[0] < a[0] ? "downgrade" : "minor";
  for (const place of [0, 1, 2] as const) {
    if (b[place] < a[place]) return "downgrade";
    if (b[place] > a[place]) {
      if (place === 0 || (zeroBreaks && place === 1 && a[0] === 0)) return "major";
      return place === 2 ? "patch" : "minor";
    }
  }
  return "same";
}
