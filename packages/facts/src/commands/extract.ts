// SPDX-License-Identifier: Apache-2.0
import type { Node, Parsed } from "../config/types.ts";
import { readShell, type Script } from "./shell/unwrap.ts";

/** A piece of shell inside a file, with the 1-based line on which it begins. */
type Piece = { readonly text: string; readonly line: number; readonly strict: boolean };

export type FileKind =
  | "shell"
  | "make"
  | "just"
  | "markdown"
  | "pipeline"
  | "manifest"
  | "procfile"
  | "cron"
  | "text"
  | "http"
  | "graphql"
  | "data"
  | "settings";

/** YAML in which a key such as `run` or `shell` holds a command that somebody executes. */
const PIPELINE =
  /(?:^|\/)\.(?:github\/(?:workflows|actions)|circleci|buildkite|drone|woodpecker|tekton)\/(?:[^/]+\/)*[^/]+\.ya?ml$|(?:^|\/)(?:\.gitlab-ci[^/]*|azure-pipelines[^/]*|bitbucket-pipelines|cloudbuild[^/]*|buildspec[^/]*|appspec|action|taskfile|\.drone|\.travis|playbook[^/]*)\.ya?ml$|(?:^|\/)(?:tasks|handlers|playbooks?|runbooks?)\/(?:[^/]+\/)*[^/]+\.ya?ml$/i;

const KINDS: readonly (readonly [FileKind, RegExp])[] = [
  ["manifest", /(?:^|\/)package\.json$/],
  ["make", /(?:^|\/)(?:gnu)?makefile$|\.mk$/i],
  ["just", /(?:^|\/)\.?justfile$|\.just$/i],
  ["procfile", /(?:^|\/)procfile$/i],
  ["cron", /(?:^|\/)(?:cron\.d\/[^/]+|crontab)$|\.cron$/i],
  ["http", /\.(?:http|rest)$/i],
  ["graphql", /\.(?:graphql|gql)$/i],
  ["shell", /\.(?:sh|bash|zsh|ksh|cmdline|commands?|console|session)$/i],
  ["settings", /(?:^|\/)apt\.conf(?:\.d\/[^/]+)?$|\.(?:conf|cfg|ini|toml|properties|network)$/i],
  ["pipeline", PIPELINE],
  ["data", /\.ya?ml$/i],
  ["data", /\.json$/i],
  ["text", /\.txt$/i],
  ["shell", /(?:^|\/)(?:bin|scripts?|hooks|ops|tools|runbooks?|playbooks?)\/(?:[^/]+\/)*[^/.]+$/i],
];
const RUNBOOK =
  /(?:runbook|playbook|change|maintenance|migration|incident|procedure|sop|rollout|operation|ops|oncall|on-call|cutover|upgrade|deploy)/i;

/** How commands stand in the file, by its name; `null` for a file that holds none. */
export function fileKindOf(path: string): FileKind | null {
  if (/\.(?:md|markdown|adoc)$/i.test(path))
    return RUNBOOK.test(path) &&
      !/changelog|changes\.|history|release-?notes|migrating|upgrading/i.test(path)
      ? "markdown"
      : null;
  return KINDS.find(([, pattern]) => pattern.test(path))?.[0] ?? null;
}

/** Texts above this are not written by people for a shell. */
const TEXT_MAX = 2_000_000;

/** The scripts of one side of a file. `tree` is asked only of structured files. */
export function scriptsOf(
  kind: FileKind,
  text: string,
  tree: () => Parsed | null,
): readonly Script[] {
  return piecesOf(kind, text.slice(0, TEXT_MAX), tree).map((piece) => {
    const script = readShell(piece.text, piece.line);
    return piece.strict ? { ...script, strict: true } : script;
  });
}

function piecesOf(kind: FileKind, text: string, tree: () => Parsed | null): readonly Piece[] {
  switch (kind) {
    case "shell":
      return isOtherScript(text) ? [] : [{ text, line: 1, strict: false }];
    case "text":
      return looksLikeShell(text) ? [{ text, line: 1, strict: false }] : [];
    case "make":
      return makeRecipes(text);
    case "just":
      return justRecipes(text);
    case "markdown":
      return fences(text);
    case "cron":
      return rows(text, /^\s*(?:@\w+|(?:[\d*/,A-Za-z-]+\s+){5})(?:\w+\s+(?=\/|\w+\s))?(.*)$/);
    case "procfile":
      return rows(text, /^[\w-]+:\s*(.*)$/);
    case "pipeline":
      return structured(
        tree(),
        /^(?:run|script|before_script|after_script|shell|commands?|cmd|inlineScript|bash)$/,
      );
    case "manifest":
      return structured(
        tree(),
        /^[\w:-]*(?:prod|deploy|release|prestart|poststart|heroku|vercel)[\w:-]*$/,
      );
    default:
      return [];
  }
}

