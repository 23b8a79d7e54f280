// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { child, textOf } from "../kubernetes/node.ts";

/** A thing that infrastructure code declares: a resource, a module call, or a setting of the tool. */
export type Resource = {
  readonly kind: "resource" | "data" | "module" | "provider" | "backend" | "settings";
  /** `aws_db_instance`, `AWS::RDS::DBInstance`; empty for a module. */
  readonly type: string;
  readonly name: string;
  /** `aws_db_instance.main`, `module.network`; unique within one folder. */
  readonly address: string;
  readonly path: string;
  readonly line: number;
  readonly node: Node;
  readonly environment: Delta["environment"];
  readonly format: string;
};

export type Origin = Pick<Resource, "path" | "environment" | "format">;

/** The folder is the module: addresses are unique in it, whatever file they stand in. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** What a Terraform tree declares, from HCL or from `.tf.json`. */
export function terraformResources(root: Node, origin: Origin): readonly Resource[] {
  if (root.kind !== "map") return [];
  const found: Resource[] = [];
  const add = (
    kind: Resource["kind"],
    [type, name]: readonly [string, string],
    node: Node,
    line: number,
  ) => {
    const address = { data: `data.${type}.${name}`, module: `module.${name}` } as const;
    const plain = kind === "data" || kind === "module" ? address[kind] : `${type}.${name}`;
    found.push({ kind, type, name, address: plain, node, line, ...origin });
  };
  for (const { key, value, keyLine } of root.entries) {
    for (const node of value.kind === "list" ? value.items : [value]) {
      if (key === "resource" || key === "data")
        twoLabels(node, (t, n, v, l) => add(key, [t, n], v, l));
      else if (key === "module") oneLabel(node, (n, v, l) => add("module", ["", n], v, l));
      else if (key === "provider")
        oneLabel(node, (n, v, l) => add("provider", [n, aliasOf(v)], v, l));
      else if (key === "terraform") settings(node, keyLine, add);
      else if (key === "remote_state") add("backend", ["backend", "remote_state"], node, keyLine);
    }
  }
  return found;
}

const aliasOf = (provider: Node): string => textOf(child(provider, "alias")) || "default";

type Add = (
  kind: Resource["kind"],
  id: readonly [string, string],
  node: Node,
  line: number,
) => void;

function settings(node: Node, line: number, add: Add): void {
  if (node.kind !== "map") return;
  for (const { key, value, keyLine } of node.entries) {
    if (key === "backend") oneLabel(value, (n, v, l) => add("backend", ["backend", n], v, l));
    if (key === "cloud") add("backend", ["backend", "cloud"], value, keyLine);
  }
  add("settings", ["terraform", "settings"], node, line);
}

function oneLabel(node: Node, visit: (name: string, node: Node, line: number) => void): void {
  if (node.kind !== "map") return;
  for (const { key, value, keyLine } of node.entries) {
    for (const item of value.kind === "list" ? value.items : [value]) visit(key, item, keyLine);
  }
}

function twoLabels(
  node: Node,
  visit: (type: string, name: string, node: Node, line: number) => void,
): void {
  oneLabel(node, (type, names) =>
    oneLabel(names, (name, body, line) => visit(type, name, body, line)),
  );
}

/** The resources of a CloudFormation or SAM template. */
export function cloudFormationResources(root: Node, origin: Origin): readonly Resource[] {
  const resources = child(root, "Resources");
  if (resources?.kind !== "map") return [];
  return resources.entries.flatMap(({ key, value, keyLine }) => {
    const type = textOf(child(value, "Type"));
    if (!/^\w+::\w+::\w+$/.test(type)) return [];
    const address = `${type}.${key}`;
    return [{ kind: "resource", type, name: key, address, node: value, line: keyLine, ...origin }];
  });
}
