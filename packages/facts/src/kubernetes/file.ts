// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { formatOf, parseConfig } from "../config/parse.ts";
import type { Node, Parsed } from "../config/types.ts";
import type { ChangedFile } from "../source.ts";
import { type KubeObject, objectsIn } from "./object.ts";
import { isTemplate, withoutActions } from "./template.ts";

/** What stands on one side of a file. */
export type Side =
  | { readonly kind: "none" }
  | {
      readonly kind: "objects";
      readonly objects: readonly KubeObject[];
      readonly documents: readonly Node[];
      readonly template: boolean;
    }
  | {
      readonly kind: "unreadable";
      readonly line: number;
      readonly code: string;
      readonly detail: string;
    };

export type Sides = { readonly before: Side; readonly after: Side };

type Origin = { readonly path: string; readonly environment: Delta["environment"] };
type Text = Origin & { readonly before: string | null; readonly after: string | null };

// Both keys of every object, in YAML or JSON, at any indentation (a `List` nests them).
const KIND = /(?:^|[\s{,])["']?kind["']?\s*:/;

/** Whether a text may hold Kubernetes objects at all: cheap, and never wrong in the other way. */
export function mayHoldObjects(text: string | null): boolean {
  return text !== null && KIND.test(text);
}

/** Only definitions of kinds: large, and nothing that selects, scales or names another object. */
export function holdsOnlyDefinitions(text: string): boolean {
  const kinds = text.match(/^kind:[^\n]{0,100}/gm) ?? [];
  return kinds.length > 0 && kinds.every((kind) => kind.includes("CustomResourceDefinition"));
}

/** Reads both sides of a file. A template is read without its actions and marked approximate. */
export function sidesOf(file: Text & Pick<ChangedFile, "trees">): Sides {
  return {
    before: sideOf(file, file.before, () => file.trees().before),
    after: sideOf(file, file.after, () => file.trees().after),
  };
}

/** Reads a file that the change does not touch. */
export function standing(path: string, text: string): Side {
  const file = { path, environment: "unknown" as const };
  return sideOf(file, text, () => parseConfig(formatOf(path) ?? "yaml", text));
}

// No YAML has a line that begins so: it is a template, and parsing it as it stands is in vain.
const BLOCK_ACTION = /^[ \t]*\{[{%]/m;

function sideOf(file: Origin, text: string | null, tree: () => Parsed | null): Side {
  if (text === null) return { kind: "none" };
  const parsed = BLOCK_ACTION.test(text) ? null : (tree() ?? parseConfig("yaml", text));
  if (parsed?.ok && !parsed.approximate) return objects(file, parsed.documents, false);
  const salvaged =
    parsed === null || isTemplate(text) ? parseConfig("yaml", withoutActions(text)) : parsed;
  if (salvaged.ok && !salvaged.approximate) return objects(file, salvaged.documents, true);
  if (salvaged.ok) return { kind: "unreadable", line: 1, code: "template", detail: TEMPLATE };
  const { line, code, message } = salvaged.problem;
  return { kind: "unreadable", line, code, detail: message };
}

const TEMPLATE = "a template that is no YAML even without its actions";

function objects(file: Origin, documents: readonly Node[], template: boolean): Side {
  const json = /\.json$/i.test(file.path);
  const found = objectsIn(documents, {
    path: file.path,
    environment: file.environment,
    format: template ? "helm-template" : json ? "json" : "yaml",
    approximate: template,
  });
  return { kind: "objects", objects: found, documents, template };
}
