// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { failed, refused } from "./failure.ts";
import type { Resolved } from "./secrets.ts";
import type { Answered } from "./target.ts";

const TEXT_MAX = 4_096;
const PEM_MAX = 1 << 18;
const CELLS_MAX = 10_000;
/** Everything that a person can see, in one line. */
const PLAIN = /^[^\p{Cc}]*$/u;

type Whole = { readonly from: number; readonly to: number; readonly otherwise: number };

/**
 * Reads the settings of a kind field by field and keeps every fault with its path; a faulty field
 * reads as something harmless, since `end` then refuses the whole.
 */
export type SettingsReader = {
  readonly text: (name: string) => string;
  readonly optionalText: (name: string) => string | undefined;
  /** A text that must have come from a reference, since it is a secret. */
  readonly optionalSecret: (name: string) => string | undefined;
  /** What is written in the PEM form, of several lines. */
  readonly optionalPem: (name: string) => string | undefined;
  /** A list of texts; an absent one is empty. */
  readonly texts: (name: string) => readonly string[];
  /** A reader of an object that may be absent; whoever takes it calls its `end`. */
  readonly part: (name: string) => SettingsReader | undefined;
  /** What a field holds, for whoever checks it himself. */
  readonly take: (name: string) => Json | undefined;
  /** The names of its fields. */
  readonly names: () => readonly string[];
  readonly whole: (name: string, limits: Whole) => number;
  readonly flag: (name: string, otherwise: boolean) => boolean;
  /** The object `cells`: the place of each cell, by its id. */
  readonly cells: <T>(read: (place: Json, path: string) => T) => ReadonlyMap<string, T>;
  /** A reader of an object inside. */
  readonly inside: (value: Json, path: string) => SettingsReader;
  readonly isNamed: (name: string) => boolean;
  readonly fault: (name: string, says: string) => void;
  /** The value when there was no fault and no field that nobody read. */
  readonly end: <T>(value: T) => Answered<T>;
};

type Faults = { readonly says: string[]; readonly named: ReadonlySet<string> };

export function settingsReader(resolved: Resolved): SettingsReader {
  return readerAt(resolved.settings, "settings", { says: [], named: resolved.named });
}

function readerAt(value: Json, path: string, faults: Faults): SettingsReader {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const fields = new Map<string, Json>(
    isObject
      ? Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const]))
      : [],
  );
  const read = new Set<string>();
  const at = (name: string): string => (name === "" ? path : `${path}.${name}`);
  const fault = (name: string, says: string): void => {
    faults.says.push(`\`${at(name)}\` ${says}`);
  };
  if (!isObject) fault("", "is no object");
  const take = (name: string): Json | undefined => {
    read.add(name);
    return fields.get(name);
  };
  const optionalText = (name: string): string | undefined => {
    const found = take(name);
    if (found === undefined) return undefined;
    if (typeof found === "string" && found !== "" && found.length <= TEXT_MAX && PLAIN.test(found))
      return found;
    fault(name, `is no text of one line with 1 to ${TEXT_MAX} characters`);
    return undefined;
  };
  return {
    optionalText,
    text: (name) => {
      if (!fields.has(name)) fault(name, "is missing");
      return optionalText(name) ?? "";
    },
    optionalSecret: (name) => {
      const found = optionalText(name);
      if (found !== undefined && !faults.named.has(at(name)))
        fault(name, "is a secret: name it as `env:NAME` or `file:PATH`");
      return found;
    },
    ...moreTexts(take, fault),
    part: (name) => {
      const found = take(name);
      return found === undefined ? undefined : readerAt(found, at(name), faults);
    },
    take,
    names: () => [...fields.keys()],
    whole: (name, { from, to, otherwise }) => {
      const found = take(name) ?? otherwise;
      if (typeof found === "number" && Number.isSafeInteger(found) && found >= from && found <= to)
        return found;
      fault(name, `is no whole number from ${from} to ${to}`);
      return otherwise;
    },
    flag: (name, otherwise) => {
      const found = take(name) ?? otherwise;
      if (typeof found === "boolean") return found;
      fault(name, "is neither true nor false");
      return otherwise;
    },
    cells: (readPlace) => cellsOf(take("cells"), { path: at("cells"), fault }, readPlace),
    inside: (inner, innerPath) => readerAt(inner, innerPath, faults),
    isNamed: (name) => faults.named.has(at(name)),
    fault,
    end: (outcome) => {
      for (const name of fields.keys()) if (!read.has(name)) fault(name, "is not known");
      if (faults.says.length === 0) return { ok: true, value: outcome };
      return failed(refused(faults.says.join("; "), "see docs/reference/targets.md"));
    },
  };
}

function moreTexts(
  take: SettingsReader["take"],
  fault: SettingsReader["fault"],
): Pick<SettingsReader, "optionalPem" | "texts"> {
  return {
    optionalPem: (name) => {
      const found = take(name);
      if (found === undefined) return undefined;
      if (typeof found === "string" && found.length <= PEM_MAX && found.includes("-----BEGIN "))
        return found;
      fault(name, "is not in the PEM form");
      return undefined;
    },
    texts: (name) => {
      const found = take(name) ?? [];
      const list: readonly Json[] = Array.isArray(found) ? found : [];
      const texts = list.filter((one) => typeof one === "string").filter((one) => one !== "");
      if (!Array.isArray(found) || texts.length !== list.length) fault(name, "is no list of texts");
      return texts;
    },
  };
}

function cellsOf<T>(
  cells: Json | undefined,
  { path, fault }: { readonly path: string; readonly fault: (name: string, says: string) => void },
  readPlace: (place: Json, path: string) => T,
): ReadonlyMap<string, T> {
  if (typeof cells !== "object" || cells === null || Array.isArray(cells)) {
    fault("cells", "is no object with the place of each cell");
    return new Map();
  }
  const entries = Object.entries(cells).flatMap(([id, place]) =>
    place === undefined ? [] : [[id, readPlace(place, `${path}.${id}`)] as const],
  );
  if (entries.length === 0 || entries.length > CELLS_MAX)
    fault("cells", `has ${entries.length} cells, 1 to ${CELLS_MAX} are allowed`);
  return new Map(entries);
}
