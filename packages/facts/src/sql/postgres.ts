// SPDX-License-Identifier: Apache-2.0
import type {
  AlterTableCmd,
  AlterTableStmt,
  Constraint,
  DropStmt,
  Node,
  ParseResult,
  RenameStmt,
} from "libpg-query";
import { isAccessTable, operation, type SqlOperation } from "./operation.ts";
import { isMetadataTable, matchesEverything, namesSchema } from "./postgres-expressions.ts";
import { joined, nameOf, objectName, rolesOf } from "./postgres-names.ts";
import { ofRights } from "./postgres-rights.ts";

/** Parses one statement with the server's own grammar; `null` when that grammar refuses it. */
export type PostgresParser = (statement: string) => readonly SqlOperation[] | null;

let loading: Promise<PostgresParser> | undefined;

/** Loads the parser once (tens of milliseconds); afterwards it is synchronous. */
export function loadPostgres(): Promise<PostgresParser> {
  loading ??= import("libpg-query").then(async (library) => {
    await library.loadModule();
    return (statement: string) => {
      try {
        return operationsOf(library.parseSync(statement));
      } catch {
        // Another dialect, or broken: the tolerant reader takes it and says `approximate`.
        return null;
      }
    };
  });
  return loading;
}

export type PostgresGrammar = {
  readonly parse: (
    sql: string,
  ) =>
    | { readonly ok: true; readonly tree: ParseResult }
    | { readonly ok: false; readonly says: string };
  /** Bytes of the text from `start` to `end`; names are those of single marks, of keywords in lower case, `comment`, else empty. */
  readonly tokens: (
    sql: string,
  ) => readonly { readonly start: number; readonly end: number; readonly name: string }[];
};

/** The grammar and the lexer themselves. */
export async function loadGrammar(): Promise<PostgresGrammar> {
  const library = await import("libpg-query");
  await library.loadModule();
  return {
    parse: (sql) => {
      try {
        return { ok: true, tree: library.parseSync(sql) };
      } catch (error) {
        return { ok: false, says: error instanceof Error ? error.message : String(error) };
      }
    },
    tokens: (sql) =>
      library.scanSync(sql).tokens.map(({ start, end, text, tokenName, keywordKind }) => ({
        ...{ start, end },
        name: nameOfToken(text, tokenName, keywordKind),
      })),
  };
}

function nameOfToken(text: string, tokenName: string, keywordKind: number): string {
  if (tokenName.endsWith("COMMENT")) return "comment";
  if (text === ";") return text;
  return keywordKind > 0 ? text.toLowerCase() : tokenName.startsWith("ASCII_") ? text : "";
}

function operationsOf(parsed: ParseResult): readonly SqlOperation[] {
  return (parsed.stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : ofNode(stmt)));
}

function ofNode(node: Node): readonly SqlOperation[] {
  return (
    ofDefinition(node) ??
    ofData(node) ??
    ofRights(node) ??
    ofSession(node) ?? [operation("other", "")]
  );
}

function ofDefinition(node: Node): readonly SqlOperation[] | null {
  if ("CreateStmt" in node) return [operation("create-table", nameOf(node.CreateStmt.relation))];
  if ("CreateTableAsStmt" in node)
    return [operation("create-table", nameOf(node.CreateTableAsStmt.into?.rel))];
  if ("IndexStmt" in node) {
    const index = node.IndexStmt;
    const tags = [...(index.concurrent ? ["concurrent"] : []), ...(index.unique ? ["unique"] : [])];
    return [operation("create-index", nameOf(index.relation), { part: index.idxname ?? "", tags })];
  }
  if ("AlterTableStmt" in node) return ofAlterTable(node.AlterTableStmt);
  if ("RenameStmt" in node) return ofRename(node.RenameStmt);
  if ("DropStmt" in node) return ofDrop(node.DropStmt);
  if ("DropdbStmt" in node) return [operation("drop-database", node.DropdbStmt.dbname ?? "")];
  if ("DropOwnedStmt" in node)
    return [operation("drop-database", rolesOf(node.DropOwnedStmt.roles), { tags: ["owned"] })];
  if ("AlterEnumStmt" in node) {
    const change = node.AlterEnumStmt;
    const renamed = change.oldVal !== undefined && change.oldVal !== "";
    return [
      operation("enum-change", joined(change.typeName), {
        part: change.newVal ?? "",
        tags: [renamed ? "renamed-value" : "added-value"],
      }),
    ];
  }
  return ofMaintenance(node);
}

