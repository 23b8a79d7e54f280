// SPDX-License-Identifier: Apache-2.0
import { type Node, parseTree } from "jsonc-parser";
import { bracketDepth } from "../code/engine.ts";
import { type Dependency, type DependencyFile, dependency, dependencyFile } from "./dependency.ts";

const SECTIONS: Readonly<Record<string, Dependency["scope"]>> = {
  dependencies: "runtime",
  optionalDependencies: "runtime",
  peerDependencies: "runtime",
  devDependencies: "dev",
  resolutions: "runtime",
  overrides: "runtime",
  pnpm: "runtime",
};
/** Scripts that npm runs on the machine of whoever installs. */
const HOOKS = new Set([
  "preinstall",
  "install",
  "postinstall",
  "prepare",
  "preprepare",
  "postprepare",
]);

const MANIFEST_DEPTH_MAX = 200;

/** `package.json`; `null` when it is no JSON object. */
export function readPackageJson(text: string): DependencyFile | null {
  // The parser is recursive.
  if (bracketDepth(text) > MANIFEST_DEPTH_MAX) return null;
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root?.type !== "object") return null;
  const dependencies: Dependency[] = [];
  const hooks: { name: string; command: string; line: number }[] = [];
  const lineOf = lineIndex(text);
  for (const [key, value] of members(root)) {
    const scope = SECTIONS[key];
    // `pnpm: { overrides: {…} }`
    const below =
      key === "pnpm" ? members(value).flatMap(([, inner]) => members(inner)) : members(value);
    for (const [name, inner] of below) {
      if (typeof inner.value !== "string") continue;
      const line = lineOf(inner.offset);
      if (scope !== undefined) dependencies.push(fromSpec(name, inner.value, scope, line));
      if (key === "scripts" && HOOKS.has(name)) hooks.push({ name, command: inner.value, line });
    }
    if (/^(trustedDependencies|onlyBuiltDependencies)$/.test(key))
      for (const item of value.children ?? [])
        hooks.push({ name: key, command: String(item.value), line: lineOf(item.offset) });
  }
  return dependencyFile("npm", "manifest", dependencies, { hooks });
}

function members(node: Node): readonly (readonly [string, Node])[] {
  if (node.type !== "object") return [];
  return (node.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    return key === undefined || value === undefined ? [] : [[String(key.value), value] as const];
  });
}

function lineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

function fromSpec(
  name: string,
  spec: string,
  scope: Dependency["scope"],
  line: number,
): Dependency {
  const elsewhere =
    /^(git(\+\w+)?:|github:|gitlab:|bitbucket:|https?:|file:|link:|workspace:|portal:|[\w-]+\/[\w.-]+(#|$))/.test(
      spec,
    );
  return dependency({
    name,
    scope,
    line,
    version: elsewhere ? "" : spec,
    source: elsewhere ? spec : "",
  });
}

/** Where a resolved package comes from, when it is neither of the two default hosts. */
function hostOf(resolved: string): string {
  if (/^(git|ssh|github)/.test(resolved)) return resolved;
  const host = /^https?:\/\/([^/]+)/.exec(resolved)?.[1] ?? "";
  return /^registry\.(npmjs\.org|yarnpkg\.com)$/.test(host) ? "" : host;
}

type LockEntry = {
  readonly version?: unknown;
  readonly resolved?: unknown;
  readonly integrity?: unknown;
  readonly hasInstallScript?: unknown;
  readonly dev?: unknown;
  readonly link?: unknown;
  readonly dependencies?: unknown;
};

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const str = (value: unknown): string => (typeof value === "string" ? value : "");

/** `package-lock.json` of any version; `null` when it is no lock. */
export function readPackageLock(text: string): DependencyFile | null {
  const parsed = parseJson(text);
  if (!isRecord(parsed)) return null;
  const packages = isRecord(parsed.packages) ? parsed.packages : null;
  const flat = packages === null ? flatten(parsed.dependencies, "", 0) : Object.entries(packages);
  const lineOf = keyLines(text);
  const dependencies = flat.flatMap(([path, entry]) => {
    if (path === "" || !isRecord(entry)) return [];
    const one: LockEntry = entry;
    // Workspaces and links are the repository's own code.
    if (one.link === true || (packages !== null && !path.includes("node_modules/"))) return [];
    const name = packages === null ? path : path;
    return [
      dependency({
        name,
        version: str(one.version),
        line: lineOf(packages === null ? (path.split(" > ").at(-1) ?? path) : path),
        scope: one.dev === true ? "dev" : "runtime",
        source: hostOf(str(one.resolved)),
        integrity: str(one.integrity),
        installScript: one.hasInstallScript === true,
      }),
    ];
  });
  return dependencyFile("npm", "lock", dependencies);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller reports what is no JSON as a gap.
    return null;
  }
}

function flatten(node: unknown, prefix: string, depth: number): (readonly [string, unknown])[] {
  if (!isRecord(node) || depth > 50) return [];
  return Object.entries(node).flatMap(([name, entry]) => {
    const path = prefix === "" ? name : `${prefix} > ${name}`;
    const inner = isRecord(entry) ? flatten(entry.dependencies, path, depth + 1) : [];
    return [[path, entry] as const, ...inner];
  });
}

