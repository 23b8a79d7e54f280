// SPDX-License-Identifier: Apache-2.0
import { classify } from "./classify.ts";
import type { Dialect } from "./dialect.ts";
import { directiveOf, type Role, roleOf } from "./migration.ts";
import { oneLine, type PlacedOperation } from "./operation.ts";
import type { PostgresParser } from "./postgres.ts";
import { type Script, splitSql } from "./split.ts";

/** Everything that one side of one file does to a database. */
export type Reading = {
  readonly operations: readonly PlacedOperation[];
  /** `tool`: the migration tool opens a transaction of its own around the statements. */
  readonly transaction: "none" | "tool" | "unknown";
  readonly dialect: Dialect;
  readonly role: Role;
  /** The tool has a way back by convention: whether this file uses it. */
  readonly wayBack: "present" | "absent" | "no-convention";
  /** Statements that are built at run time or cut by a limit; nobody can judge them here. */
  readonly unreadable: readonly { readonly line: number; readonly why: string }[];
};

export const EMPTY_READING: Omit<Reading, "dialect" | "role"> = {
  operations: [],
  transaction: "unknown",
  wayBack: "no-convention",
  unreadable: [],
};

/** Reads a script of statements, with the sections and switches of migration tools. */
export function readScript(
  path: string,
  text: string,
  dialect: Dialect,
  parse: PostgresParser,
): Reading {
  const role = roleOf(path, text);
  const script = splitSql(text, { backslash: dialect === "mysql" });
  const { downAt, noTransaction, tool, sections } = sectionsOf(script);
  const operations = script.statements.flatMap((statement) =>
    classify(statement.text, dialect, parse).map((one) => ({
      ...one,
      line: statement.line,
      text: oneLine(statement.text.slice(0, 2_000)),
      down: role.down || downAt(statement.line),
    })),
  );
  return {
    operations,
    transaction: noTransaction ? "none" : tool ? "tool" : "unknown",
    dialect,
    role,
    wayBack: !sections
      ? "no-convention"
      : operations.some((one) => one.down)
        ? "present"
        : "absent",
    unreadable: script.truncated
      ? [{ line: script.statements.at(-1)?.line ?? 1, why: "the script has too many statements" }]
      : [],
  };
}

function sectionsOf(script: Script): {
  readonly downAt: (line: number) => boolean;
  readonly noTransaction: boolean;
  readonly tool: boolean;
  readonly sections: boolean;
} {
  const directives = script.remarks.map((remark) => ({
    ...directiveOf(remark.text),
    line: remark.line,
  }));
  const marks = directives.filter((one) => one.kind === "up" || one.kind === "down");
  return {
    downAt: (line) => marks.filter((one) => one.line <= line).at(-1)?.kind === "down",
    noTransaction: directives.some((one) => one.noTransaction),
    tool: directives.some((one) => one.tool),
    sections: marks.length > 0,
  };
}
