// SPDX-License-Identifier: Apache-2.0
/** One UPDATE, DELETE or INSERT cut into the parts that a batch needs, by the server's own grammar and lexer. */
import type { Node, RangeVar } from "libpg-query";
import { loadGrammar, type PostgresGrammar } from "./postgres.ts";
import { joined } from "./postgres-names.ts";

export type DataColumn = {
  readonly column: string;
  readonly reads: readonly string[];
  /** A signed integer where it is the column plus or minus a constant, else `null`. */
  readonly adds: string | null;
};

type Of = {
  readonly schema: string | null;
  readonly table: string;
  readonly alias: string | null;
  /** Names of functions that are called, as written. */
  readonly functions: readonly string[];
};

export type DataStatement = Of &
  (
    | {
        readonly action: "update";
        readonly set: string;
        readonly columns: readonly DataColumn[];
        readonly where: string;
        readonly whereReads: readonly string[];
      }
    | { readonly action: "delete"; readonly where: string; readonly whereReads: readonly string[] }
    | { readonly action: "insert"; readonly text: string; readonly rows: number }
  );

export type DataStatementRead =
  | { readonly ok: true; readonly statement: DataStatement }
  | { readonly ok: false; readonly says: string; readonly help: string };

const STATEMENT_BYTES_MAX = 4_000_000;

/**
 * Reads a statement whose effect on a row follows from that row alone: no other tables, no sub-queries.
 * Then a batch of rows may be written without the others, and what each write used is known.
 */
export async function readDataStatement(sql: string): Promise<DataStatementRead> {
  if (Buffer.byteLength(sql) > STATEMENT_BYTES_MAX)
    return refused(`it has more than ${STATEMENT_BYTES_MAX} bytes`, "split it into several files");
  const grammar = await loadGrammar();
  const parsed = grammar.parse(sql);
  if (!parsed.ok) return refused(`it is no SQL of Postgres: ${parsed.says}`, "mend it");
  const [only, ...more] = parsed.tree.stmts ?? [];
  if (only?.stmt === undefined || more.length > 0)
    return refused("it is not exactly one statement", "write one statement a file");
  const read = ofNode(grammar, sql, only.stmt);
  return typeof read === "string"
    ? refused(read, "write a fix whose rows can be written a batch at a time")
    : { ok: true, statement: read };
}

export type DataExpressionRead =
  | { readonly ok: true; readonly functions: readonly string[] }
  | { readonly ok: false; readonly says: string };

/** Reads an expression over rows of the table of a statement, such as `sum(amount)`. */
export async function readDataExpression(
  sql: string,
  of: Pick<DataStatement, "table" | "alias">,
): Promise<DataExpressionRead> {
  const grammar = await loadGrammar();
  // On lines of its own, so that a comment at its end hides nothing.
  const parsed = grammar.parse(`select (\n${sql}\n)`);
  if (!parsed.ok) return { ok: false, says: `is no SQL of Postgres: ${parsed.says}` };
  const [only, ...more] = parsed.tree.stmts ?? [];
  const select = only?.stmt !== undefined && "SelectStmt" in only.stmt ? only.stmt.SelectStmt : {};
  const { targetList, limitOption, op, ...rest } = select;
  const [target, ...others] = targetList ?? [];
  const val = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  const isOne = val !== undefined && !("RowExpr" in val) && others.length === 0;
  if (more.length > 0 || !isOne || Object.keys(rest).length > 0)
    return { ok: false, says: "is not one expression" };
  const beyond = found(targetList, (key) => BEYOND[key] ?? null)[0];
  if (beyond !== undefined) return { ok: false, says: beyond };
  if (columnsIn(targetList, of) === null)
    return { ok: false, says: "names a table's column in a way that is not read here" };
  return { ok: true, functions: functionsIn(targetList) };
}

const refused = (says: string, help: string): DataStatementRead => ({ ok: false, says, help });

/** Nodes that look beyond the row, or that a cut would lose. */
const BEYOND: Readonly<Record<string, string>> = {
  SubLink: "has a sub-query",
  withClause: "has a `WITH`",
  fromClause: "has a `FROM`",
  usingClause: "has a `USING`",
  returningClause: "has a `RETURNING`",
  onConflictClause: "has an `ON CONFLICT`",
  CurrentOfExpr: "uses a cursor",
  MultiAssignRef: "sets several columns at once from one row",
  indirection: "sets or reads a part of a column",
  ParamRef: "has a parameter",
  A_Star: "uses the whole row",
  GroupingFunc: "groups rows",
  over: "uses a window",
};

