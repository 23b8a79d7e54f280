// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { parseHcl } from "../config/hcl/parse.ts";
import { blockTree } from "../config/hcl/tree.ts";
import type { Node } from "../config/types.ts";
import { child } from "../kubernetes/node.ts";
import { isTemplate, withoutActions } from "../kubernetes/template.ts";
import type { ChangedFile } from "../source.ts";
import { MAY_HOLD_POLICY } from "./iam/statement.ts";
import { cloudFormationResources, type Resource, terraformResources } from "./resource.ts";
import { sizesIn } from "./size.ts";

export const HCL = /\.(?:tf|tfvars|hcl|tofu)$/i;
export const TERRAFORM_JSON = /\.(?:tf|tfvars|tofu)\.json$/i;
const CONFIGURATION = /\.(?:json|ya?ml|toml|template|ini|conf|cfg|properties|env)$/i;
const GUARD_WORDS =
  /deletion.?protection|prevent.?destroy|final.?snapshot|backup.?retention|force.?destroy|versioning[_"']?\w{0,14}["']?\s{0,9}[:={]|termination.?protection|deletion.?policy|automated.?backups|AWS::/i;

/** One side of a file: its tree and what it declares. */
export type TfSide = {
  readonly root: Node;
  readonly resources: readonly Resource[];
};

export type TfFile = {
  readonly path: string;
  /** HCL and its JSON form; the rest is read for sizes, guards and policies only. */
  readonly terraform: boolean;
  readonly before: TfSide | null;
  readonly after: TfSide | null;
  readonly environment: Delta["environment"];
  readonly format: string;
  readonly problem: {
    readonly line: number;
    readonly message: string;
    readonly code: string;
  } | null;
};

const LINK = "120000";

export function isTerraform(path: string): boolean {
  return HCL.test(path) || TERRAFORM_JSON.test(path);
}

/** Whether a file may matter at all; the text decides for plain configuration. */
export function mayMatter(file: ChangedFile): boolean {
  if (isTerraform(file.path)) return true;
  if (!CONFIGURATION.test(file.path)) return false;
  if (sizesIn(file.before) !== sizesIn(file.after)) return true;
  return [file.before, file.after].some(
    (text) => text !== null && (GUARD_WORDS.test(text) || MAY_HOLD_POLICY.test(text)),
  );
}

export function readFile(file: ChangedFile): TfFile {
  const terraform = isTerraform(file.path);
  const isHcl = HCL.test(file.path);
  // The text of a link is a path.
  const text = (side: string | null, mode: string) => (mode === LINK ? null : side);
  const before = isHcl ? hclSide(text(file.before, file.oldMode)) : treeSide(file, "before");
  const after = isHcl ? hclSide(text(file.after, file.mode)) : treeSide(file, "after");
  const broken = [after, before].find((side) => side !== null && "problem" in side);
  return {
    path: file.path,
    terraform,
    environment: file.environment,
    format: formatOf(file),
    before: sideOf(file, before),
    after: sideOf(file, after),
    problem: broken !== null && broken !== undefined && "problem" in broken ? broken.problem : null,
  };
}

const formatOf = (file: ChangedFile): string =>
  HCL.test(file.path) ? "hcl" : file.path.slice(file.path.lastIndexOf(".") + 1).toLowerCase();

type Read = { readonly root: Node } | { readonly problem: TfFile["problem"] } | null;

function hclSide(text: string | null): Read {
  if (text === null) return null;
  const first = parseHcl(text);
  // A file that a template engine completes is read without its actions.
  const parsed = first.ok || !isTemplate(text) ? first : parseHcl(withoutActions(text));
  return parsed.ok ? { root: blockTree(parsed.root) } : { problem: parsed.problem };
}

function treeSide(file: ChangedFile, side: "before" | "after"): Read {
  const tree = file.trees()[side];
  if (tree === null) return null;
  if (!tree.ok) return { problem: tree.problem };
  const [root] = tree.documents;
  if (root === undefined || tree.approximate) return null;
  // Several documents in one file are looked at as one list.
  if (tree.documents.length === 1) return { root };
  return { root: { kind: "list", items: tree.documents, line: 1, endLine: 1 } };
}

function sideOf(file: ChangedFile, read: Read): TfSide | null {
  if (read === null || !("root" in read)) return null;
  const origin = { path: file.path, environment: file.environment, format: formatOf(file) };
  const terraform = isTerraform(file.path) && !/tfvars/i.test(file.path);
  const resources = terraform
    ? terraformResources(read.root, origin)
    : child(read.root, "Resources") === undefined
      ? []
      : cloudFormationResources(read.root, origin);
  return { root: read.root, resources };
}

// Blocks that are judged as resources, or that hold no settings of their own.
const OWN = new Set([
  "resource",
  "data",
  "module",
  "provider",
  "terraform",
  "moved",
  "import",
  "removed",
  "output",
  "Resources",
]);

/** What stands in a file outside its resources: settings, variables, locals, unknown blocks. */
export function openPart(root: Node, terraform: boolean): Node {
  if (root.kind !== "map" || (!terraform && child(root, "Resources") === undefined)) return root;
  return { ...root, entries: root.entries.filter((entry) => !OWN.has(entry.key)) };
}
