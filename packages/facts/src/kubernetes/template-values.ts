// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import type { ChangedFile, World } from "../source.ts";
import { standing } from "./file.ts";
import { eachMap, isEmpty } from "./node.ts";
import { isValuesFile } from "./values.ts";

const REFERENCE = /\.Values((?:\.[A-Za-z_]\w{0,99}){1,12})/g;
// Forms in which an absent value is expected.
const TOLERANT =
  /\b(?:default|coalesce|ternary|hasKey|required|if|with|and|or|not|empty|get|dig)\b/;
/** Values files of one chart that are looked at. */
const VALUES_FILES_MAX = 20;

/**
 * A template comes to print a value that no values file defines: it renders empty. The line must
 * have printed another value before, so that a new optional setting of a chart is no finding.
 */
export async function missingValueDeltas(
  file: ChangedFile,
  files: readonly ChangedFile[],
  world: World,
): Promise<readonly Delta[]> {
  const old = printed(file.before ?? "");
  const now = printed(file.after ?? "");
  const fresh = [...now].filter(([path]) => !old.has(path));
  const gone = [...old.keys()].filter((path) => !now.has(path));
  if (fresh.length === 0 || gone.length === 0) return [];
  const defined = await definedNear(file.path, files, world);
  return fresh
    .filter(([path]) => !isDefined(path, defined))
    .flatMap(([path, line]) => {
      const replaced = gone.find((other) => isLike(other, path));
      if (replaced === undefined) return [];
      const found = delta({
        path: file.path,
        line,
        subject: `.Values.${path}`,
        aspect: "template-value-missing",
        op: "changed",
        key: path.slice(path.lastIndexOf(".") + 1),
        format: "helm-template",
        before: `.Values.${replaced}`,
        after: `.Values.${path}`,
        environment: file.environment,
        tags: ["approximate", "template"],
      });
      return [found];
    });
}

/** A typing error away, or the same name in another place. */
function isLike(a: string, b: string): boolean {
  return distance(a, b) <= 3 || a.split(".").at(-1) === b.split(".").at(-1);
}

const ACTION = /\{\{[^{}]{0,2000}\}\}/g;

/** Values that the text prints without a fall-back, with the line of each. */
function printed(text: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const guarded = new Set<string>();
  text.split("\n").forEach((line, i) => {
    if (!line.includes(".Values.") || line.length > 10_000) return;
    for (const [action] of line.matchAll(ACTION)) {
      for (const match of action.matchAll(REFERENCE)) {
        const path = (match[1] ?? "").slice(1);
        if (TOLERANT.test(action)) guarded.add(path);
        else if (!found.has(path)) found.set(path, i + 1);
      }
    }
  });
  for (const path of guarded) found.delete(path);
  return found;
}

/** What the values files of the chart define: changed ones as they will be, others from the tree. */
async function definedNear(
  path: string,
  files: readonly ChangedFile[],
  world: World,
): Promise<ReadonlySet<string>> {
  const root = chartRoot(path);
  const paths = new Set<string>();
  const changed = files.filter((file) => isValuesFile(file.path));
  for (const file of changed) addPaths(file.path, file.after, paths);
  const seen = new Set(changed.map((file) => file.path));
  const listed = (await world.listAfter(root)).filter((p) => isValuesFile(p) && !seen.has(p));
  for (const other of listed.slice(0, VALUES_FILES_MAX)) {
    addPaths(other, await world.readAfter(other), paths);
  }
  return paths;
}

function addPaths(path: string, text: string | null, paths: Set<string>): void {
  const side = text === null ? null : standing(path, text);
  if (side?.kind !== "objects") return;
  for (const document of side.documents) addTree(document, paths);
}

function addTree(tree: Node, paths: Set<string>): void {
  eachMap(tree, (map, keys) => {
    if (map.kind !== "map") return;
    for (const { key, value } of map.entries) {
      const path = [...keys, key].join(".");
      // An empty map or null is filled in by whoever installs the chart.
      paths.add(isEmpty(value) ? `${path}.*` : path);
      paths.add(path);
    }
  });
}

function isDefined(path: string, defined: ReadonlySet<string>): boolean {
  // `global` comes from the parent chart.
  if (defined.has(path) || path.startsWith("global.")) return true;
  const parts = path.split(".");
  return parts.some((_, i) => defined.has(`${parts.slice(0, i + 1).join(".")}.*`));
}

function chartRoot(path: string): string {
  const parts = path.split("/");
  const templates = parts.lastIndexOf("templates");
  return parts.slice(0, templates < 0 ? -1 : templates).join("/");
}

/** How many edits turn one name into the other, for names short enough to be typing errors. */
function distance(a: string, b: string): number {
  if (a.length > 60 || b.length > 60) return Number.MAX_SAFE_INTEGER;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? Number.MAX_SAFE_INTEGER;
}
