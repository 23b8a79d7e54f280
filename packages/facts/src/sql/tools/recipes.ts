// SPDX-License-Identifier: Apache-2.0
import { operation, type SqlAspect, type SqlOperation } from "../operation.ts";
import { type Argument, type Call, stringAt } from "./calls.ts";

/** What one call of a migration tool does; `sql` hands a literal statement to the SQL readers. */
export type Reading = {
  readonly operations?: readonly SqlOperation[];
  readonly sql?: string;
  /** Lines between the call and the first line of the statement. */
  readonly skew?: number;
  /** The call opens a block on this table: `alterTable("users", …)`. */
  readonly opens?: { readonly table: string; readonly created: boolean };
  /** The SQL is in this variable, or in nothing that can be read before it runs (empty). */
  readonly variable?: string;
};

type Recipe = (call: Call, table: string) => Reading;

const positional = (call: Call, index: number): string =>
  call.args.filter((arg) => arg.key === "")[index]?.literal ?? "";
const named = (call: Call, ...keys: readonly string[]): Argument | undefined =>
  call.args.find((arg) => keys.includes(arg.key));
const says = (call: Call, pattern: RegExp): boolean =>
  call.args.some((arg) => pattern.test(`${arg.key}: ${arg.text.slice(0, 2_000)}`));
const tableName = (model: string): string => model.toLowerCase();

const on =
  (aspect: SqlAspect, tags: readonly string[] = []): Recipe =>
  (call) => {
    const table = named(call, "table", "table_name")?.literal ?? positional(call, 0);
    const part = named(call, "name", "column")?.literal ?? positional(call, 1);
    return { operations: [operation(aspect, tableName(table), { part, tags })] };
  };

/** A call inside a block on a table: `t.dropColumn("x")`, or with the table as first argument. */
const inside =
  (aspect: SqlAspect, tags: readonly string[] = []): Recipe =>
  (call, table) => {
    const first = positional(call, 0);
    const own = named(call, "table")?.literal ?? "";
    const target = own !== "" ? own : table !== "" ? table : first;
    const name = named(call, "name")?.literal ?? "";
    const part = name !== "" ? name : table !== "" && own === "" ? first : positional(call, 1);
    return { operations: [operation(aspect, tableName(target), { part, tags })] };
  };

const opens =
  (created: boolean): Recipe =>
  (call) => {
    const table = tableName(named(call, "name")?.literal ?? positional(call, 0));
    return {
      opens: { table, created },
      operations: created ? [operation("create-table", table)] : [],
    };
  };

const index =
  (
    aspect: "create-index" | "drop-index",
    concurrently: RegExp,
    place: "first" | "second" | "inside",
  ): Recipe =>
  (call, table) => {
    const tags = says(call, concurrently) ? ["concurrent"] : [];
    const own = named(call, "table", "table_name", "model_name")?.literal ?? "";
    const at = place === "second" ? positional(call, 1) : positional(call, 0);
    const target = own !== "" ? own : place === "inside" && table !== "" ? table : at;
    const part =
      named(call, "name", "column")?.literal ??
      (place === "second" ? positional(call, 0) : positional(call, 1));
    return { operations: [operation(aspect, tableName(target), { part, tags })] };
  };

const constraint =
  (kind: string, place: "first" | "second" | "inside"): Recipe =>
  (call, table) => {
    const skipped = says(call, /validate: (?:false|False)|postgresql_not_valid: True|NOT VALID/i);
    const own = named(call, "table", "table_name", "model_name")?.literal ?? "";
    const at = place === "second" ? positional(call, 1) : positional(call, 0);
    const target = own !== "" ? own : place === "inside" && table !== "" ? table : at;
    return {
      operations: [
        operation("add-constraint", tableName(target), {
          part: kind,
          tags: [kind, skipped ? "not-validated" : "validated"],
        }),
      ],
    };
  };

