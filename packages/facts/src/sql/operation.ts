// SPDX-License-Identifier: Apache-2.0

/** What one statement does to one object, whatever dialect or tool wrote it. */
export type SqlAspect =
  | "create-table"
  | "create-index"
  | "drop-index"
  | "drop-table"
  | "drop-column"
  | "drop-database"
  | "drop-view"
  | "rename"
  | "type-change"
  | "enum-change"
  | "set-not-null"
  | "add-column"
  | "add-constraint"
  | "drop-constraint"
  | "truncate"
  | "delete-all"
  | "update-all"
  | "delete-some"
  | "update-some"
  | "insert"
  | "grant"
  | "superuser"
  | "lock-table"
  | "rewrite"
  | "guard-off"
  | "metadata-query"
  | "lock-timeout"
  | "begin"
  | "commit"
  | "other";

export type SqlOperation = {
  readonly aspect: SqlAspect;
  /** The table, index or other object, lower-case without quotes; schema first where written. */
  readonly object: string;
  /** The column, constraint, grantee or new name, where the aspect has one. */
  readonly part: string;
  readonly tags: readonly string[];
};

/** An operation with its place in a file. */
export type PlacedOperation = SqlOperation & {
  readonly line: number;
  /** The statement in one line, as written. */
  readonly text: string;
  /** The statement stands in the way back: `down`, `downgrade`, `rollback`. */
  readonly down: boolean;
};

export function operation(
  aspect: SqlAspect,
  object: string,
  more: { readonly part?: string; readonly tags?: readonly string[] } = {},
): SqlOperation {
  return { aspect, object, part: more.part ?? "", tags: more.tags ?? [] };
}

/** Statement text in one line without runs of white space, for comparing and for people. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Columns and tables whose rows decide who may do what. */
const ACCESS =
  /(^|[_.])(perms?|permissions?|privileges?|roles?|grants?|acls?|access|rights?|entitlements?|policy|policies|admins?)($|[_.])/;

/** True for a table that holds permissions, judged by its name. */
export function isAccessTable(object: string): boolean {
  return ACCESS.test(object.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase());
}