/** Line of the first `"key":` of a document, indexed once. */
function keyLines(text: string): (key: string) => number {
  let index: Map<string, number> | null = null;
  return (key) => {
    if (index === null) {
      index = new Map();
      for (const [i, line] of text.split("\n").entries()) {
        const name = /^\s*"((?:[^"\\]|\\.)+)"\s*:\s*\{/.exec(line)?.[1];
        if (name !== undefined && !index.has(name)) index.set(name, i + 1);
      }
    }
    return index.get(key) ?? 1;
  };
}

/** `yarn.lock`, classic and berry. */
export function readYarnLock(text: string): DependencyFile {
  const dependencies: Dependency[] = [];
  let open: {
    name: string;
    line: number;
    version: string;
    resolved: string;
    integrity: string;
  } | null = null;
  const close = (): void => {
    if (open === null || open.name === "__metadata" || /@workspace:/.test(open.resolved)) return;
    const { name, line, version, integrity } = open;
    dependencies.push(
      dependency({
        name: `${name}@${version.split(".")[0]}`,
        line,
        version,
        integrity,
        source: yarnSource(open.resolved),
      }),
    );
  };
  for (const [i, line] of text.split("\n").entries()) {
    const head = /^"?((?:@[^@/"]+\/)?[^@"\s,:]+)(?:@|:$)/.exec(line);
    if (head !== null && !line.startsWith(" ") && !line.startsWith("#")) {
      close();
      open = { name: head[1] ?? "", line: i + 1, version: "", resolved: "", integrity: "" };
      continue;
    }
    const field = /^ {2}(version|resolved|resolution|integrity|checksum):?\s+"?([^"\s]+)"?/.exec(
      line,
    );
    if (field === null || open === null) continue;
    const [, key, value = ""] = field;
    if (key === "version") open = { ...open, version: value };
    else if (key === "resolved" || key === "resolution") open = { ...open, resolved: value };
    else open = { ...open, integrity: value };
  }
  close();
  return dependencyFile("npm", "lock", dependencies);
}

function yarnSource(resolved: string): string {
  if (/@npm:/.test(resolved)) return "";
  if (/^https?:/.test(resolved)) return hostOf(resolved);
  return /^(git|ssh)|@(git|https?):/.test(resolved) ? resolved : "";
}

/** `pnpm-lock.yaml`, versions 5 to 9, read line by line: the packages section is flat. */
export function readPnpmLock(text: string): DependencyFile {
  const dependencies: Dependency[] = [];
  let inside = false;
  let open: Dependency | null = null;
  for (const [i, line] of text.split("\n").entries()) {
    if (/^\S/.test(line)) inside = /^packages:/.test(line);
    if (!inside) continue;
    const key = /^ {2}(\S.{0,400}):\s*$/.exec(line)?.[1];
    if (key !== undefined) {
      if (open !== null) dependencies.push(open);
      const { name, version } = pnpmKey(key);
      open = dependency({ name: `${name}@${version.split(".")[0]}`, version, line: i + 1 });
    } else if (open !== null) open = withField(open, line);
  }
  if (open !== null) dependencies.push(open);
  return dependencyFile("npm", "lock", dependencies);
}

/** `/@scope/name@1.0.0(peer@2.0.0)`, `name@1.0.0`, or `/name/1.0.0_peer` in version 5. */
function pnpmKey(key: string): { readonly name: string; readonly version: string } {
  const bare = key.replace(/^['"]?\/?|['"]$/g, "").split("(", 1)[0] ?? "";
  const at = bare.indexOf("@", 1);
  const cut = at > 0 ? at : bare.lastIndexOf("/");
  if (cut <= 0) return { name: bare, version: "" };
  return { name: bare.slice(0, cut), version: bare.slice(cut + 1).split("_", 1)[0] ?? "" };
}

function withField(open: Dependency, line: string): Dependency {
  const integrity = /integrity:\s*([^\s,}]+)/.exec(line)?.[1];
  const tarball = /(?:tarball|repo):\s*([^\s,}]+)/.exec(line)?.[1];
  return {
    ...open,
    ...(integrity === undefined ? {} : { integrity }),
    ...(tarball === undefined ? {} : { source: hostOf(tarball) }),
    ...(/^\s+requiresBuild:\s*true/.test(line) ? { installScript: true } : {}),
  };
}

/** `.npmrc` and `.yarnrc(.yml)`: only the registries. */
export function readNpmrc(text: string): DependencyFile {
  const registries = text.split("\n").flatMap((line, i) => {
    const address =
      /^\s*(?:[@\w-]+:)?(?:npmRegistryServer|registry)\s*[=:]?\s*["']?(https?:\/\/[^\s"']+)/.exec(
        line,
      )?.[1];
    return address === undefined ? [] : [{ address, line: i + 1 }];
  });
  return dependencyFile("npm", "manifest", [], { registries });
}
