// SPDX-License-Identifier: Apache-2.0
import { isAccessTable, operation, type SqlAspect, type SqlOperation } from "./operation.ts";
import { isMetadataTable } from "./postgres-expressions.ts";
import { type Token, tokensOf } from "./tokens.ts";
import {
  clauses,
  hasWord,
  ifExists,
  name,
  names,
  next,
  peek,
  type Reader,
  skipUntil,
  skipWords,
  take,
} from "./word-reader.ts";

/**
 * Says what a statement of any dialect does, from its words. Less sure than a grammar, so every
 * operation carries `approximate`; a statement that it does not know is `other`, never an error.
 */
export function tolerantOperations(statement: string): readonly SqlOperation[] {
  const reader: Reader = { tokens: tokensOf(statement), at: 0 };
  return read(reader).map((one) => ({ ...one, tags: [...one.tags, "approximate"] }));
}

function read(reader: Reader): readonly SqlOperation[] {
  const verb = next(reader);
  switch (verb) {
    case "CREATE":
      return readCreate(reader);
    case "ALTER":
      return readAlter(reader);
    case "DROP":
      return readDrop(reader);
    case "RENAME":
      return readRename(reader);
    case "TRUNCATE":
      take(reader, "TABLE");
      return [operation("truncate", name(reader))];
    case "DELETE":
    case "UPDATE":
      return readRows(reader, verb === "DELETE" ? "delete" : "update");
    case "GRANT":
      return readGrant(reader);
    case "EXEC":
    case "EXECUTE":
      return readProcedure(reader);
    case "SELECT":
      return readSelect(reader);
    case "WITH":
      return readWith(reader);
    default:
      return readSession(reader, verb);
  }
}

function readSession(reader: Reader, verb: string): readonly SqlOperation[] {
  const words = reader.tokens.map((token) => token.text.toUpperCase());
  if (verb === "SET") {
    if (words.some((word) => /LOCK_WAIT_TIMEOUT|LOCK_TIMEOUT|STATEMENT_TIMEOUT/.test(word)))
      return [operation("lock-timeout", "")];
    const off = words.some((word) => word === "FOREIGN_KEY_CHECKS") && words.includes("0");
    return [
      off ? operation("guard-off", "session", { tags: ["foreign-keys"] }) : operation("other", ""),
    ];
  }
  if (verb === "BEGIN" || (verb === "START" && words[1] === "TRANSACTION"))
    return [operation("begin", "")];
  if (verb === "COMMIT" || verb === "ROLLBACK" || verb === "END") return [operation("commit", "")];
  if (verb === "LOCK") {
    take(reader, "TABLES");
    take(reader, "TABLE");
    return [operation("lock-table", name(reader))];
  }
  if (verb === "OPTIMIZE") {
    take(reader, "TABLE");
    return [operation("rewrite", name(reader), { tags: ["optimize"] })];
  }
  if (verb === "INSERT" || verb === "REPLACE" || verb === "MERGE") return [operation("insert", "")];
  return [operation("other", "")];
}

function readCreate(reader: Reader): readonly SqlOperation[] {
  skipWords(reader, [
    "OR",
    "REPLACE",
    "GLOBAL",
    "LOCAL",
    "TEMPORARY",
    "TEMP",
    "UNLOGGED",
    "EXTERNAL",
  ]);
  const unique = take(reader, "UNIQUE");
  skipWords(reader, ["FULLTEXT", "SPATIAL", "CLUSTERED", "NONCLUSTERED", "COLUMNSTORE", "BITMAP"]);
  if (take(reader, "TABLE")) {
    ifExists(reader);
    return [operation("create-table", name(reader))];
  }
  if (!take(reader, "INDEX")) return [operation("other", "")];
  const concurrent = take(reader, "CONCURRENTLY") || hasWord(reader, "ONLINE");
  ifExists(reader);
  const index = peek(reader) === "ON" ? "" : name(reader);
  take(reader, "ON");
  const tags = [...(concurrent ? ["concurrent"] : []), ...(unique ? ["unique"] : [])];
  return [operation("create-index", name(reader), { part: index, tags })];
}

