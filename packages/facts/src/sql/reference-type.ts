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
  `\\b(?:create\\s+table(?:\\s+if\\s+not\\s+exists)?|alter\\s+table(?:\\s+only)?(?:\\s+if\\s+exists)?)\\s+${NAME}`,
  "gi",
);
const COLUMN = new RegExp(
  `(?:^|[(,]|\\badd\\s+(?:column\\s+)?(?:if\\s+not\\s+exists\\s+)?)\\s*[\`"]?(\\w+)[\`"]?\\s+${TYPE}\\b([^,;]{0,300})`,
  "gi",
);
const OWN = new RegExp(`\\breferences\\s+${NAME}\\s*(?:\\(\\s*[\`"]?(\\w+)[\`"]?\\s*\\))?`, "i");
const APART = new RegExp(
  `\\bforeign\\s+key\\s*\\(\\s*[\`"]?(\\w+)[\`"]?\\s*\\)\\s*references\\s+${NAME}\\s*(?:\\(\\s*[\`"]?(\\w+)[\`"]?\\s*\\))?`,
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
      const line = code.slice(0, at).split("\n").length;
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

/** Comments as blanks, so that lines keep their numbers. */
const withoutComments = (text: string): string =>
  text.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, (whole) => whole.replace(/[^\n]/g, " "));

/** Without quotes and schema, in one case. */
const bare = (name: string): string =>
  (name.split(".").at(-1) ?? "").replace(/[`"]/g, "").toLowerCase();