/** A shebang of another language, or text that is no shell at all. */
function isOtherScript(text: string): boolean {
  const head = text.slice(0, 200);
  return head.startsWith("#!") && !/^#![^\n]*\b(?:ba|z|k|da|a)?sh\b/.test(head);
}

const SHELL_LINE =
  /^\s*(?:\[?[\w.@:~/-]*\]?[$#%]\s+\S|(?:sudo|kubectl|helm|terraform|aws|gcloud|az|psql|mysql|rm|systemctl|ssh|docker|curl|git|redis-cli|etcdctl|iptables)\s)/;

function looksLikeShell(text: string): boolean {
  const lines = text
    .slice(0, 20_000)
    .split("\n")
    .filter((row) => row.trim() !== "" && !row.trim().startsWith("#"));
  return lines.length > 0 && lines.filter((row) => SHELL_LINE.test(row)).length * 2 >= lines.length;
}

/** Recipe lines keep their place: everything else becomes empty lines. */
function makeRecipes(text: string): readonly Piece[] {
  const body = text
    .split("\n")
    .map((row) => (row.startsWith("\t") ? row.replace(/^\t[@+-]*/, "") : ""))
    .join("\n")
    .replace(/\$\$/g, "$")
    .replace(/\$\((\w+)\)/g, (_written, name: string) => `\${${name}}`);
  return [{ text: body, line: 1, strict: true }];
}

function justRecipes(text: string): readonly Piece[] {
  const body = text
    .split("\n")
    .map((row) => (/^[ \t]+\S/.test(row) ? row.replace(/^[ \t]+[@-]*/, "") : ""))
    .join("\n");
  return [
    {
      text: body.replace(/\{\{\s*(\w+)\s*\}\}/g, (_written, name: string) => `\${${name}}`),
      line: 1,
      strict: true,
    },
  ];
}

function fences(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const lines = text.split("\n");
  let open: { fence: string; line: number; shell: boolean; rows: string[] } | null = null;
  for (const [at, row] of lines.entries()) {
    const mark = /^\s*(```+|~~~+)\s*([\w-]*)/.exec(row.slice(0, 200));
    if (open === null) {
      if (mark !== null)
        open = {
          fence: mark[1] ?? "```",
          line: at + 2,
          shell: /^(?:sh|bash|shell|console|zsh|terminal|shell-session)?$/i.test(mark[2] ?? ""),
          rows: [],
        };
    } else if (mark !== null && (mark[1] ?? "").startsWith(open.fence) && mark[2] === "") {
      if (open.shell) pieces.push({ text: open.rows.join("\n"), line: open.line, strict: false });
      open = null;
    } else open.rows.push(row);
  }
  return pieces;
}

function rows(text: string, pattern: RegExp): readonly Piece[] {
  const body = text
    .split("\n")
    .map((row) => (row.length < 4_000 ? (pattern.exec(row)?.[1] ?? "") : ""))
    .join("\n");
  return [{ text: body, line: 1, strict: false }];
}

/** Strings under keys that hold commands, wherever they stand in a document. */
function structured(parsed: Parsed | null, keys: RegExp): readonly Piece[] {
  if (parsed === null || !parsed.ok) return [];
  const pieces: Piece[] = [];
  const take = (node: Node): void => {
    if (node.kind === "scalar" && node.type === "string") {
      // The text of a block scalar begins on the line after its mark.
      const block = node.endLine > node.line && node.text.includes("\n");
      pieces.push({ text: node.text, line: node.line + (block ? 1 : 0), strict: false });
    } else if (node.kind === "list" && node.items.every((item) => item.kind === "scalar"))
      for (const item of node.items) take(item);
  };
  const walk = (node: Node): void => {
    if (node.kind === "scalar") return;
    if (node.kind === "list") for (const item of node.items) walk(item);
    else
      for (const { key, value } of node.entries) {
        if (keys.test(key)) take(value);
        walk(value);
      }
  };
  for (const document of parsed.documents) walk(document);
  return pieces;
}