function readDrop(reader: Reader): readonly SqlOperation[] {
  skipWords(reader, ["TEMPORARY", "MATERIALIZED"]);
  const kind = next(reader);
  const concurrent = take(reader, "CONCURRENTLY");
  const tags = [
    ...(ifExists(reader) ? ["if-exists"] : []),
    ...(hasWord(reader, "CASCADE") ? ["cascade"] : []),
    ...(concurrent ? ["concurrent"] : []),
  ];
  if (kind === "TABLE")
    return names(reader).map((table) => operation("drop-table", table, { tags }));
  if (kind === "DATABASE" || kind === "SCHEMA" || kind === "KEYSPACE" || kind === "USER")
    return kind === "USER"
      ? [operation("other", name(reader))]
      : [operation("drop-database", name(reader), { tags: [...tags, kind.toLowerCase()] })];
  if (kind === "VIEW") return names(reader).map((view) => operation("drop-view", view, { tags }));
  if (kind !== "INDEX") return [operation("other", "")];
  const index = name(reader);
  return [
    operation("drop-index", take(reader, "ON") ? name(reader) : index, { part: index, tags }),
  ];
}

function readRename(reader: Reader): readonly SqlOperation[] {
  if (!take(reader, "TABLE")) return [operation("other", "")];
  const renamed: SqlOperation[] = [];
  while (reader.at < reader.tokens.length) {
    const from = name(reader);
    if (from === "" || !take(reader, "TO")) break;
    renamed.push(operation("rename", from, { part: name(reader), tags: ["table"] }));
    if (!take(reader, ",")) break;
  }
  return renamed;
}

function readAlter(reader: Reader): readonly SqlOperation[] {
  skipWords(reader, ["ONLINE", "IGNORE", "FOREIGN"]);
  const kind = next(reader);
  if (kind === "USER" || kind === "ROLE" || kind === "LOGIN")
    return [operation(hasWord(reader, "SUPERUSER") ? "superuser" : "other", name(reader))];
  if (kind !== "TABLE") return [operation("other", "")];
  ifExists(reader);
  take(reader, "ONLY");
  const table = name(reader);
  const online = onlineTags(reader);
  return clauses(reader).flatMap((clause) => readClause(table, clause, online));
}

/** MySQL's own safety: with these words the server refuses to copy or to lock the table. */
function onlineTags(reader: Reader): readonly string[] {
  const words = reader.tokens.map((token) => token.text);
  const after = (word: string): string => {
    const at = words.indexOf(word);
    return at === -1 ? "" : (words[at + (words[at + 1] === "=" ? 2 : 1)] ?? "");
  };
  const online = /^(?:INSTANT|INPLACE)$/.test(after("ALGORITHM")) || after("LOCK") === "NONE";
  return online ? ["online"] : [];
}

function readClause(
  table: string,
  reader: Reader,
  online: readonly string[],
): readonly SqlOperation[] {
  const verb = next(reader);
  const of = (
    aspect: SqlAspect,
    part: string,
    tags: readonly string[] = [],
  ): readonly SqlOperation[] => [operation(aspect, table, { part, tags: [...tags, ...online] })];
  if (verb === "ADD") return readAdd(reader, of);
  if (verb === "DROP") return readDropClause(reader, of);
  if (verb === "RENAME") {
    if (take(reader, "INDEX") || take(reader, "KEY") || take(reader, "CONSTRAINT"))
      return of("other", "");
    const column = take(reader, "COLUMN");
    const first = take(reader, "TO") || take(reader, "AS") ? "" : name(reader);
    const target = first === "" || take(reader, "TO") ? name(reader) : "";
    return column || (first !== "" && target !== "")
      ? of("rename", `${first} to ${target}`, ["column"])
      : of("rename", target === "" ? first : target, ["table"]);
  }
  if (verb === "MODIFY" || verb === "CHANGE") {
    take(reader, "COLUMN");
    const column = name(reader);
    const renamed = verb === "CHANGE" ? name(reader) : column;
    const type = peek(reader) === "ENUM" || peek(reader) === "SET" ? "enum-change" : "type-change";
    return [
      ...(renamed === column ? [] : of("rename", `${column} to ${renamed}`, ["column"])),
      ...of(type, column, type === "enum-change" ? ["rewrite"] : []),
    ];
  }
  if (verb === "ALTER") return readAlterColumn(reader, of);
  if (verb === "CONVERT" || verb === "ENGINE" || verb === "FORCE")
    return of("rewrite", "", ["convert"]);
  return of("other", "");
}

