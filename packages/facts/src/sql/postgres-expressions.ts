// SPDX-License-Identifier: Apache-2.0
import type { A_Const, Node } from "libpg-query";

/** True when a WHERE clause holds for every row whatever the data: `true`, `1 = 1`, `x OR true`. */
export function matchesEverything(where: Node): boolean {
  if ("A_Const" in where) return where.A_Const.boolval?.boolval === true;
  if ("BoolExpr" in where) {
    const args = where.BoolExpr.args ?? [];
    if (where.BoolExpr.boolop === "OR_EXPR") return args.some(matchesEverything);
    return where.BoolExpr.boolop === "AND_EXPR" && args.every(matchesEverything);
  }
  if (!("A_Expr" in where)) return false;
  const { lexpr, rexpr, kind } = where.A_Expr;
  const left = lexpr !== undefined && "A_Const" in lexpr ? constant(lexpr.A_Const) : null;
  const right = rexpr !== undefined && "A_Const" in rexpr ? constant(rexpr.A_Const) : null;
  const operator = (where.A_Expr.name ?? [])
    .map((one) => ("String" in one ? one.String.sval : ""))
    .join("");
  if (kind === "AEXPR_LIKE" || kind === "AEXPR_ILIKE")
    return operator.startsWith("~") && /^%+$/.test(right ?? "");
  return kind === "AEXPR_OP" && operator === "=" && left !== null && left === right;
}

function constant(value: A_Const): string | null {
  if (value.ival !== undefined) return String(value.ival.ival ?? 0);
  if (value.sval !== undefined) return value.sval.sval ?? "";
  return value.boolval === undefined ? null : String(value.boolval.boolval ?? false);
}

/** Catalogue tables that list objects of every schema which the reader may see. */
const METADATA =
  /^(?:information_schema\.(?:columns|tables|table_constraints|key_column_usage|statistics|partitions|routines|views)|system\.(?:columns|tables|parts)|pg_catalog\.(?:pg_tables|pg_indexes|pg_class|pg_views)|pg_tables|pg_indexes|all_tab_columns|all_tables|sys\.(?:columns|tables))$/;

/** True for a catalogue table of any dialect. */
export function isMetadataTable(table: string): boolean {
  return METADATA.test(table.toLowerCase());
}

const SCHEMA_COLUMN =
  /^(?:table_schema|constraint_schema|routine_schema|schema_name|schemaname|table_catalog|database|database_name|schema|schema_id|owner|relnamespace|nspname|table_schem|oid|object_id|attrelid)$/;

/** True when a column that picks one schema or database is named anywhere in the clause. */
export function namesSchema(where: Node | undefined): boolean {
  if (where === undefined) return false;
  let found = false;
  // The clause is plain JSON from the parser; its own depth limit bounds this walk.
  JSON.stringify(where, (key, value: unknown) => {
    if (key === "sval" && typeof value === "string" && SCHEMA_COLUMN.test(value)) found = true;
    return value;
  });
  return found;
}
