// SPDX-License-Identifier: Apache-2.0
import { type Dependency, type DependencyFile, dependency, dependencyFile } from "./dependency.ts";
import { tomlEntries, tomlField, unquote } from "./toml-lines.ts";

/** `go.mod`: requirements and replacements. */
export function readGoMod(text: string): DependencyFile {
  const dependencies: Dependency[] = [];
  let block = "";
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    const opens = /^(require|replace|exclude|retract)\s*\($/.exec(line)?.[1];
    if (opens !== undefined) block = opens;
    else if (line === ")") block = "";
    const statement = block === "" ? line : `${block} ${line}`;
    const require = /^require\s+"?([^\s"]+)"?\s+(v\S+)/.exec(statement);
    // Indirect requirements move with the direct ones.
    if (require !== null && !/\/\/\s*indirect/.test(line))
      dependencies.push(
        dependency({ name: require[1] ?? "", version: require[2] ?? "", line: i + 1 }),
      );
    const replace = /^replace\s+(\S+)(?:\s+v\S+)?\s+=>\s+(\S+)(?:\s+(v\S+))?/.exec(statement);
    if (replace !== null)
      dependencies.push(
        dependency({
          name: `${replace[1]} (replaced)`,
          version: replace[3] ?? "",
          source: replace[2] ?? "",
          line: i + 1,
        }),
      );
  }
  return dependencyFile("go", "manifest", dependencies);
}

/** `go.sum`: one module may stand in several versions, so the version is part of the name. */
export function readGoSum(text: string): DependencyFile {
  const dependencies = text.split("\n").flatMap((line, i) => {
    const [name, version, integrity] = line.trim().split(/\s+/);
    if (name === undefined || version === undefined || integrity === undefined) return [];
    return [dependency({ name: `${name}@${version}`, version, integrity, line: i + 1 })];
  });
  return dependencyFile("go", "lock", dependencies);
}

const CARGO = /^(?:workspace\.|target\..+\.)?(dev-|build-)?dependencies(?:\.(.+))?$/;

/** `Cargo.toml`, with inline and separate dependency tables. */
export function readCargoToml(text: string): DependencyFile {
  const dependencies = new Map<string, Dependency>();
  const registries: { address: string; line: number }[] = [];
  for (const { section, key, value, line } of tomlEntries(text)) {
    const match = CARGO.exec(section);
    if (match === null) continue;
    const scope = match[1] === "dev-" ? "dev" : match[1] === "build-" ? "build" : "runtime";
    const name = match[2] ?? key;
    const id = `${scope} ${name}`;
    const known = dependencies.get(id) ?? dependency({ name, line, scope });
    const table = match[2] !== undefined ? `{ ${key} = ${value} }` : value;
    dependencies.set(
      id,
      table.startsWith("{") ? withTable(known, table) : { ...known, version: unquote(value) },
    );
  }
  return dependencyFile("cargo", "manifest", [...dependencies.values()], { registries });
}

function withTable(known: Dependency, table: string): Dependency {
  const git = tomlField(table, "git");
  const rev = tomlField(table, "rev") || tomlField(table, "tag");
  const path = tomlField(table, "path");
  const version = tomlField(table, "version");
  const source =
    git !== "" ? `git+${git}` : path !== "" ? `path:${path}` : tomlField(table, "registry");
  return {
    ...known,
    ...(version === "" ? {} : { version }),
    ...(source === "" ? {} : { source }),
    ...(rev === "" ? {} : { source: `${source || known.source}#rev=${rev}` }),
    // `{ workspace = true }` is pinned where the workspace says so.
    ...(/workspace\s*=\s*true/.test(table) ? { source: "workspace:" } : {}),
  };
}

