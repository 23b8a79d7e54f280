// SPDX-License-Identifier: Apache-2.0
/**
 * Settings in a module of Python or Ruby: `NAME = value`, `config.force_ssl = true`, `'KEY': value`.
 * Only what stands on one line is read, other expressions as their text; the tree is approximate.
 * Linear in the text.
 */
import { typeOfLoose } from "./scalar.ts";
import type { Entry, Node, Parsed } from "./types.ts";

/** Modules that hold settings by the custom of Django, Flask, Airflow and Rails. */
const SETTINGS_MODULE =
  /(^|\/)(settings|config|conf|configuration)(\/[\w./-]+)?\.py$|(^|\/)\w*(settings|config|conf)\w*\.py$|(^|\/)config\/(environments|initializers)\/[\w-]+\.rb$|(^|\/)config\/(application|puma|unicorn|sidekiq|environment)\.rb$/i;

export const isSettingsModule = (path: string): boolean => SETTINGS_MODULE.test(path);

const NAMED =
  /^\s{0,40}((?:[A-Za-z_][\w]{0,80}\.){0,4}[A-Za-z_]\w{0,80})\s*(?::\s*[\w[\], .]{1,60})?=(?![=~>])\s*(.*)$/;
const KEYED = /^\s{0,80}(["']?)([A-Za-z_][\w. -]{0,80})\1\s*(?::|=>)\s*(\S.*)$/;
/** A call with one literal, as in `workers 4` or `preload_app! false`. */
const CALLED = /^\s{0,40}([a-z_]\w{2,60}!?)\s+(\d[\d_.]*|true|false|:\w+|"[^"]*"|'[^']*')\s*$/;
const LINE_MAX = 2_000;

export function parseAssignments(text: string): Parsed {
  const entries: Entry[] = [];
  const lines = text.split(/\r?\n/);
  for (const [i, raw] of lines.entries()) {
    if (raw.length > LINE_MAX || /^\s*(#|$)/.test(raw)) continue;
    const named = NAMED.exec(raw) ?? CALLED.exec(raw);
    const keyed = named === null ? KEYED.exec(raw) : null;
    const key = named?.[1] ?? keyed?.[2];
    if (key === undefined) continue;
    entries.push({ key, keyLine: i + 1, value: valueOn(named?.[2] ?? keyed?.[3] ?? "", i + 1) });
  }
  return {
    ok: true,
    documents: [{ kind: "map", entries, line: 1, endLine: lines.length }],
    problems: [],
    approximate: true,
  };
}

function valueOn(written: string, line: number): Node {
  const text = withoutEnd(written);
  const inside = /^[[(](.*)[\])]$/.exec(text)?.[1];
  if (inside !== undefined && !/[[\](){}]/.test(inside)) {
    const items = (inside.match(/"[^"]*"|'[^']*'|[^,\s][^,]*/g) ?? []).map((item) =>
      scalar(item.trim(), line),
    );
    return { kind: "list", items, line, endLine: line };
  }
  return scalar(text, line);
}

/** Without a comment, a comma and a bracket that only ends what stands around. */
function withoutEnd(written: string): string {
  const code = /^((?:[^#"']|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|["'])*)/.exec(written)?.[1] ?? "";
  const text = code.trim().replace(/,$/, "").trim();
  const opens = (text.match(/[[({]/g) ?? []).length;
  let closes = (text.match(/[\])}]/g) ?? []).length;
  let end = text.length;
  for (; closes > opens && /[\])}\s]/.test(text[end - 1] ?? ""); end--)
    if (!/\s/.test(text[end - 1] ?? "")) closes--;
  return text.slice(0, end).trim();
}

function scalar(text: string, line: number): Node {
  const quoted = /^[rbuf]?(["'])(.*)\1$/s.exec(text);
  const plain = quoted?.[2] ?? text.replace(/^:(?=\w)/, "").replace(/(?<=\d)_(?=\d)/g, "");
  return {
    kind: "scalar",
    type: quoted === null ? typeOfLoose(/^None$|^nil$/.test(plain) ? "null" : plain) : "string",
    text: plain,
    line,
    endLine: line,
  };
}
