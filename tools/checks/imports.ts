// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "./complaint.ts";
import { lineOf, literalOf, type Node, nodesOf, syntaxOf } from "./syntax.ts";

/** What the sources of one package may import; the table is design section 5. */
export type Allowed = {
  readonly packages: readonly string[];
  readonly external: readonly string[];
  readonly node: boolean;
  /** Groups of modules; only one file, or one folder directly under `src`, may import a group. */
  readonly behindOneModule: readonly (readonly string[])[];
  /** May be imported by tests and benches only. */
  readonly testsOnly: boolean;
};

export type ImportTable = { readonly [name: string]: Allowed };

type Import = { readonly from: string; readonly line: number };
type Place = { readonly name: string; readonly area: string };

const PACKAGE_FILE = /^packages\/([^/]+)\/(src|test|bench)\//;
const OWN = "@interlock/";
/** Chosen by a condition of package.json where the runtime is Node; a browser gets another file. */
const FOR_NODE = ".node.ts";

/** Complains about every import that the table does not allow. */
export function checkImports(files: readonly TextFile[], table: ImportTable): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const file of files) {
    const place = placeOf(file.path);
    if (place === null) continue;
    for (const found of importsOf(file)) {
      const message = objection(found.from, file.path, place, table);
      if (message !== null) complaints.push({ path: file.path, line: found.line, message });
    }
  }
  return [...complaints, ...scattered(files, table)];
}

function placeOf(path: string): Place | null {
  const match = PACKAGE_FILE.exec(path);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { name: match[1], area: match[2] };
}

/** Every module that a file names: imports, re-exports, `import()`, `import type` and `require`. */
function importsOf(file: TextFile): readonly Import[] {
  const root = syntaxOf(file);
  const statements = nodesOf(root, ["import_statement", "export_statement"]).flatMap(
    (node) => node.field("source") ?? [],
  );
  const calls = nodesOf(root, ["call_expression"]).flatMap((node) => {
    const callee = node.field("function")?.text();
    if (callee !== "import" && callee !== "require") return [];
    return argumentsOf(node).slice(0, 1);
  });
  return [...statements, ...calls].map((node) => ({
    // A computed name cannot be checked, so it is shown as written and allowed by no table.
    from: literalOf(node) ?? node.text(),
    line: lineOf(node),
  }));
}

function argumentsOf(call: Node): readonly Node[] {
  return (
    call
      .field("arguments")
      ?.children()
      .filter((child) => child.isNamed()) ?? []
  );
}

function objection(from: string, path: string, place: Place, table: ImportTable): string | null {
  const allowed = table[place.name];
  if (allowed === undefined) return `package \`${place.name}\` is not in the table of imports`;
  if (from.startsWith(".")) return relativeObjection(from, path, place);
  if (from.startsWith(OWN)) return ownObjection(from, place, table);
  if (place.area !== "src") return null;
  // A name of the package's own, which its package.json resolves inside the package.
  if (from.startsWith("#")) return null;
  if (from.startsWith("node:")) {
    return allowed.node || path.endsWith(FOR_NODE)
      ? null
      : `\`${place.name}\` runs in a browser and may not import \`${from}\``;
  }
  const external = allowed.external.some((name) => from === name || from.startsWith(`${name}/`));
  return external ? null : `\`${place.name}\` may not import \`${from}\``;
}

function relativeObjection(from: string, path: string, place: Place): string | null {
  const parts = path.split("/").slice(0, -1);
  for (const part of from.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  const target = parts.join("/");
  const home = place.area === "src" ? `packages/${place.name}/src/` : `packages/${place.name}/`;
  if (target.startsWith(home)) return null;
  return `\`${from}\` leaves ${home}: import another package by its name`;
}

function ownObjection(from: string, place: Place, table: ImportTable): string | null {
  const name = from.slice(OWN.length);
  const target = table[name];
  if (target === undefined)
    return `\`${from}\` is no package: import \`${OWN}NAME\` without a path`;
  if (place.area !== "src") return null;
  if (target.testsOnly) return `\`${from}\` is for tests only`;
  if (table[place.name]?.packages.includes(name)) return null;
  return `\`${place.name}\` may not import \`${from}\``;
}

function scattered(files: readonly TextFile[], table: ImportTable): readonly Complaint[] {
  return Object.entries(table).flatMap(([name, allowed]) =>
    allowed.behindOneModule.flatMap((group) => scatteredGroup(files, name, group)),
  );
}

function scatteredGroup(
  files: readonly TextFile[],
  name: string,
  group: readonly string[],
): readonly Complaint[] {
  const prefix = `packages/${name}/src/`;
  const uses = files
    .filter((file) => file.path.startsWith(prefix))
    .flatMap((file) => importsOf(file).map((found) => ({ ...found, path: file.path })))
    .filter(({ from }) => group.some((m) => from === m || from.startsWith(`${m}/`)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const home = moduleOf(uses[0]?.path ?? prefix, prefix);
  return uses
    .filter((use) => moduleOf(use.path, prefix) !== home)
    .map(({ from, line, path }) => ({
      path,
      line,
      message: `\`${from}\` belongs behind one module, which is \`${home}\``,
    }));
}

function moduleOf(path: string, prefix: string): string {
  const [first = ""] = path.slice(prefix.length).split("/");
  return `${prefix}${first}`;
}