/** `Cargo.lock`. */
export function readCargoLock(text: string): DependencyFile {
  const tables = new Map<
    string,
    { name: string; version: string; line: number; source: string; integrity: string }
  >();
  for (const { section, key, value, line } of tomlEntries(text)) {
    if (!/^package#\d+$/.test(section)) continue;
    const one = tables.get(section) ?? { name: "", version: "", line, source: "", integrity: "" };
    const text = unquote(value);
    if (key === "name" || key === "version") tables.set(section, { ...one, [key]: text });
    else if (key === "checksum") tables.set(section, { ...one, integrity: text });
    else if (key === "source")
      tables.set(section, { ...one, source: /crates\.io/.test(text) ? "" : text });
  }
  const dependencies = [...tables.values()].filter(({ name }) => name !== "");
  return dependencyFile(
    "cargo",
    "lock",
    dependencies.map((one) =>
      dependency({ ...one, name: `${one.name}@${one.version.split(".")[0]}` }),
    ),
  );
}

/** `pom.xml`: dependencies, plug-ins and repositories; properties are put in where they are known. */
export function readPom(text: string): DependencyFile {
  const clean = text.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, " "));
  const properties = new Map(
    [...clean.matchAll(/<([\w.-]+)>([^<>\n]{1,200})<\/\1>/g)].map((m) => [m[1] ?? "", m[2] ?? ""]),
  );
  const lineOf = (offset: number): number => clean.slice(0, offset).split("\n").length;
  const dependencies = [
    ...clean.matchAll(/<(dependency|plugin|parent|extension)>([\s\S]{0,4000}?)<\/\1>/g),
  ].flatMap((m) => {
    const body = (m[2] ?? "").replace(/<exclusions>[\s\S]*?<\/exclusions>/g, (part) =>
      part.replace(/[^\n]/g, " "),
    );
    const field = (name: string): string =>
      new RegExp(`<${name}>\\s*([^<]*?)\\s*</${name}>`).exec(body)?.[1] ?? "";
    if (field("artifactId") === "") return [];
    const version = field("version").replace(
      /\$\{([^}]+)\}/,
      (whole, name: string) => properties.get(name) ?? whole,
    );
    const at = body.indexOf("<version>");
    const offset = m.index + m[0].indexOf(">") + 1 + Math.max(0, at);
    const scope =
      field("scope") === "test"
        ? "dev"
        : m[1] === "dependency" || m[1] === "parent"
          ? "runtime"
          : "build";
    return [
      // Without a version the parent or the dependency management decides.
      dependency({
        name: `${field("groupId")}:${field("artifactId")}`,
        version: version === "" ? "managed" : version,
        line: lineOf(offset),
        scope,
      }),
    ];
  });
  const registries = [
    ...clean.matchAll(
      /<(?:repository|pluginRepository)>[\s\S]{0,1000}?<url>\s*([^<]+?)\s*<\/url>/g,
    ),
  ].map((m) => ({
    address: m[1] ?? "",
    line: lineOf(m.index + m[0].length),
  }));
  return dependencyFile("maven", "manifest", dependencies, { registries });
}

/** `gradle/libs.versions.toml` and other version catalogs. */
export function readGradleCatalog(text: string): DependencyFile {
  const entries = tomlEntries(text);
  const versions = entries.filter(({ section }) => section === "versions");
  const resolve = (value: string): { version: string; line: number | null } => {
    const ref = tomlField(value, "version\\.ref") || tomlField(value, "ref");
    const known = versions.find(({ key }) => key === ref);
    if (known !== undefined) return { version: unquote(known.value), line: known.line };
    const version = value.startsWith("{")
      ? tomlField(value, "version")
      : unquote(value).split(":").slice(2).join(":");
    return { version: version === "" ? "managed" : version, line: null };
  };
  const dependencies = entries
    .filter(({ section }) => section === "libraries" || section === "plugins")
    .map(({ section, key, value, line }) => {
      const { version, line: at } = resolve(value);
      return dependency({
        name: key,
        version,
        line: at ?? line,
        scope: section === "plugins" ? "build" : "runtime",
      });
    });
  return dependencyFile("gradle", "manifest", dependencies);
}

/** Longer lines hold no coordinates. */
const LINE_MAX = 1_000;

/** Coordinates written as strings in `build.gradle` and `build.gradle.kts`. */
export function readGradleBuild(text: string): DependencyFile {
  const dependencies = text.split("\n").flatMap((line, i) => {
    if (line.length > LINE_MAX) return [];
    const m = /^\s*(\w+)\s*\(?\s*(?:platform\()?["']([\w.-]+:[\w.-]+)(?::([^"'@$]+))?["']/.exec(
      line,
    );
    if (m === null || /^(id|url|include|group|version|description|project)$/.test(m[1] ?? ""))
      return [];
    const scope = /^(test|androidTest)/i.test(m[1] ?? "") ? "dev" : "runtime";
    return [dependency({ name: m[2] ?? "", version: m[3] ?? "managed", line: i + 1, scope })];
  });
  return dependencyFile("gradle", "manifest", dependencies);
}

/** `gradle.lockfile`: `group:name:version=configurations`. */
export function readGradleLock(text: string): DependencyFile {
  const dependencies = text.split("\n").flatMap((line, i) => {
    const m = /^([\w.-]+:[\w.-]+):([^=\s]+)=/.exec(line);
    return m === null ? [] : [dependency({ name: m[1] ?? "", version: m[2] ?? "", line: i + 1 })];
  });
  return dependencyFile("gradle", "lock", dependencies);
}
