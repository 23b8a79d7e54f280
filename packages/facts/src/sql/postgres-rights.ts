// SPDX-License-Identifier: Apache-2.0
import type { GrantStmt, Node } from "libpg-query";
import { operation, type SqlOperation } from "./operation.ts";
import { objectName, roleName, rolesOf } from "./postgres-names.ts";

/** Grants and roles; `null` for a statement about something else. */
export function ofRights(node: Node): readonly SqlOperation[] | null {
  if ("GrantStmt" in node) return ofGrant(node.GrantStmt);
  if ("GrantRoleStmt" in node) {
    const { granted_roles, grantee_roles, is_grant } = node.GrantRoleStmt;
    const roles = (granted_roles ?? []).flatMap((one) =>
      "AccessPriv" in one ? [one.AccessPriv.priv_name ?? ""] : [],
    );
    if (is_grant !== true) return [operation("other", roles.join(", "))];
    return [operation("grant", roles.join(", "), { part: rolesOf(grantee_roles), tags: ["role"] })];
  }
  const role =
    "AlterRoleStmt" in node
      ? node.AlterRoleStmt
      : "CreateRoleStmt" in node
        ? node.CreateRoleStmt
        : null;
  if (role === null) return null;
  const superuser = (role.options ?? []).some(
    (option) =>
      "DefElem" in option &&
      /^(superuser|bypassrls)$/.test(option.DefElem.defname ?? "") &&
      option.DefElem.arg !== undefined &&
      "Boolean" in option.DefElem.arg &&
      option.DefElem.arg.Boolean.boolval === true,
  );
  const name = typeof role.role === "string" ? role.role : roleName(role.role);
  return [operation(superuser ? "superuser" : "other", name)];
}

function ofGrant(grant: GrantStmt): readonly SqlOperation[] {
  const objects = (grant.objects ?? []).map(objectName).join(", ");
  if (grant.is_grant !== true) return [operation("other", objects)];
  const roles = (grant.grantees ?? []).flatMap((one) => ("RoleSpec" in one ? [one.RoleSpec] : []));
  const tags = [
    ...((grant.privileges ?? []).length === 0 ? ["all"] : []),
    ...(grant.targtype === "ACL_TARGET_ALL_IN_SCHEMA" ? ["wildcard"] : []),
    ...(roles.some((role) => role.roletype === "ROLESPEC_PUBLIC") ? ["public"] : []),
    ...(grant.grant_option ? ["grant-option"] : []),
  ];
  return [operation("grant", objects, { part: rolesOf(grant.grantees), tags })];
}