function ofMaintenance(node: Node): readonly SqlOperation[] | null {
  if ("VacuumStmt" in node) {
    const full = (node.VacuumStmt.options ?? []).some(
      (option) => "DefElem" in option && option.DefElem.defname === "full",
    );
    const tables = (node.VacuumStmt.rels ?? []).flatMap((one) =>
      "VacuumRelation" in one ? [nameOf(one.VacuumRelation.relation)] : [],
    );
    return full
      ? tables.map((table) => operation("rewrite", table, { tags: ["vacuum-full"] }))
      : [];
  }
  if ("ClusterStmt" in node)
    return [operation("rewrite", nameOf(node.ClusterStmt.relation), { tags: ["cluster"] })];
  if ("ReindexStmt" in node) {
    const concurrent = (node.ReindexStmt.params ?? []).some(
      (option) => "DefElem" in option && option.DefElem.defname === "concurrently",
    );
    const object = node.ReindexStmt.relation
      ? nameOf(node.ReindexStmt.relation)
      : (node.ReindexStmt.name ?? "");
    return [operation(concurrent ? "other" : "rewrite", object, { tags: ["reindex"] })];
  }
  if ("RefreshMatViewStmt" in node)
    return [operation("other", nameOf(node.RefreshMatViewStmt.relation))];
  return null;
}

const RENAMED: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_COLUMN: "column",
  OBJECT_SCHEMA: "schema",
  OBJECT_TYPE: "type",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "view",
  OBJECT_DATABASE: "database",
};

function ofRename(rename: RenameStmt): readonly SqlOperation[] {
  const kind = RENAMED[rename.renameType ?? ""];
  const part = rename.subname
    ? `${rename.subname} to ${rename.newname ?? ""}`
    : (rename.newname ?? "");
  // An index, constraint or sequence has no readers by name in application code.
  return [
    operation(kind === undefined ? "other" : "rename", nameOf(rename.relation), {
      part,
      tags: kind ? [kind] : [],
    }),
  ];
}

function ofDrop(drop: DropStmt): readonly SqlOperation[] {
  const objects = (drop.objects ?? []).map(objectName);
  const tags = [
    ...(drop.missing_ok ? ["if-exists"] : []),
    ...(drop.behavior === "DROP_CASCADE" ? ["cascade"] : []),
    ...(drop.concurrent ? ["concurrent"] : []),
  ];
  switch (drop.removeType) {
    case "OBJECT_TABLE":
    case "OBJECT_FOREIGN_TABLE":
      return objects.map((object) => operation("drop-table", object, { tags }));
    case "OBJECT_SCHEMA":
      return objects.map((object) =>
        operation("drop-database", object, { tags: [...tags, "schema"] }),
      );
    case "OBJECT_INDEX":
      return objects.map((object) => operation("drop-index", object, { part: object, tags }));
    case "OBJECT_VIEW":
    case "OBJECT_MATVIEW":
      return objects.map((object) => operation("drop-view", object, { tags }));
    default:
      return [operation("other", objects[0] ?? "", { tags })];
  }
}

function ofAlterTable(alter: AlterTableStmt): readonly SqlOperation[] {
  const table = nameOf(alter.relation);
  if (alter.objtype !== undefined && alter.objtype !== "OBJECT_TABLE")
    return [operation("other", table)];
  return (alter.cmds ?? []).flatMap((node) =>
    "AlterTableCmd" in node ? ofAlterCommand(table, node.AlterTableCmd) : [],
  );
}

