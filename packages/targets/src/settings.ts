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
  /** Says what is wrong with a value; nothing of one that is named and was not looked up. */
  readonly fault: (name: string, says: string) => void;
  /** Says what is wrong whatever the value is. */
  readonly refuse: (name: string, says: string) => void;
  /** The value when there was no fault and no field that nobody read. */
  readonly end: <T>(value: T) => Answered<T>;
};

/** What is wrong at a path such as `settings.cells.home`. */
export type SettingsFault = {
  readonly path: string;
  readonly says: string;
  /** What could stand there, for a name that nobody reads. */
  readonly known?: readonly string[];
};

type Faults = {
  readonly found: SettingsFault[];
  readonly named: ReadonlySet<string>;
  readonly isUnread: boolean;
};

export function settingsReader(resolved: Resolved): SettingsReader {
  const { named, isUnread = false, faults = [] } = resolved;
  return readerAt(resolved.settings, "settings", { found: faults, named, isUnread });
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
  const refuse = (name: string, says: string): void => {
    faults.found.push({ path: at(name), says });
  };
  const fault = (name: string, says: string): void => {
    if (!faults.isUnread || !isNamedIn(faults.named, at(name))) refuse(name, says);
  };
  if (!isObject) refuse("", "is no object");
  const take = (name: string): Json | undefined => {
    read.add(name);
    return fields.get(name);
  };
  const optionalText = (name: string): string | undefined => {
    const found = take(name);
    if (found === undefined) return undefined;
    if (typeof found === "string" && found !== "" && found.length <= TEXT_MAX && PLAIN.test(found))
      return found;
    refuse(name, `is no text of one line with 1 to ${TEXT_MAX} characters`);
    return undefined;
  };
  return {
    optionalText,
    text: (name) => {
      if (!fields.has(name)) refuse(name, "is missing");
      return optionalText(name) ?? "";
    },
    optionalSecret: (name) => {
      const found = optionalText(name);
      if (found !== undefined && !faults.named.has(at(name)))
        refuse(name, "is a secret: name it as `env:NAME` or `file:PATH`");
      return found;
    },
    ...moreFields(take, { fault, refuse }),
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
      refuse(name, `is no whole number from ${from} to ${to}`);
      return otherwise;
    },
    cells: (readPlace) => cellsOf(take("cells"), { path: at("cells"), refuse }, readPlace),
    inside: (inner, innerPath) => readerAt(inner, innerPath, faults),
    isNamed: (name) => faults.named.has(at(name)),
    fault,
    refuse,
    end: (outcome) => {
      for (const name of fields.keys())
        if (!read.has(name))
          faults.found.push({ path: at(name), says: "is not known", known: [...read] });
      return ended(faults, outcome);
    },
  };
}

function ended<T>({ found }: Faults, outcome: T): Answered<T> {
  if (found.length === 0) return { ok: true, value: outcome };
  const says = found.map((one) => `\`${one.path}\` ${one.says}`);
  return failed(refused(says.join("; "), "see docs/reference/targets.md"));
}

/** A value, or one of what it is made of, is named. */
const isNamedIn = (named: ReadonlySet<string>, path: string): boolean =>
  [...named].some((one) => one === path || one.startsWith(`${path}.`));

function moreFields(
  take: SettingsReader["take"],
  { fault, refuse }: Pick<SettingsReader, "fault" | "refuse">,
): Pick<SettingsReader, "optionalPem" | "texts" | "flag"> {
  return {
    flag: (name, otherwise) => {
      const found = take(name) ?? otherwise;
      if (typeof found === "boolean") return found;
      refuse(name, "is neither true nor false");
      return otherwise;
    },
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
      if (!Array.isArray(found) || texts.length !== list.length)
        refuse(name, "is no list of texts");
      return texts;
    },
  };
}

function cellsOf<T>(
  cells: Json | undefined,
  { path, refuse }: { readonly path: string; readonly refuse: SettingsReader["refuse"] },
  readPlace: (place: Json, path: string) => T,
): ReadonlyMap<string, T> {
  if (typeof cells !== "object" || cells === null || Array.isArray(cells)) {
    refuse("cells", "is no object with the place of each cell");
    return new Map();
  }
  const entries = Object.entries(cells).flatMap(([id, place]) =>
    place === undefined ? [] : [[id, readPlace(place, `${path}.${id}`)] as const],
  );
  if (entries.length === 0 || entries.length > CELLS_MAX)
    refuse("cells", `has ${entries.length} cells, 1 to ${CELLS_MAX} are allowed`);
  return new Map(entries);
}
