// SPDX-License-Identifier: Apache-2.0
import type { Node, RangeVar, RoleSpec } from "libpg-query";

/** Schema and name as written. */
export function nameOf(relation: RangeVar | undefined): string {
  if (relation === undefined) return "";
  return [relation.schemaname, relation.relname]
    .filter((part) => part !== undefined && part !== "")
    .join(".");
}

/** The name of whatever object a node stands for. */
export function objectName(node: Node): string {
  if ("RangeVar" in node) return nameOf(node.RangeVar);
  if ("List" in node) return joined(node.List.items);
  if ("TypeName" in node) return joined(node.TypeName.names);
  return joined([node]);
}

/** The parts of a qualified name. */
export function joined(nodes: readonly Node[] | undefined): string {
  return (nodes ?? [])
    .flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []))
    .join(".");
}

/** Role names, `public` for everybody. */
export function rolesOf(nodes: readonly Node[] | undefined): string {
  return (nodes ?? [])
    .flatMap((one) => ("RoleSpec" in one ? [roleName(one.RoleSpec)] : []))
    .join(", ");
}

/** One role name, `public` for everybody. */
export function roleName(role: RoleSpec | undefined): string {
  return role?.roletype === "ROLESPEC_PUBLIC" ? "public" : (role?.rolename ?? "");
}
