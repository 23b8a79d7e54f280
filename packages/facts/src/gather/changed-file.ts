// SPDX-License-Identifier: Apache-2.0
import { diffConfig } from "../config/diff.ts";
import { formatOf, parseConfig } from "../config/parse.ts";
import type { ConfigDiff, Parsed } from "../config/types.ts";
import { environmentOf } from "../files/environment.ts";
import { kindOf, languageOf } from "../files/kind.ts";
import { addedLines, type Line } from "../lines/added.ts";
import type { ChangedFile } from "../source.ts";
import type { RawFile } from "./input.ts";

/** The text of a link is a path, whatever the name of the link says. */
const LINK = "120000";

/** Gives the sources of facts one view of a file: parsed, compared and split at most once. */
export function changedFile(raw: RawFile): ChangedFile {
  const trees = once(() => ({
    before: raw.oldMode === LINK ? null : parsed(raw.oldPath ?? raw.path, raw.before),
    after: raw.mode === LINK ? null : parsed(raw.path, raw.after),
  }));
  return {
    path: raw.path,
    oldPath: raw.oldPath,
    status: raw.status,
    mode: raw.mode,
    oldMode: raw.oldMode,
    oid: raw.oid,
    oldOid: raw.oldOid,
    binary: raw.binary,
    attributes: raw.attributes,
    kind: kindOf(raw.path),
    language: languageOf(raw.path),
    environment: environmentOf(raw.path),
    before: raw.before,
    after: raw.after,
    trees,
    diff: once((): ConfigDiff => diffConfig(trees().before, trees().after)),
    addedLines: once((): readonly Line[] => addedLines(raw.before, raw.after)),
  };
}

/** Trees of recent texts: in a history the new side of one commit is the old side of the next. */
const RECENT = new Map<string, Parsed>();
const RECENT_MAX_CHARACTERS = 24_000_000;
let recentCharacters = 0;

function parsed(path: string, text: string | null): Parsed | null {
  const format = text === null ? null : formatOf(path);
  if (text === null || format === null) return null;
  const key = `${format}\n${text}`;
  const known = RECENT.get(key);
  if (known !== undefined) return known;
  const fresh = parseConfig(format, text);
  if (recentCharacters + key.length > RECENT_MAX_CHARACTERS) {
    RECENT.clear();
    recentCharacters = 0;
  }
  RECENT.set(key, fresh);
  recentCharacters += key.length;
  return fresh;
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | null = null;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}
