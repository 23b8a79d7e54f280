// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { parse } from "yaml";

export type Files = Readonly<Record<string, string>>;

/** One version of a change: files before and after, with what the catalog declares. */
export type Side = {
  readonly before: Files;
  readonly after: Files;
  /** Text of `interlock/catalog.yaml`; empty where none is needed. */
  readonly catalog: string;
};

/** A recorded outage: the change that set it off, and the same edit without the fault. */
export type OutageCase = {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** Whether a reader of the change alone could have known. */
  readonly decidable: "yes" | "partial" | "no";
  readonly fault: Side;
  readonly twin: Side;
  /** Why the rules let it pass, where they do; empty where they do not. */
  readonly missed: string;
};

const BYTES_MAX = 1_000_000;

/** Reads a case in the form of `conformance/outages`. Throws `INPUT_INVALID` with the file's name. */
export function readCase(name: string, text: string): OutageCase {
  if (text.length > BYTES_MAX) throw invalid(name, `it is larger than ${BYTES_MAX} bytes`);
  const raw = parsed(name, text);
  const word = (key: string): string => {
    const value = raw[key];
    if (typeof value === "string" && value !== "") return value;
    throw invalid(name, `\`${key}\` is missing`);
  };
  const decidable = word("decidable");
  if (decidable !== "yes" && decidable !== "partial" && decidable !== "no")
    throw invalid(name, "`decidable` is none of `yes`, `partial`, `no`");
  return {
    id: word("outage"),
    title: word("title"),
    source: word("source"),
    decidable,
    fault: sideOf(name, "fault", raw["fault"]),
    twin: sideOf(name, "twin", raw["twin"]),
    missed: typeof raw["missed"] === "string" ? raw["missed"] : "",
  };
}

function parsed(name: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    throw invalid(name, error instanceof Error ? error.message.split("\n", 1).join("") : "no YAML");
  }
  return record(name, "the case", value);
}

function sideOf(name: string, which: string, value: unknown): Side {
  const side = record(name, `\`${which}\``, value);
  const catalog = side["catalog"] ?? "";
  if (typeof catalog !== "string") throw invalid(name, `\`${which}.catalog\` is no text`);
  return {
    before: filesOf(name, `${which}.before`, side["before"]),
    after: filesOf(name, `${which}.after`, side["after"]),
    catalog,
  };
}

function filesOf(name: string, which: string, value: unknown): Files {
  const files = record(name, `\`${which}\``, value ?? {});
  const read = Object.entries(files).map(([path, text]) => {
    if (typeof text !== "string") throw invalid(name, `\`${which}\`: \`${path}\` is no text`);
    return [path, text] as const;
  });
  return Object.fromEntries(read);
}

function record(name: string, what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(name, `${what} is no mapping`);
  return value as Readonly<Record<string, unknown>>; // a mapping, as was just seen
}

const invalid = (name: string, what: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `\`${name}\`: ${what}`,
    "write it as the cases of conformance/outages",
  );
