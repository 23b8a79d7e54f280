// SPDX-License-Identifier: Apache-2.0
/** Columns that refer to a key which holds larger numbers than they do. */

/** Bytes of whole numbers, by every name that servers give them. */
const BYTES: Readonly<Record<string, number>> = {
  smallint: 2,
  int2: 2,
  smallserial: 2,
  mediumint: 3,
  int: 4,
  integer: 4,
  int4: 4,
  serial: 4,
  bigint: 8,
  int8: 8,
  bigserial: 8,
};
const TYPE = "(smallint|int2|smallserial|mediumint|int|integer|int4|serial|bigint|int8|bigserial)";
const NAME = '((?:[`"]?\\w+[`"]?\\.)?[`"]?\\w+[`"]?)';
const TABLE = new RegExp(
  `\\b(?:create\\s{1,50}table(?:\\s{1,50}if\\s{1,50}not\\s{1,50}exists)?|alter\\s{1,50}table(?:\\s{1,50}only)?(?:\\s{1,50}if\\s{1,50}exists)?)\\s{1,50}${NAME}`,
  "gi",
);
const COLUMN = new RegExp(
  `(?:^|[(,]|\\badd\\s{1,50}(?:column\\s{1,50})?(?:if\\s{1,50}not\\s{1,50}exists\\s{1,50})?)\\s{0,50}[\`"]?(\\w+)[\`"]?\\s{1,50}${TYPE}\\b([^,;]{0,300})`,
  "gi",
);
const OWN = new RegExp(
  `\\breferences\\s{1,50}${NAME}\\s{0,50}(?:\\(\\s{0,50}[\`"]?(\\w+)[\`"]?\\s{0,50}\\))?`,
  "i",
);
const APART = new RegExp(
  `\\bforeign\\s{1,50}key\\s{0,50}\\(\\s{0,50}[\`"]?(\\w+)[\`"]?\\s{0,50}\\)\\s{0,50}references\\s{1,50}${NAME}\\s{0,50}(?:\\(\\s{0,50}[\`"]?(\\w+)[\`"]?\\s{0,50}\\))?`,
  "gi",
);
/** Longer scripts are dumps. */
const TEXT_MAX = 1_000_000;

export type Column = {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly line: number;
};

type Reference = {
  readonly table: string;
  readonly column: string;
  readonly to: string;
  readonly key: string;
};

export type Declarations = {
  readonly columns: readonly Column[];
  readonly references: readonly Reference[];
};

/** Whole-number columns of a script, and which of its columns refer to others. */
export function declarationsIn(text: string): Declarations {
  const columns: Column[] = [];
  const references: Reference[] = [];
  const code = text.length > TEXT_MAX ? "" : withoutComments(text);
  const tables = [...code.matchAll(TABLE)];
  const lineOf = linesOf(code);
  for (const [i, m] of tables.entries()) {
    const table = bare(m[1] ?? "");
    const start = m.index + m[0].length;
    // A statement ends before the next one begins.
    const body = code.slice(
      start,
      Math.min(tables[i + 1]?.index ?? code.length, ends(code, start)),
    );
    for (const c of body.matchAll(COLUMN)) {
      const column = bare(c[1] ?? "");
      const at = start + c.index + c[0].search(/[`"\w]/);
      const line = lineOf(at);
      columns.push({ table, column, type: (c[2] ?? "").toLowerCase(), line });
      const to = OWN.exec(c[3] ?? "");
      if (to !== null)
        references.push({ table, column, to: bare(to[1] ?? ""), key: bare(to[2] ?? "id") });
    }
    for (const f of body.matchAll(APART))
      references.push({
        table,
        column: bare(f[1] ?? ""),
        to: bare(f[2] ?? ""),
        key: bare(f[3] ?? "id"),
      });
  }
  return { columns, references };
}

/** The line of an offset; offsets are asked for in the order of the text. */
function linesOf(code: string): (at: number) => number {
  let [line, from] = [1, 0];
  return (at) => {
    for (let i = code.indexOf("\n", from); i >= 0 && i < at; i = code.indexOf("\n", i + 1)) {
      line++;
      from = i + 1;
    }
    return line;
  };
}

function ends(code: string, start: number): number {
  const at = code.indexOf(";", start);
  return at < 0 ? code.length : at;
}

export type Narrow = { readonly column: Column; readonly key: Column };

/** References of one script whose column is smaller than the key, which any script of the change declares. */
export function narrowReferences(
  own: Declarations,
  all: readonly Declarations[],
): readonly Narrow[] {
  const keys = new Map(
    all.flatMap(({ columns }) =>
      columns.map((one) => [`${one.table}.${one.column}`, one] as const),
    ),
  );
  return own.references.flatMap(({ table, column, to, key }) => {
    const from = own.columns.find((one) => one.table === table && one.column === column);
    const target = keys.get(`${to}.${key}`);
    if (from === undefined || target === undefined) return [];
    return (BYTES[from.type] ?? 0) < (BYTES[target.type] ?? 0)
      ? [{ column: from, key: target }]
      : [];
  });
}

/** Comments as blanks, so that lines keep their numbers; one that is not closed ends the text. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  while (from < text.length) {
    const [line, block] = [text.indexOf("--", from), text.indexOf("/*", from)];
    const starts = [line, block].filter((at) => at >= 0);
    if (starts.length === 0) break;
    const start = Math.min(...starts);
    const close = start === line ? text.indexOf("\n", start) : text.indexOf("*/", start + 2);
    const end = close < 0 ? text.length : close + (start === line ? 0 : 2);
    parts.push(text.slice(from, start), text.slice(start, end).replace(/[^\n]/g, " "));
    from = end;
  }
  return parts.join("") + text.slice(from);
}

/** Without quotes and schema, in one case. */
const bare = (name: string): string =>
  (name.split(".").at(-1) ?? "").replace(/[`"]/g, "").toLowerCase();