function ofNode(grammar: PostgresGrammar, sql: string, node: Node): DataStatement | string {
  const beyond = found(node, (key) => BEYOND[key] ?? null)[0];
  if (beyond !== undefined) return `it ${beyond}`;
  const functions = functionsIn(node);
  if ("InsertStmt" in node) return inserted(grammar, sql, node.InsertStmt, functions);
  const own =
    "UpdateStmt" in node ? node.UpdateStmt : "DeleteStmt" in node ? node.DeleteStmt : null;
  if (own === null) return "it is no UPDATE, DELETE or INSERT";
  const of = ofTable(own.relation, functions);
  if (typeof of === "string") return of;
  const { whereClause } = own;
  if (whereClause === undefined)
    return "it has no `WHERE`; write `WHERE true` if all rows are meant";
  const cut = cutOf(grammar, sql);
  if (cut === null) return "its `WHERE` cannot be told from the rest";
  const whereReads = columnsIn(whereClause, of);
  if (whereReads === null) return "it names a table's column in a way that is not read here";
  if (!sameTree(grammar, `select 1 from t where (\n${cut.where}\n)`, whereClause, "whereClause"))
    return "its `WHERE` cannot be told from the rest";
  const where = { where: cut.where, whereReads };
  if (!("UpdateStmt" in node)) return { ...of, ...where, action: "delete" };
  const targets = node.UpdateStmt.targetList ?? [];
  if (!sameTree(grammar, `update t set ${cut.set}\nwhere true`, targets, "targetList"))
    return "its `SET` cannot be told from the rest";
  const columns = targets.map((target) => setBy(target, of));
  if (columns.includes(null)) return "it names a table's column in a way that is not read here";
  const set = columns.filter((one) => one !== null);
  return { ...of, ...where, action: "update", set: cut.set, columns: set };
}

function ofTable(relation: RangeVar | undefined, functions: readonly string[]): Of | string {
  if (relation?.relname === undefined || relation.catalogname !== undefined)
    return "its table cannot be read";
  if (relation.inh !== true) return "it has an `ONLY`";
  return {
    schema: relation.schemaname ?? null,
    table: relation.relname,
    alias: relation.alias?.aliasname ?? null,
    functions,
  };
}

type InsertStmt = Extract<Node, { InsertStmt: unknown }>["InsertStmt"];

function inserted(
  { tokens }: PostgresGrammar,
  sql: string,
  { relation, selectStmt, override }: InsertStmt,
  functions: readonly string[],
): DataStatement | string {
  const of = ofTable(relation, functions);
  if (typeof of === "string") return of;
  if (
    override !== undefined &&
    override !== "OVERRIDING_NOT_SET" &&
    override !== "OVERRIDING_SYSTEM_VALUE"
  )
    return "it overrides user values";
  const select =
    selectStmt !== undefined && "SelectStmt" in selectStmt ? selectStmt.SelectStmt : {};
  const rows = select.valuesLists?.length ?? 0;
  if (rows === 0 || select.targetList !== undefined) return "it does not insert `VALUES`";
  const bytes = Buffer.from(sql);
  const last = tokens(sql)
    .filter(({ name }) => name !== "comment" && name !== ";")
    .at(-1);
  return {
    ...of,
    action: "insert",
    text: bytes.subarray(0, last?.end ?? 0).toString("utf8"),
    rows,
  };
}

/** The texts behind `SET` and `WHERE`, by the lexer: where no parenthesis is open. */
function cutOf({ tokens }: PostgresGrammar, sql: string): { set: string; where: string } | null {
  const bytes = Buffer.from(sql);
  let depth = 0;
  let set = -1;
  let setEnd = -1;
  let where = -1;
  let end = bytes.length;
  for (const { start, end: behind, name } of tokens(sql)) {
    if (name === "(" || name === "[") depth++;
    else if (name === ")" || name === "]") depth--;
    else if (name === ";") end = Math.min(end, start);
    else if (depth !== 0) continue;
    else if (name === "set" && set === -1) set = behind;
    else if (name === "where" && where === -1) [setEnd, where] = [start, behind];
  }
  if (where === -1) return null;
  return {
    set: set === -1 ? "" : bytes.subarray(set, setEnd).toString("utf8").trim(),
    where: bytes.subarray(where, end).toString("utf8").trim(),
  };
}

