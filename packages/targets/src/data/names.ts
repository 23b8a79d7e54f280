// SPDX-License-Identifier: Apache-2.0
/** Names and texts inside SQL. What came from a file or a catalogue goes through here or through a parameter. */

/** An identifier (PostgreSQL documentation, section 4.1.1). Throws where no server could hold it. */
export function quoted(name: string): string {
  if (name === "" || name.includes("\0"))
    throw new Error("invariant broken: a name from the catalogue is no name");
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string constant, whatever `standard_conforming_strings` is (section 4.1.2.2). */
export function literal(text: string): string {
  if (text.includes("\0")) throw new Error("invariant broken: a text holds a zero byte");
  const doubled = text.replaceAll("'", "''");
  return text.includes("\\") ? `E'${doubled.replaceAll("\\", "\\\\")}'` : `'${doubled}'`;
}