function ofAlterCommand(table: string, command: AlterTableCmd): readonly SqlOperation[] {
  const part = command.name ?? "";
  const definition = command.def;
  switch (command.subtype) {
    case "AT_DropColumn":
      return [operation("drop-column", table, { part })];
    case "AT_AlterColumnType":
      return [operation("type-change", table, { part })];
    case "AT_SetNotNull":
      return [operation("set-not-null", table, { part })];
    case "AT_AddColumn":
      return definition !== undefined && "ColumnDef" in definition
        ? ofAddedColumn(
            table,
            definition.ColumnDef.colname ?? "",
            definition.ColumnDef.constraints ?? [],
          )
        : [];
    case "AT_AddConstraint":
      return definition !== undefined && "Constraint" in definition
        ? [ofConstraint(table, definition.Constraint)]
        : [];
    case "AT_DropConstraint":
      return [operation("drop-constraint", table, { part })];
    case "AT_SetTableSpace":
    case "AT_SetLogged":
    case "AT_SetUnLogged":
      return [operation("rewrite", table, { tags: ["storage"] })];
    case "AT_DisableTrigAll":
    case "AT_DisableTrigUser":
      return [operation("guard-off", table, { tags: ["triggers"] })];
    case "AT_DisableRowSecurity":
    case "AT_NoForceRowSecurity":
      return [operation("guard-off", table, { tags: ["row-security"] })];
    default:
      return [operation("other", table, { part })];
  }
}

/** Functions that give every row another value, so that adding the column rewrites the table. */
const VOLATILE = new Set([
  "random",
  "gen_random_uuid",
  "uuid_generate_v4",
  "uuid_generate_v1",
  "clock_timestamp",
  "nextval",
  "timeofday",
]);

function ofAddedColumn(
  table: string,
  column: string,
  nodes: readonly Node[],
): readonly SqlOperation[] {
  const constraints = nodes.flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
  const has = (kind: string): boolean => constraints.some((one) => one.contype === kind);
  const fallback = constraints.find((one) => one.contype === "CONSTR_DEFAULT")?.raw_expr;
  const volatile =
    fallback !== undefined &&
    "FuncCall" in fallback &&
    VOLATILE.has(joined(fallback.FuncCall.funcname));
  const generated = has("CONSTR_GENERATED") || has("CONSTR_IDENTITY");
  const tags = [
    ...(has("CONSTR_NOTNULL") && fallback === undefined && !generated
      ? ["not-null-no-default"]
      : []),
    ...(volatile || generated ? ["rewrite"] : []),
    ...(has("CONSTR_UNIQUE") || has("CONSTR_PRIMARY") ? ["unique"] : []),
  ];
  return [operation("add-column", table, { part: column, tags })];
}

const CONSTRAINTS: Readonly<Record<string, string>> = {
  CONSTR_FOREIGN: "foreign-key",
  CONSTR_CHECK: "check",
  CONSTR_UNIQUE: "unique",
  CONSTR_PRIMARY: "primary-key",
  CONSTR_EXCLUSION: "exclusion",
  CONSTR_NOTNULL: "not-null",
};

function ofConstraint(table: string, constraint: Constraint): SqlOperation {
  const kind = CONSTRAINTS[constraint.contype ?? ""] ?? "other";
  const waits = constraint.skip_validation === true || (constraint.indexname ?? "") !== "";
  return operation("add-constraint", table, {
    part: constraint.conname ?? kind,
    tags: [kind, waits ? "not-validated" : "validated"],
  });
}