const statement: Recipe = (call) => {
  const first = named(call, "sql", "sqltext")?.text ?? call.args[0]?.text ?? "";
  const literal = named(call, "sql", "sqltext")?.literal ?? call.args[0]?.literal ?? null;
  const quoted = /^(?:\w{1,40}\.){0,3}text\(\s*/.exec(first)?.[0].length;
  const wrapped =
    literal ??
    (quoted === undefined
      ? null
      : (stringAt({ text: first, language: "python" }, quoted)?.value ?? null));
  const variable = /^(?:(?:\w{1,40}\.){0,3}text\(\s*)?([A-Za-z_]\w*)\s*\)?$/.exec(first)?.[1] ?? "";
  return wrapped === null ? { variable } : { sql: wrapped, skew: first.startsWith("<<") ? 1 : 0 };
};

const rows =
  (aspect: SqlAspect): Recipe =>
  (call) =>
    /^[A-Z]/.test(call.receiver)
      ? { operations: [operation(aspect, tableName(call.receiver))] }
      : {};

const addedColumn: Recipe = (call, table) => {
  const first = positional(call, 0);
  const bare =
    says(call, /\bnull(?:able)?[:=]\s*(?:false|False)\b|nullable=False/) && !says(call, /default/);
  const target =
    table !== "" && call.args.length < 2 ? table : (named(call, "table")?.literal ?? first);
  const column = /Column\(\s*["'](\w+)/.exec(call.args[1]?.text ?? "")?.[1] ?? positional(call, 1);
  return {
    operations: [
      operation("add-column", tableName(target), {
        part: column,
        tags: bare ? ["not-null-no-default"] : [],
      }),
    ],
  };
};

const reference: Recipe = (call) => {
  const table = tableName(positional(call, 0));
  const part = positional(call, 1);
  const foreign = says(call, /foreign_key: (?:true|\{)/) && !says(call, /validate: false/);
  const indexed = !says(call, /index: false/);
  const tags = says(call, /:concurrently/) ? ["concurrent"] : [];
  return {
    operations: [
      ...(indexed ? [operation("create-index", table, { part, tags })] : []),
      ...(foreign
        ? [operation("add-constraint", table, { part, tags: ["foreign-key", "validated"] })]
        : []),
    ],
  };
};

const alterColumn: Recipe = (call) => {
  const table = tableName(positional(call, 0));
  const part = positional(call, 1);
  const renamed = named(call, "new_column_name")?.literal ?? "";
  return {
    operations: [
      ...(named(call, "type_") ? [operation("type-change", table, { part })] : []),
      ...(named(call, "nullable")?.literal === "False"
        ? [operation("set-not-null", table, { part })]
        : []),
      ...(renamed !== ""
        ? [operation("rename", table, { part: `${part} to ${renamed}`, tags: ["column"] })]
        : []),
    ],
  };
};

const renamed =
  (kind: "table" | "column"): Recipe =>
  (call, table) => {
    const words = call.args.filter((arg) => arg.key === "").map((arg) => arg.literal ?? "");
    const model = named(call, "model_name")?.literal ?? named(call, "table")?.literal;
    const from = named(call, "old_name", "name")?.literal;
    const to = named(call, "new_name", "newName")?.literal;
    const target =
      model ?? (kind === "table" ? (from ?? words[0]) : table !== "" ? table : words[0]);
    const rest =
      kind === "table"
        ? (to ?? words[1] ?? "")
        : `${from ?? words.at(-2) ?? ""} to ${to ?? words.at(-1) ?? ""}`;
    return {
      operations: [operation("rename", tableName(target ?? ""), { part: rest, tags: [kind] })],
    };
  };

const field =
  (aspect: SqlAspect): Recipe =>
  (call) => {
    const table = named(call, "model_name")?.literal ?? positional(call, 0);
    const part = named(call, "name")?.literal ?? positional(call, 1);
    return { operations: [operation(aspect, tableName(table), { part })] };
  };

const model =
  (aspect: SqlAspect): Recipe =>
  (call) => ({
    operations: [operation(aspect, tableName(named(call, "name")?.literal ?? positional(call, 0)))],
  });

/** Inside `batch_alter_table` the table is the block's and is left out of the arguments. */
const batch =
  (recipe: Recipe, at: 0 | 1): Recipe =>
  (call, table) => {
    if (table === "" || call.receiver === "op") return recipe(call, table);
    const own: Argument = { key: "", text: table, literal: table };
    return recipe({ ...call, args: call.args.toSpliced(at, 0, own) }, table);
  };

const RUBY: Readonly<Record<string, Recipe>> = {
  create_table: opens(true),
  change_table: opens(false),
  drop_table: on("drop-table"),
  rename_table: renamed("table"),
  rename_column: renamed("column"),
  remove_column: on("drop-column"),
  remove_columns: on("drop-column"),
  remove_reference: on("drop-column"),
  remove_belongs_to: on("drop-column"),
  change_column: on("type-change"),
  change_column_null: (call) =>
    call.args[2]?.literal === "false" ? on("set-not-null")(call, "") : { operations: [] },
  add_column: addedColumn,
  add_reference: reference,
  add_belongs_to: reference,
  add_index: index("create-index", /:concurrently/, "first"),
  remove_index: index("drop-index", /:concurrently/, "first"),
  add_foreign_key: constraint("foreign-key", "first"),
  add_check_constraint: constraint("check", "first"),
  execute: statement,
  update_all: rows("update-all"),
  delete_all: rows("delete-all"),
  destroy_all: rows("delete-all"),
};

const PYTHON: Readonly<Record<string, Recipe>> = {
  create_table: opens(true),
  batch_alter_table: opens(false),
  drop_table: on("drop-table"),
  rename_table: renamed("table"),
  add_column: batch(addedColumn, 0),
  drop_column: batch(on("drop-column"), 0),
  alter_column: batch(alterColumn, 0),
  create_index: batch(index("create-index", /postgresql_concurrently: True/, "second"), 1),
  drop_index: batch(index("drop-index", /postgresql_concurrently: True/, "second"), 1),
  create_foreign_key: batch(constraint("foreign-key", "second"), 1),
  create_check_constraint: batch(constraint("check", "second"), 1),
  create_unique_constraint: batch(constraint("unique", "second"), 1),
  execute: statement,
  CreateModel: model("create-table"),
  DeleteModel: model("drop-table"),
  RenameModel: renamed("table"),
  RemoveField: field("drop-column"),
  RenameField: renamed("column"),
  AddIndex: index("create-index", /$^/, "first"),
  AddIndexConcurrently: index("create-index", /^/, "first"),
  RemoveIndex: index("drop-index", /$^/, "first"),
  RemoveIndexConcurrently: index("drop-index", /^/, "first"),
  AddConstraint: constraint("check", "first"),
  RunSQL: statement,
};

const JAVASCRIPT: Readonly<Record<string, Recipe>> = {
  createTable: opens(true),
  createTableIfNotExists: opens(true),
  alterTable: opens(false),
  table: opens(false),
  dropTable: on("drop-table"),
  dropTableIfExists: on("drop-table", ["if-exists"]),
  renameTable: renamed("table"),
  dropColumn: inside("drop-column"),
  dropColumns: inside("drop-column"),
  removeColumn: on("drop-column"),
  renameColumn: renamed("column"),
  changeColumn: on("type-change"),
  addIndex: index("create-index", /concurrently:\s*true/, "first"),
  removeIndex: index("drop-index", /concurrently:\s*true/, "first"),
  createIndex: index("create-index", /concurrently:\s*true/, "first"),
  dropIndex: index("drop-index", /concurrently:\s*true/, "inside"),
  index: index("create-index", /$^/, "inside"),
  addConstraint: constraint("check", "first"),
  dropNullable: inside("set-not-null"),
  raw: statement,
  runSql: statement,
  query: statement,
};

const PHP: Readonly<Record<string, Recipe>> = {
  create: opens(true),
  table: opens(false),
  drop: on("drop-table"),
  dropIfExists: on("drop-table", ["if-exists"]),
  rename: renamed("table"),
  dropColumn: inside("drop-column"),
  renameColumn: renamed("column"),
  change: (_call, table) => ({ operations: [operation("type-change", table)] }),
  statement,
  unprepared: statement,
};

const CSHARP: Readonly<Record<string, Recipe>> = {
  CreateTable: opens(true),
  DropTable: model("drop-table"),
  DropColumn: on("drop-column"),
  RenameColumn: renamed("column"),
  RenameTable: renamed("table"),
  AlterColumn: on("type-change"),
  CreateIndex: on("create-index"),
  DropIndex: on("drop-index"),
  AddForeignKey: constraint("foreign-key", "first"),
  Sql: statement,
};

const GO: Readonly<Record<string, Recipe>> = {
  Exec: statement,
  ExecContext: (call) => statement({ ...call, args: call.args.slice(1) }, ""),
};

/** The calls that change a database, by language of the migration. */
export const RECIPES = {
  ruby: RUBY,
  python: PYTHON,
  javascript: JAVASCRIPT,
  php: PHP,
  csharp: CSHARP,
  go: GO,
} as const;
