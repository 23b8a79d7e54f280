// SPDX-License-Identifier: Apache-2.0
/**
 * Mechanical rewrites of an outage that change nothing of what it does: other names, another order
 * of keys, YAML for JSON, larger numbers, comments. A verdict that one of them turns was about the
 * text, not about the fault.
 */
import { parse, parseAllDocuments, stringify } from "yaml";
import type { FileMap } from "./files.ts";
import type { OutageCase, OutageSide, RewriteNames } from "./outage-cases.ts";

export type Rewrite = { readonly name: string; readonly of: (side: OutageSide) => OutageSide };

type Text = (path: string, text: string) => string;

/** The rewrites that apply to the case: those that change nothing in it are left out. */
export function rewritesOf(given: OutageCase): readonly Rewrite[] {
  const names: RewriteNames = given.rewrites;
  const all: readonly Rewrite[] = [
    { name: "paths", of: (side) => mapPaths(side, otherPath) },
    { name: "order", of: (side) => mapTexts(side, otherOrder) },
    { name: "format", of: otherFormat },
    { name: "noise", of: (side) => mapTexts(side, noise) },
    { name: "identifiers", of: (side) => renamed(side, names.identifiers ?? []) },
    { name: "numbers", of: (side) => scaled(side, names.numbers ?? []) },
  ];
  const not = new Set(names.not ?? []);
  const original = JSON.stringify([given.fault, given.twin]);
  return all.filter(
    (r) => !not.has(r.name) && JSON.stringify([r.of(given.fault), r.of(given.twin)]) !== original,
  );
}

function mapTexts(side: OutageSide, change: Text): OutageSide {
  const map = (files: FileMap): FileMap =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [path, change(path, text)]));
  return { ...side, before: map(side.before), after: map(side.after) };
}