/** Whether a cut text means what stood there; a lexer's slip would show here. */
function sameTree(
  { parse }: PostgresGrammar,
  sql: string,
  wanted: unknown,
  under: "targetList" | "whereClause",
): boolean {
  const parsed = parse(sql);
  const stmts = parsed.ok ? (parsed.tree.stmts ?? []) : [];
  const stmt = stmts.length === 1 ? stmts[0]?.stmt : undefined;
  const inner: unknown = stmt === undefined ? undefined : Object.values(stmt)[0];
  if (typeof inner !== "object" || inner === null || !(under in inner)) return false;
  return bare((inner as Record<string, unknown>)[under]) === bare(wanted); // it has that field
}

const bare = (tree: unknown): string =>
  JSON.stringify(tree, (key, value: unknown) =>
    key === "location" ||
    key === "rexpr_list_start" ||
    key === "rexpr_list_end" ||
    key === "list_start" ||
    key === "list_end"
      ? undefined
      : value,
  );

/** What a function says of the fields of a tree, where it says something. */
function found<T>(tree: unknown, ask: (key: string, value: unknown) => T | null): readonly T[] {
  const all: T[] = [];
  // The parser's own depth limit bounds this walk.
  JSON.stringify(tree, (key, value: unknown) => {
    const said = ask(key, value);
    if (said !== null) all.push(said);
    return value;
  });
  return all;
}

const functionsIn = (tree: unknown): readonly string[] =>
  [...new Set(found(tree, (key, value) => (key === "FuncCall" ? calledBy(value) : null)))].sort();

function calledBy(call: unknown): string | null {
  if (typeof call !== "object" || call === null || !("funcname" in call)) return null;
  return joined(call.funcname as Node[]); // the grammar's own list of names
}

/** Columns of the row that an expression names, sorted; `null`: something else is named. */
function columnsIn(
  tree: unknown,
  { table, alias }: Pick<Of, "table" | "alias">,
): readonly string[] | null {
  const names = found(tree, (key, value) => (key === "ColumnRef" ? fieldsOf(value) : null));
  const columns = new Set<string>();
  for (const fields of names) {
    const column = fields.at(-1);
    const owner = fields.length > 1 ? fields.at(-2) : undefined;
    const own = alias ?? table;
    if (column === undefined || fields.length > 2) return null;
    if (owner === undefined ? column === own : owner !== own) return null;
    columns.add(column);
  }
  return [...columns].sort();
}

function fieldsOf(ref: unknown): readonly string[] {
  if (typeof ref !== "object" || ref === null || !("fields" in ref)) return [];
  const fields = ref.fields as Node[]; // the grammar's own list of names
  return fields.map((one) => ("String" in one ? (one.String.sval ?? "") : ""));
}

function setBy(target: Node, of: Of): DataColumn | null {
  if (!("ResTarget" in target)) return null;
  const { name, val } = target.ResTarget;
  const reads = columnsIn(val, of);
  if (name === undefined || reads === null) return null;
  return { column: name, reads, adds: val === undefined ? null : addsOf(val, name) };
}

function addsOf(val: Node, column: string): string | null {
  if (!("A_Expr" in val) || val.A_Expr.kind !== "AEXPR_OP") return null;
  const { name, lexpr, rexpr } = val.A_Expr;
  const sign = joined(name);
  const left = amountOf(lexpr);
  const right = amountOf(rexpr);
  const isOwn = (node: Node | undefined) =>
    node !== undefined && "ColumnRef" in node && fieldsOf(node.ColumnRef).at(-1) === column;
  if (isOwn(lexpr) && right !== null && (sign === "+" || sign === "-"))
    return String(sign === "+" ? right : -right);
  return isOwn(rexpr) && left !== null && sign === "+" ? String(left) : null;
}

function amountOf(node: Node | undefined): number | null {
  if (node === undefined || !("A_Const" in node) || node.A_Const.ival === undefined) return null;
  return node.A_Const.ival.ival ?? 0;
}