type Make = (aspect: SqlAspect, part: string, tags?: readonly string[]) => readonly SqlOperation[];

function readAdd(reader: Reader, of: Make): readonly SqlOperation[] {
  const words = reader.tokens.map((token) => token.text);
  if (take(reader, "CONSTRAINT") || /^(?:FOREIGN|CHECK|PRIMARY)$/.test(peek(reader))) {
    const kind = words.includes("FOREIGN")
      ? "foreign-key"
      : words.includes("CHECK")
        ? "check"
        : "unique";
    const skipped =
      words.includes("NOVALIDATE") ||
      words.includes("NOCHECK") ||
      words.join(" ").includes("NOT VALID");
    return of("add-constraint", name(reader), [kind, skipped ? "not-validated" : "validated"]);
  }
  if (
    skipWords(reader, ["UNIQUE", "FULLTEXT", "SPATIAL"]) + skipWords(reader, ["INDEX", "KEY"]) >
    0
  )
    return of("create-index", name(reader));
  take(reader, "COLUMN");
  ifExists(reader);
  const bare =
    words.join(" ").includes("NOT NULL") &&
    !words.includes("DEFAULT") &&
    !words.includes("AUTO_INCREMENT");
  return of("add-column", name(reader), bare ? ["not-null-no-default"] : []);
}

function readDropClause(reader: Reader, of: Make): readonly SqlOperation[] {
  if (take(reader, "INDEX") || take(reader, "KEY")) return of("drop-index", name(reader));
  if (take(reader, "PARTITION")) return of("truncate", name(reader), ["partition"]);
  const kept = ["CONSTRAINT", "FOREIGN", "CHECK", "PRIMARY", "DEFAULT", "EXPRESSION", "IDENTITY"];
  if (kept.includes(peek(reader))) return of("drop-constraint", "");
  take(reader, "COLUMN");
  ifExists(reader);
  return of("drop-column", name(reader));
}

function readAlterColumn(reader: Reader, of: Make): readonly SqlOperation[] {
  if (peek(reader) === "INDEX" || peek(reader) === "CONSTRAINT") return of("other", "");
  take(reader, "COLUMN");
  const column = name(reader);
  const rest = reader.tokens
    .slice(reader.at)
    .map((token) => token.text)
    .join(" ");
  if (/^SET NOT NULL/.test(rest)) return of("set-not-null", column);
  if (/^(?:SET DEFAULT|DROP|SET (?:STATISTICS|STORAGE|VISIBLE|INVISIBLE))/.test(rest))
    return of("other", column);
  return of("type-change", column);
}

function readRows(reader: Reader, verb: "delete" | "update"): readonly SqlOperation[] {
  skipWords(reader, ["LOW_PRIORITY", "QUICK", "IGNORE", "ONLY"]);
  const top = take(reader, "TOP");
  if (top) skipUntil(reader, ["FROM"]);
  const target = peek(reader) === "FROM" ? "" : name(reader);
  const table = take(reader, "FROM") ? name(reader) : target;
  const { where, words } = whereOf(reader);
  const bounded =
    top || words.includes("LIMIT") || words.includes("JOIN") || words.includes("USING");
  const all = where === null ? !bounded : isTautology(where);
  const tags = [
    ...(where !== null && all ? ["tautology"] : []),
    ...(isAccessTable(table) ? ["access"] : []),
  ];
  return [operation(`${verb}-${all ? "all" : "some"}`, table, { tags })];
}

