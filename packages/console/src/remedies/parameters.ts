// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeDocument,
  commandText,
  type Parameter,
  readDocument,
} from "@interlock/document";

/** A remedy's text as this browser reads it; `null` where it is none to it. */
export function remedyIn(text: string): ChangeDocument | null {
  const read = readDocument("remedy", text);
  return read.ok && read.sited.document.remedy !== null ? read.sited.document : null;
}

/** What a form begins with: the least of everything, and nothing where a person has to name it. */
export const firstValue = (parameter: Parameter): string =>
  parameter.type === "integer"
    ? String(parameter.min)
    : parameter.type === "choice"
      ? (parameter.values[0] ?? "")
      : "";

/** The command that runs it, in a terminal that is signed in. */
export function runCommand(
  remedy: string,
  values: Readonly<Record<string, string>>,
  server: string,
): string {
  const params = Object.entries(values).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
  return commandText(["interlock", "remedy", "run", remedy, ...params, "--server", server]);
}