function ofData(node: Node): readonly SqlOperation[] | null {
  if ("TruncateStmt" in node)
    return (node.TruncateStmt.relations ?? []).map((one) =>
      operation("truncate", "RangeVar" in one ? nameOf(one.RangeVar) : ""),
    );
  if ("DeleteStmt" in node) {
    const { relation, whereClause, withClause } = node.DeleteStmt;
    return [...ofCtes(withClause?.ctes), ofRows("delete", nameOf(relation), whereClause)];
  }
  if ("UpdateStmt" in node) {
    const { relation, whereClause, withClause, fromClause } = node.UpdateStmt;
    const joins = (fromClause ?? []).length > 0;
    return [...ofCtes(withClause?.ctes), ofRows("update", nameOf(relation), whereClause, joins)];
  }
  if ("InsertStmt" in node)
    return [
      ...ofCtes(node.InsertStmt.withClause?.ctes),
      operation("insert", nameOf(node.InsertStmt.relation)),
    ];
  if (!("SelectStmt" in node)) return null;
  const { fromClause, whereClause, withClause, intoClause, targetList } = node.SelectStmt;
  const tables = (fromClause ?? []).flatMap((one) =>
    "RangeVar" in one ? [nameOf(one.RangeVar)] : [],
  );
  const metadata = tables.filter(isMetadataTable);
  return [
    ...ofCtes(withClause?.ctes),
    ...(intoClause?.rel ? [operation("create-table", nameOf(intoClause.rel))] : []),
    ...metadata.map((table) =>
      operation("metadata-query", table, { tags: namesSchema(whereClause) ? ["filtered"] : [] }),
    ),
    ...(setsLockTimeout(targetList ?? []) ? [operation("lock-timeout", "")] : []),
  ];
}

function ofCtes(ctes: readonly Node[] | undefined): readonly SqlOperation[] {
  return (ctes ?? []).flatMap((one) =>
    "CommonTableExpr" in one && one.CommonTableExpr.ctequery !== undefined
      ? (ofData(one.CommonTableExpr.ctequery) ?? [])
      : [],
  );
}

function ofRows(
  verb: "delete" | "update",
  table: string,
  where: Node | undefined,
  joins = false,
): SqlOperation {
  const all = (where === undefined && !joins) || (where !== undefined && matchesEverything(where));
  const tags = [
    ...(all && where !== undefined ? ["tautology"] : []),
    ...(isAccessTable(table) ? ["access"] : []),
  ];
  return operation(`${verb}-${all ? "all" : "some"}`, table, { tags });
}

function setsLockTimeout(targets: readonly Node[]): boolean {
  return targets.some((target) => {
    const call = "ResTarget" in target ? target.ResTarget.val : undefined;
    if (call === undefined || !("FuncCall" in call)) return false;
    const first = call.FuncCall.args?.[0];
    const name = first !== undefined && "A_Const" in first ? first.A_Const.sval?.sval : undefined;
    return joined(call.FuncCall.funcname) === "set_config" && isTimeout(name ?? "");
  });
}

function isTimeout(name: string): boolean {
  return name === "lock_timeout" || name === "statement_timeout";
}

function ofSession(node: Node): readonly SqlOperation[] | null {
  if ("VariableSetStmt" in node) {
    const { name, kind } = node.VariableSetStmt;
    if (isTimeout(name ?? "") && kind === "VAR_SET_VALUE") return [operation("lock-timeout", "")];
    return name === "session_replication_role"
      ? [operation("guard-off", "session", { tags: ["triggers"] })]
      : [operation("other", "")];
  }
  if ("TransactionStmt" in node) {
    const kind = node.TransactionStmt.kind;
    if (kind === "TRANS_STMT_BEGIN" || kind === "TRANS_STMT_START") return [operation("begin", "")];
    return [
      operation(
        kind === "TRANS_STMT_COMMIT" || kind === "TRANS_STMT_ROLLBACK" ? "commit" : "other",
        "",
      ),
    ];
  }
  if ("LockStmt" in node)
    return (node.LockStmt.relations ?? []).map((one) =>
      operation("lock-table", "RangeVar" in one ? nameOf(one.RangeVar) : ""),
    );
  return null;
}
