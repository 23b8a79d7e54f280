// SPDX-License-Identifier: Apache-2.0
import { isSettingsModule, parseAssignments } from "./assignments.ts";
import { parseBlockYaml } from "./block-yaml.ts";
import { wellFormed } from "./cut.ts";
import { parseDirectives } from "./directives.ts";
import { parseEnv, parseIni, parseLines, parseProperties } from "./flat.ts";
import { parseHclSettings } from "./hcl/settings-tree.ts";
import { parseJson } from "./json.ts";
import { parseTemplateLines } from "./outline.ts";
import { parseSettings } from "./settings.ts";
import { parseCsv } from "./table.ts";
import { parseToml } from "./toml.ts";
import { CONFIG_MAX_BYTES, type Format, type Parsed } from "./types.ts";
import { parseXml } from "./xml.ts";
import { parseWholeYaml } from "./yaml.ts";

const BY_ENDING: Readonly<Record<string, Format>> = {
  json: "json",
  jsonc: "json",
  json5: "json5",
  webmanifest: "json",
  tfstate: "json",
  avsc: "json",
  geojson: "json",
  hujson: "json5",
  ign: "json",
  yaml: "yaml",
  yml: "yaml",
  toml: "toml",
  tf: "hcl",
  tfvars: "hcl",
  hcl: "hcl",
  tofu: "hcl",
  ini: "ini",
  cfg: "ini",
  cnf: "ini",
  conf: "ini",
  config: "ini",
  service: "ini",
  timer: "ini",
  socket: "ini",
  mount: "ini",
  slice: "ini",
  network: "ini",
  netdev: "ini",
  container: "ini",
  desktop: "ini",
  gitconfig: "ini",
  npmrc: "ini",
  properties: "properties",
  env: "env",
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  list: "lines",
  lst: "lines",
  dblist: "lines",
  hosts: "lines",
  allow: "lines",
  deny: "lines",
  php: "settings",
  xml: "xml",
};

/** A list of entries by the name of the file, for endings that say nothing. */
const LIST_NAME =
  /(^|[-_.])(allow|deny|block|black|white|ip|host|domain|prefix|user|url|path|wiki|server|node)(s|list|lists)([-_.]|$)|(^|[-_.])(hosts|prefixes|domains|targets|blocklist|allowlist)([-_.]|$)/i;

/** The format of a configuration file by its name, or `null` when it is none. */
export function formatOf(path: string): Format | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (/^\.env(\.|$)/.test(name)) return "env";
  if (/^(\.?(eslintrc|babelrc|prettierrc|stylelintrc)|composer\.lock|pipfile\.lock)$/.test(name))
    return "json";
  if (/^sshd?_config$/.test(name)) return "ini";
  if (name === "pipfile") return "toml";
  if (isSettingsModule(path)) return "assignments";
  const stem = name.replace(/\.(erb|j2|jinja|jinja2|tmpl|tpl|gotmpl|template|mustache|hbs)$/, "");
  const dot = stem.lastIndexOf(".");
  const ending = dot < 0 ? "" : stem.slice(dot + 1);
  const known = BY_ENDING[ending];
  if (known !== undefined) return known;
  return (ending === "txt" || ending === "") && LIST_NAME.test(name) ? "lines" : null;
}

// `${{ }}` is an expression of a workflow, which is valid YAML as it stands.
const TEMPLATE = /(?<!\$)\{\{|\{%|<%/;

/**
 * A line or a value that starts with a mark of a template. Some of them are YAML to the letter
 * (`a: {{ b }}` is a map whose key is a map), but nobody means that.
 */
const STEERED = /^[ \t]*(?:- )*(?:[^\s:]+:[ \t]+)?(?:\{[{%]|<%)/m;

/**
 * Parses a configuration text. Total: whatever the text, the result is a tree or a problem with its
 * place. A template that is no valid YAML or JSON is read line by line and says so.
 */
export function parseConfig(format: Format, text: string): Parsed {
  if (text.length > CONFIG_MAX_BYTES)
    return {
      ok: false,
      problem: {
        code: "too-large",
        line: 1,
        column: 1,
        message: `larger than ${CONFIG_MAX_BYTES} bytes`,
      },
    };
  const isMarkup = format === "ini" && MARKUP.test(text);
  const markup = isMarkup ? guarded("xml", text) : null;
  if (markup?.ok === true) return markup;
  const parsed = told(guarded(format, text));
  if (parsed.ok)
    return LINE_SHAPED.has(format) && (TEMPLATE.test(text) || /^\s*</.test(text))
      ? approximately(parsed)
      : parsed;
  if (parsed.problem.code !== "syntax" || !TEMPLATE.test(text)) return parsed;
  if (format === "yaml" || format === "json" || format === "json5") return parseTemplateLines(text);
  return format === "toml" || format === "xml" ? approximately(parseIni(text)) : parsed;
}

/** `web.config` and its like are XML under another ending. */
const MARKUP = /^\s*<[?!a-zA-Z]/;

/** Formats that read any line: a template mark, or the markup of another language. */
const LINE_SHAPED: ReadonlySet<Format> = new Set([
  "ini",
  "properties",
  "env",
  "csv",
  "tsv",
  "lines",
]);

const approximately = (parsed: Parsed): Parsed =>
  parsed.ok ? { ...parsed, approximate: true } : parsed;

/** A message may quote half a character of the text, which no digest accepts. */
const told = (parsed: Parsed): Parsed =>
  parsed.ok || parsed.problem.message.isWellFormed()
    ? parsed
    : { ok: false, problem: { ...parsed.problem, message: wellFormed(parsed.problem.message) } };

function guarded(format: Format, text: string): Parsed {
  try {
    return byFormat(format, text);
  } catch (error) {
    // A parser library that gives up (for example on nesting) is a file we cannot read.
    const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return {
      ok: false,
      problem: { code: "syntax", line: 1, column: 1, message: (message ?? "").slice(0, 200) },
    };
  }
}

function byFormat(format: Format, text: string): Parsed {
  switch (format) {
    case "json":
    case "json5":
      return parseJson(text, format);
    case "yaml":
      return (
        parseBlockYaml(text) ??
        (STEERED.test(text) ? parseTemplateLines(text) : parseWholeYaml(text))
      );
    case "hcl":
      return parseHclSettings(text);
    case "toml":
      return parseToml(text);
    case "xml":
      return parseXml(text);
    case "assignments":
      return parseAssignments(text);
    case "ini":
      return parseDirectives(text) ?? parseIni(text);
    case "properties":
      return parseProperties(text);
    case "env":
      return parseEnv(text);
    case "csv":
      return parseCsv(text, ",");
    case "tsv":
      return parseCsv(text, "\t");
    case "lines":
      return parseLines(text);
    case "settings":
      return parseSettings(text);
  }
}