function mapPaths(side: OutageSide, change: (path: string) => string): OutageSide {
  const map = (files: FileMap): FileMap =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [change(path), text]));
  const catalog = side.catalog?.replace(
    /((?:^|\s)-?\s*path(?:s)?:\s*)(\[?)([\w./*-]+)/g,
    (_all, key: string, open: string, path: string) => `${key}${open}${movedGlob(path)}`,
  );
  return {
    ...side,
    before: map(side.before),
    after: map(side.after),
    ...(catalog === undefined ? {} : { catalog }),
  };
}

/** Names that a tool looks for keep their place and name; the rest moves into a folder. */
const FIXED =
  /(^|\/)(chart\.yaml|values[^/]*\.yaml|kustomization\.yaml|corefile|dockerfile|makefile|crontab|codeowners|[^/]*\.auto\.tfvars|package\.json|templates)(\/|$)|^(etc|\.github|interlock)\//i;

function otherPath(path: string): string {
  if (FIXED.test(path)) return path;
  const cut = path.lastIndexOf("/") + 1;
  const dot = path.indexOf(".", cut + 1);
  const end = dot < 0 ? path.length : dot;
  return `platform/${path.slice(0, end)}-west${path.slice(end)}`;
}

const movedGlob = (path: string): string =>
  /[*]/.test(path) ? `platform/${path}` : otherPath(path);

const TREE = /\.(json|ya?ml)$/;

function otherOrder(path: string, text: string): string {
  if (path.endsWith(".json")) return `${JSON.stringify(turned(JSON.parse(text)))}\n`;
  if (/\.ya?ml$/.test(path)) return yamlOf(documentsOf(text).map(turned));
  if (/\.(env|properties)$/.test(path))
    return `${text.trimEnd().split("\n").reverse().join("\n")}\n`;
  return text;
}

/** The same value with the keys of every map in reverse; lists keep their order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([k, v]) => [k, turned(v)]),
  );
}

const documentsOf = (text: string): readonly unknown[] =>
  parseAllDocuments(text).map((d) => d.toJS() as unknown);
const yamlOf = (documents: readonly unknown[]): string =>
  documents.map((d) => stringify(d)).join("---\n");

/** Every JSON file as YAML and every YAML file of one document as JSON. */
function otherFormat(side: OutageSide): OutageSide {
  const paths = [...new Set([...Object.keys(side.before), ...Object.keys(side.after)])];
  const turn = paths.filter(
    (p) =>
      TREE.test(p) &&
      !FIXED.test(p) &&
      [side.before[p], side.after[p]].every((t) => t === undefined || isOneDocument(p, t)),
  );
  const nameOf = (p: string) =>
    turn.includes(p) ? p.replace(TREE, p.endsWith(".json") ? ".yaml" : ".json") : p;
  const moved = mapTexts(side, (path, text) => {
    if (!turn.includes(path)) return text;
    return path.endsWith(".json")
      ? stringify(JSON.parse(text))
      : `${JSON.stringify(parse(text), null, 2)}\n`;
  });
  const rename = (files: FileMap): FileMap =>
    Object.fromEntries(Object.entries(files).map(([path, text]) => [nameOf(path), text]));
  const catalog = side.catalog?.replace(
    /(\spath:\s*)(\S+?)\.(json|ya?ml)(?=\s|$)/g,
    (_all, key: string, path: string, ending: string) =>
      `${key}${path}.${ending === "json" ? "yaml" : "json"}`,
  );
  return {
    ...side,
    before: rename(moved.before),
    after: rename(moved.after),
    ...(catalog === undefined ? {} : { catalog }),
  };
}

function isOneDocument(path: string, text: string): boolean {
  if (path.endsWith(".json")) return true;
  const documents = parseAllDocuments(text);
  return (
    documents.length === 1 && documents[0]?.errors.length === 0 && documents[0].contents !== null
  );
}

/** How a line of nothing but talk begins, by the file's ending. */
const COMMENT: readonly (readonly [RegExp, string])[] = [
  [
    /\.(ya?ml|sh|tf|hcl|tfvars|env|properties|toml|conf|rules|txt|list|py|rb)$|(^|\/)(corefile|crontab|dockerfile)$/i,
    "#",
  ],
  [/\.sql$/, "--"],
  [/\.(zone|ini|cfg)$|(^|\/)db\./, ";"],
  [/\.(ts|js|go|java|cs)$/, "//"],
];

function noise(path: string, text: string): string {
  if (path.endsWith(".json")) return `\n${JSON.stringify(JSON.parse(text), null, 3)}\n\n`;
  const mark = COMMENT.find(([ending]) => ending.test(path))?.[1];
  if (mark === undefined) return text;
  // A first line such as `#!` or `$TTL` must stay the first.
  const head = /^(#!|---)/.test(text) ? `${text.slice(0, text.indexOf("\n") + 1)}` : "";
  return `${head}${mark} kept by the platform team, see the handbook\n\n${text.slice(head.length)}\n${mark} end\n`;
}

const NAMES = ["linnet", "harrier", "dunlin", "fulmar", "wheatear", "siskin", "plover", "gannet"];

function renamed(side: OutageSide, identifiers: readonly string[]): OutageSide {
  const change = (text: string): string =>
    identifiers.reduce(
      (t, id, i) => t.replace(wordPattern(id), `${NAMES[i % NAMES.length] ?? "linnet"}`),
      text,
    );
  return deepMap(side, change);
}

const wordPattern = (word: string): RegExp =>
  new RegExp(`(?<![A-Za-z0-9])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![A-Za-z0-9])`, "g");

const FACTOR = 7;

function scaled(side: OutageSide, numbers: readonly number[]): OutageSide {
  const pattern = /(?<![\w.])\d+(?![\w.]*\d)/g;
  return mapTexts(side, (_path, text) =>
    text.replace(pattern, (n) => (numbers.includes(Number(n)) ? String(Number(n) * FACTOR) : n)),
  );
}

/** Applies `change` to every text and every key of the side. */
function deepMap(side: OutageSide, change: (text: string) => string): OutageSide {
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return change(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [change(k), walk(v)]));
  };
  return walk(side) as OutageSide; // the shape is kept: only texts change
}
