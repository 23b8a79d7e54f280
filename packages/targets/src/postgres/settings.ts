// SPDX-License-Identifier: Apache-2.0
import type { Resolved } from "../secrets.ts";
import { type SettingsReader, settingsReader } from "../settings.ts";
import type { Answered } from "../target.ts";

/** Where the rows of a cell are: a table, and where several cells share it, the value of their column. */
export type Place = { readonly table: string; readonly value: string | null };

export type PostgresSettings = {
  readonly url: string;
  readonly keyColumn: string;
  readonly valueColumn: string;
  /** A whole number that other writers compare; each write raises it by one. */
  readonly versionColumn: string | null;
  readonly cellColumn: string | null;
  readonly cells: ReadonlyMap<string, Place>;
  /** Columns in which writers say who they are and when they wrote. */
  readonly writer: { readonly by: string | null; readonly at: string | null };
  /** The table of fences, and whether we may create it. */
  readonly fenceTable: string;
  readonly createFence: boolean;
  readonly statementMs: number;
  readonly lockMs: number;
  readonly pollMs: number;
};

/** Postgres cuts a longer name off, and then another one is meant. */
const NAME_BYTES_MAX = 63;

export function postgresSettings(resolved: Resolved): Answered<PostgresSettings> {
  const reader = settingsReader(resolved);
  const url = reader.text("url");
  const fault = urlFault(url, reader.isNamed("url"));
  if (url !== "" && fault !== null) reader.fault("url", fault);
  const nameIn = (part: SettingsReader, field: string, otherwise: string | null) => {
    const found = part.optionalText(field) ?? otherwise;
    if (found !== null && Buffer.byteLength(found) > NAME_BYTES_MAX)
      part.fault(field, `is longer than ${NAME_BYTES_MAX} bytes`);
    return found;
  };
  const name = (field: string, otherwise: string | null) => nameIn(reader, field, otherwise);
  const writer = reader.part("writer");
  const by = writer === undefined ? null : nameIn(writer, "by", null);
  const at = writer === undefined ? null : nameIn(writer, "at", null);
  writer?.end(null);
  const cellColumn = name("cellColumn", null);
  const shared = cellColumn === null ? null : reader.text("table");
  const cells = reader.cells((place, path): Place => {
    if (typeof place === "string" && place !== "" && !place.includes("\0"))
      return shared === null ? { table: place, value: null } : { table: shared, value: place };
    const what = shared === null ? "the name of a table" : `a value of \`${cellColumn}\``;
    reader.fault(path.slice("settings.".length), `is not ${what}`);
    return { table: "", value: null };
  });
  const places = new Set(
    [...cells.values()].map(({ table, value }) => JSON.stringify([table, value])),
  );
  if (places.size !== cells.size) reader.fault("cells", "has two cells at one place");
  return reader.end({
    url,
    cellColumn,
    cells,
    keyColumn: name("keyColumn", "key") ?? "",
    valueColumn: name("valueColumn", "value") ?? "",
    versionColumn: name("versionColumn", null),
    writer: { by, at },
    fenceTable: reader.optionalText("fenceTable") ?? "interlock_fence",
    createFence: reader.flag("createFence", false),
    statementMs: reader.whole("statementMs", { from: 100, to: 3_600_000, otherwise: 10_000 }),
    lockMs: reader.whole("lockMs", { from: 10, to: 3_600_000, otherwise: 5_000 }),
    pollMs: reader.whole("pollMs", { from: 5, to: 3_600_000, otherwise: 5_000 }),
  });
}

function urlFault(text: string, isNamed: boolean): string | null {
  if (!URL.canParse(text)) return "is no URL";
  const { protocol, password } = new URL(text);
  if (protocol !== "postgres:" && protocol !== "postgresql:") return "does not begin `postgres://`";
  if (password !== "" && !isNamed)
    return "holds a password: name the whole URL as `env:NAME` or `file:PATH`";
  return null;
}

/** A name for SQL; a dot parts a schema from a table. */
export const quotedTable = (name: string): string => name.split(".").map(quoted).join(".");
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