function whereOf(reader: Reader): { where: readonly Token[] | null; words: readonly string[] } {
  let depth = 0;
  const rest = reader.tokens.slice(reader.at);
  const words: string[] = [];
  for (const [at, token] of rest.entries()) {
    if (token.text === "(") depth += 1;
    if (token.text === ")") depth -= 1;
    if (depth > 0 || token.kind !== "word") continue;
    words.push(token.text);
    if (token.text === "WHERE") return { where: rest.slice(at + 1), words };
  }
  return { where: null, words };
}

function isTautology(where: readonly Token[]): boolean {
  const open = where.filter(
    (token) => token.text !== "(" && token.text !== ")" && token.text !== ";",
  );
  const text = open.map((token) => token.text).join(" ");
  if (/^(?:TRUE|1)$/.test(text) || /\bOR (?:TRUE|1 = 1)$/.test(text)) return true;
  const [left, equals, right] = open;
  if (open.length === 3 && left !== undefined && right !== undefined) {
    if (equals?.text === "=")
      return left.kind !== "word" && left.kind === right.kind && left.text === right.text;
    if (equals?.text === "LIKE") return /^%+$/.test(right.text);
  }
  return /NOT IN$/.test(text);
}

function readGrant(reader: Reader): readonly SqlOperation[] {
  const words = reader.tokens.map((token) => token.text);
  const on = words.indexOf("ON");
  const to = words.lastIndexOf("TO");
  if (to === -1) return [operation("other", "")];
  const privileges = words.slice(1, on === -1 ? to : on);
  const object = on === -1 ? privileges.join(" ") : words.slice(on + 1, to).join("");
  const grantee = words
    .slice(to + 1)
    .join("")
    .toLowerCase();
  const tags = [
    ...(privileges[0] === "ALL" && on !== -1 ? ["all"] : []),
    ...(on !== -1 && /\*$/.test(object) ? ["wildcard"] : []),
    ...(/^\*\.\*$/.test(object) ? ["everything"] : []),
    ...(grantee === "public" || /@%/.test(grantee) ? ["public"] : []),
    ...(words.slice(to).includes("GRANT") || words.slice(to).includes("ADMIN")
      ? ["grant-option"]
      : []),
    ...(on === -1 ? ["role"] : []),
  ];
  return [operation("grant", object.toLowerCase(), { part: grantee, tags })];
}

function readProcedure(reader: Reader): readonly SqlOperation[] {
  const procedure = name(reader);
  if (!/(?:^|\.)sp_rename$/.test(procedure)) return [operation("other", procedure)];
  const strings = reader.tokens
    .filter((token) => token.kind === "string")
    .map((token) => token.text);
  const [from = "", to = "", kind = ""] = strings;
  const column = kind.toUpperCase() === "COLUMN";
  return [
    operation("rename", from.toLowerCase(), { part: to, tags: [column ? "column" : "table"] }),
  ];
}

function readSelect(reader: Reader): readonly SqlOperation[] {
  const found: SqlOperation[] = [];
  for (const [at, token] of reader.tokens.entries()) {
    if (token.text !== "FROM" && token.text !== "JOIN") continue;
    const table = name({ tokens: reader.tokens, at: at + 1 });
    if (!isMetadataTable(table)) continue;
    const rest = reader.tokens.slice(at).map((one) => one.text.toLowerCase());
    const picked = rest.some((word) =>
      /^(?:database|table_schema|schema_name|owner|schema|table_catalog|schemaname)$/.test(word),
    );
    found.push(operation("metadata-query", table, { tags: picked ? ["filtered"] : [] }));
  }
  return found.length === 0 ? [operation("other", "")] : found;
}

/** A statement behind common table expressions: the verb at depth 0 says what it does. */
function readWith(reader: Reader): readonly SqlOperation[] {
  let depth = 0;
  for (const [at, token] of reader.tokens.entries()) {
    if (token.text === "(") depth += 1;
    else if (token.text === ")") depth -= 1;
    else if (depth === 0 && /^(?:DELETE|UPDATE|INSERT|SELECT|MERGE)$/.test(token.text))
      return read({ tokens: reader.tokens.slice(at), at: 0 });
  }
  return [operation("other", "")];
}
