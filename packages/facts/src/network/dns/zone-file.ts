// SPDX-License-Identifier: Apache-2.0
import { plainName, type RecordSet, recordType } from "./record.ts";

const ROWS_MAX = 100_000;
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

type Row = { readonly text: string; readonly line: number; readonly indented: boolean };

/** True for a text that looks like a zone file, so that any other file of the same name is left alone. */
export function isZoneText(text: string): boolean {
  const head = text.slice(0, 20_000);
  return /^\$(?:ORIGIN|TTL)\s/m.test(head) || /\sIN\s+(?:SOA|NS|A|AAAA|CNAME|MX)\s/.test(head);
}

/** Reads a zone file (RFC 1035 section 5.1): names that are left out, defaults, parentheses, units. */
export function parseZone(text: string): readonly RecordSet[] {
  const sets = new Map<
    string,
    {
      name: string;
      type: string;
      ttl: number | null;
      values: string[];
      line: number;
      apex: boolean;
      completed: string[];
    }
  >();
  let origin = "";
  let owner = "@";
  let zoneTtl: number | null = null;
  for (const row of rowsOf(text)) {
    const fields = row.text.split(/\s+/).filter((field) => field !== "");
    const first = fields[0] ?? "";
    if (first === "$ORIGIN") origin = plainName(fields[1] ?? "");
    else if (first === "$TTL") zoneTtl = secondsOf(fields[1] ?? "");
    if (first.startsWith("$")) continue;
    if (!row.indented) owner = fields.shift() ?? "@";
    let ttl: number | null = null;
    while (
      fields.length > 0 &&
      (/^(?:IN|CH|HS)$/i.test(fields[0] ?? "") || secondsOf(fields[0] ?? "") !== null)
    ) {
      const seconds = secondsOf(fields.shift() ?? "");
      if (seconds !== null) ttl = seconds;
    }
    const type = recordType(fields.shift() ?? "");
    if (type === null) continue;
    const name = fullName(owner, origin);
    const key = `${name} ${type}`;
    const known = sets.get(key);
    const completed = completedName(type, fields);
    if (known !== undefined) {
      known.values.push(fields.join(" "));
      known.completed.push(...completed);
    } else
      sets.set(key, {
        name,
        type,
        ttl: ttl ?? zoneTtl,
        values: [fields.join(" ")],
        line: row.line,
        apex: owner === "@" || name === origin,
        completed: [...completed],
      });
  }
  return [...sets.values()];
}

const NAMING = new Set(["CNAME", "NS", "MX", "SRV", "PTR"]);

/** The last field of a record that names a host, when it lacks the final dot and is no plain label. */
function completedName(type: string, fields: readonly string[]): readonly string[] {
  const name = fields[fields.length - 1] ?? "";
  return NAMING.has(type) && !name.endsWith(".") && /\.[a-z]{2,}$/i.test(name) ? [name] : [];
}

function fullName(owner: string, origin: string): string {
  if (owner === "@") return origin === "" ? "@" : origin;
  if (owner.endsWith(".") || origin === "") return plainName(owner);
  return `${owner.toLowerCase()}.${origin}`;
}

/** `300`, `1h`, `1w2d`; `null` for anything else. */
export function secondsOf(text: string): number | null {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  if (!/^(?:\d{1,6}[smhdw])+$/i.test(text)) return null;
  let seconds = 0;
  for (const [, count = "0", unit = "s"] of text.toLowerCase().matchAll(/(\d+)([smhdw])/g))
    seconds += Number(count) * (UNITS[unit] ?? 1);
  return seconds;
}

function rowsOf(text: string): readonly Row[] {
  const rows: Row[] = [];
  let open: { text: string; line: number; indented: boolean } | null = null;
  for (const [at, raw] of text.split("\n").slice(0, ROWS_MAX).entries()) {
    const row = raw
      .slice(0, 4_000)
      .replace(/"[^"]*"/g, (quoted) => quoted.replace(/[;()]/g, "_"))
      .replace(/;.*$/, "")
      .trimEnd();
    const body = row.replace(/[()]/g, " ");
    if (open !== null) {
      open.text += ` ${body}`;
      if (row.includes(")")) {
        rows.push(open);
        open = null;
      }
      continue;
    }
    if (row.trim() === "") continue;
    const begun = { text: body, line: at + 1, indented: /^\s/.test(row) };
    if (row.includes("(") && !row.includes(")")) open = begun;
    else rows.push(begun);
  }
  if (open !== null) rows.push(open);
  return rows;
}
