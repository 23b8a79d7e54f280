// SPDX-License-Identifier: Apache-2.0
import { typeOfLoose } from "./scalar.ts";
import type { Node, Parsed } from "./types.ts";

type Row = { readonly cells: readonly string[]; readonly line: number };
type Rows = { readonly rows: readonly Row[]; readonly openQuote: number | null };

/** RFC 4180 and its tab-separated kin: each row is a map by column name, or by place without a header. */
export function parseCsv(text: string, separator: "," | "\t"): Parsed {
  const by = separator === "," ? separatorOf(text) : separator;
  let read = rowsOf(text, by, true);
  // In tab-separated data a quote is an ordinary character more often than not.
  if (read.openQuote !== null && by === "\t") read = rowsOf(text, by, false);
  if (read.openQuote !== null)
    return {
      ok: false,
      problem: {
        code: "syntax",
        line: read.openQuote,
        column: 1,
        message: 'a quote (`"`) that opens here is never closed',
      },
    };
  const first = read.rows[0];
  const named = first !== undefined && isHeader(first);
  const items = (named ? read.rows.slice(1) : read.rows).map((row) =>
    rowNode(row, named ? first : null),
  );
  const endLine = items[items.length - 1]?.endLine ?? first?.line ?? 1;
  return {
    ok: true,
    documents: [{ kind: "list", items, line: 1, endLine }],
    problems: [],
    approximate: false,
  };
}

function rowNode(row: Row, header: Row | null): Node {
  const lines = row.cells.reduce((n, cell) => n + cell.split("\n").length - 1, 0);
  return {
    kind: "map",
    entries: row.cells.map((text, i) => ({
      key: header?.cells[i] ?? `column ${i + 1}`,
      keyLine: row.line,
      value: {
        kind: "scalar",
        type: typeOfLoose(text),
        text,
        line: row.line,
        endLine: row.line + lines,
      },
    })),
    line: row.line,
    endLine: row.line + lines,
  };
}

/** Column names are distinct words; a first row with numbers, addresses or blanks is data. */
const isHeader = (row: Row): boolean =>
  new Set(row.cells).size === row.cells.length &&
  row.cells.every(
    (cell) => /^[^\d\s./:-][^\n]*$/.test(cell.trim()) && typeOfLoose(cell) === "string",
  );

/** Spreadsheets write `;` where the comma is the decimal mark. */
function separatorOf(text: string): string {
  const end = text.indexOf("\n");
  const first = end < 0 ? text : text.slice(0, end);
  return !first.includes(",") && first.includes(";") ? ";" : ",";
}

function rowsOf(text: string, separator: string, quotes: boolean): Rows {
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = "";
  let openQuote: number | null = null;
  let line = 1;
  let start = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.length > 1 || cell.trim() !== "") rows.push({ cells, line: start });
    cells = [];
    cell = "";
  };
  for (let i = text.charCodeAt(0) === 0xfeff ? 1 : 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\n") line++;
    if (openQuote !== null) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') {
        cell += '"';
        i++;
      } else openQuote = null;
    } else if (quotes && c === '"' && cell === "") openQuote = line;
    else if (c === separator) {
      cells.push(cell);
      cell = "";
    } else if (c === "\n") {
      endRow();
      start = line;
    } else if (c !== "\r") cell += c;
  }
  if (cell !== "" || cells.length > 0) endRow();
  return { rows, openQuote };
}
