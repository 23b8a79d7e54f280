// SPDX-License-Identifier: Apache-2.0
import { lexShell } from "./lexer.ts";
import type { SimpleCommand, Word } from "./word.ts";

/** A tool with its arguments, after `sudo`, `ssh`, `xargs`, `bash -c` and the like are taken off. */
export type Invocation = {
  /** Base name of the tool, lower-case. */
  readonly tool: string;
  readonly args: readonly Word[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  /** Where it runs, if another machine is named: by `ssh` or by the prompt. */
  readonly host: string;
  readonly line: number;
  /** As written, in one line. */
  readonly text: string;
  readonly input: string;
  readonly inputLine: number;
  readonly overwrites: string;
  /** Some arguments come from the output of another command. */
  readonly fed: boolean;
  /** What stands before it in its pipe; empty for a command that nothing is piped into. */
  readonly pipe: string;
};

export type Script = {
  readonly invocations: readonly Invocation[];
  /** Names that the script gives a value to, with that value where it is literal. */
  readonly variables: ReadonlyMap<string, string>;
  /** `set -u` or `${X:?}`: an unset variable stops the script. */
  readonly strict: boolean;
  readonly truncated: boolean;
};

/** One-liners inside one-liners that are followed. */
const WRAPPED_MAX = 5;
/** Invocations of one script; wrappers can multiply what the lexer has bounded. */
const INVOCATIONS_MAX = 20_000;
/** The nearest characters of a longer pipe are kept. */
const PIPE_MAX = 2_000;

/** Wrappers that take flags, then a command; the flags named here take a value. */
const WRAPPERS: Readonly<Record<string, string>> = {
  sudo: "-u -g -h -p -C -r -t -U -D -R --user --group --host --prompt",
  doas: "-u -C",
  env: "-u -C -S --unset --chdir",
  nohup: "",
  nice: "-n --adjustment",
  ionice: "-c -n -p",
  time: "-f -o",
  timeout: "-k -s --kill-after --signal",
  watch: "-n --interval",
  stdbuf: "-i -o -e",
  setsid: "",
  command: "",
  exec: "-a",
  builtin: "",
  xargs: "-I -n -P -L -d -a -s --max-args --max-procs --delimiter --arg-file",
  parallel: "-j --jobs -a",
  chroot: "",
  strace: "-e -o -p",
  flock: "-w -E",
  npx: "-p --package",
  pnpx: "",
  bunx: "",
  winpty: "",
  caffeinate: "",
  "aws-vault": "",
  doppler: "",
  dotenv: "-e -f",
};
const SHELLS = new Set(["sh", "bash", "zsh", "dash", "ksh", "ash", "fish"]);
/** What stands between the wrapper and its command: a duration, a file, a root folder. */
const LEADING: Readonly<Record<string, number>> = { timeout: 1, chroot: 1, flock: 1 };

/** Reads a script: its commands, whatever they are wrapped in, and its variables. */
export function readShell(text: string, line = 1): Script {
  const { commands, truncated } = lexShell(text, { line });
  const variables = new Map<string, string>();
  const invocations: Invocation[] = [];
  let strict = false;
  let last: SimpleCommand | null = null;
  let pipe = "";
  for (const command of commands) {
    pipe = command.piped && last !== null ? `${pipe} ${last.text}`.slice(-PIPE_MAX) : "";
    const only = command.words.length === 0 ? command.assignments : [];
    for (const { name, value } of only) variables.set(name, expand(value, variables));
    const head = command.words[0]?.text ?? "";
    if (/^(?:export|declare|local|readonly|typeset)$/.test(head))
      noteExports(command.words, variables);
    if (head === "for" || head === "select") variables.set(command.words[1]?.text ?? "", "$");
    if (head === "read" || head === "getopts")
      for (const word of command.words.slice(1)) variables.set(word.text, "$");
    if (
      head === "set" &&
      command.words.some((word) => /^-[a-z]*u/.test(word.text) || word.text === "nounset")
    )
      strict = true;
    const fed: SimpleCommand = command.piped && last !== null ? withInput(command, last) : command;
    if (invocations.length < INVOCATIONS_MAX)
      unwrap(fed, { variables, host: "", depth: 0, text: "", env: [], pipe }, invocations);
    last = command;
  }
  return {
    invocations,
    variables,
    strict,
    truncated: truncated || invocations.length >= INVOCATIONS_MAX,
  };
}

function noteExports(words: readonly Word[], variables: Map<string, string>): void {
  for (const word of words.slice(1)) {
    const match = /^([A-Za-z_]\w*)=/.exec(word.text);
    if (match !== null)
      variables.set(match[1] ?? "", expand(word.text.slice(match[0].length), variables));
  }
}

/** `echo "…" | psql`: what is echoed is the input. */
function withInput(command: SimpleCommand, before: SimpleCommand): SimpleCommand {
  if (command.input !== "") return command;
  const head = before.words[0]?.text ?? "";
  if (head === "cat" && before.input !== "")
    return { ...command, input: before.input, inputLine: before.inputLine };
  if (head !== "echo" && head !== "printf") return command;
  const said = before.words.slice(1).filter((word) => !/^-[neE]+$/.test(word.text));
  return { ...command, input: said.map((word) => word.text).join(" "), inputLine: before.line };
}

type Around = {
  readonly variables: ReadonlyMap<string, string>;
  readonly host: string;
  readonly depth: number;
  /** The outermost command as written; empty at the outside. */
  readonly text: string;
  readonly env: Invocation["env"];
  readonly pipe: string;
};

function unwrap(command: SimpleCommand, around: Around, found: Invocation[]): void {
  let words = command.words.map((word) =>
    word.dynamic ? { ...word, text: expand(word.text, around.variables) } : word,
  );
  let host = around.host;
  let fed = false;
  const text = around.text === "" ? command.text : around.text;
  const env = [...around.env, ...command.assignments];
  const prompt = PROMPT.exec(words[0]?.text ?? "");
  if (prompt !== null && words.length > 1) {
    host = prompt[1] ?? "";
    words = words.slice(1);
  }
  while (words.length > 0) {
    const tool = toolOf(words[0]);
    const takes = Object.hasOwn(WRAPPERS, tool) ? WRAPPERS[tool] : undefined;
    if (takes === undefined || words.length === 1) break;
    if (tool === "xargs" || tool === "parallel") fed = true;
    words = behindWrapper(words, takes.split(" "), LEADING[tool] ?? 0, env);
  }
  const tool = toolOf(words[0]);
  if (tool === "") return;
  const inner = tool === "ssh" ? remote(words) : oneLiner(tool, words);
  if (inner !== null && around.depth < WRAPPED_MAX) {
    const deeper: Around = {
      ...around,
      host: inner.host === "" ? host : inner.host,
      depth: around.depth + 1,
      text,
      env,
    };
    const lexed = lexShell(inner.text, { line: command.line, depth: around.depth + 1 });
    for (const one of lexed.commands)
      if (found.length < INVOCATIONS_MAX) unwrap(one, deeper, found);
    if (tool !== "ssh" || lexed.commands.length > 0) return;
  }
  if (SHELLS.has(tool) && command.input !== "" && around.depth < WRAPPED_MAX) {
    const lexed = lexShell(command.input, { line: command.inputLine, depth: around.depth + 1 });
    for (const one of lexed.commands)
      unwrap(one, { ...around, host, depth: around.depth + 1, text, env }, found);
    return;
  }
  const { line, input, inputLine, overwrites } = command;
  found.push({
    tool,
    args: words.slice(1),
    env,
    host,
    line,
    text,
    input,
    inputLine,
    overwrites,
    fed,
    pipe: around.pipe,
  });
}

const PROMPT = /^(?:\[?(?:[\w.-]+@)?([\w.-]*)(?::[^\s$#%]*)?\]?)[$#%]$/;

function toolOf(word: Word | undefined): string {
  const text = word?.text ?? "";
  return text
    .slice(text.lastIndexOf("/") + 1)
    .toLowerCase()
    .replace(/\.(?:sh|exe|py)$/, "");
}

function behindWrapper(
  words: readonly Word[],
  takesValue: readonly string[],
  leading: number,
  env: { name: string; value: string }[],
): Word[] {
  let at = 1;
  while (at < words.length) {
    const text = words[at]?.text ?? "";
    const assigned = /^([A-Za-z_]\w*)=(.*)$/s.exec(text);
    if (text === "--") {
      at += 1;
      break;
    }
    if (assigned !== null) env.push({ name: assigned[1] ?? "", value: assigned[2] ?? "" });
    else if (!text.startsWith("-") || text === "-") break;
    else if (takesValue.includes(text)) at += 1;
    at += 1;
  }
  return words.slice(at + leading);
}

/** `bash -c "…"`, `eval "…"`, `docker exec x …`, `kubectl exec x -- …`. */
function oneLiner(
  tool: string,
  words: readonly Word[],
): { readonly text: string; readonly host: string } | null {
  if (SHELLS.has(tool) || tool === "su") {
    const at = words.findIndex((word) => /^-[a-z]*c$/.test(word.text));
    const text = at === -1 ? undefined : words[at + 1]?.text;
    return text === undefined ? null : { text, host: "" };
  }
  const isExec =
    /^(?:docker|podman|kubectl|oc|docker-compose|fly|heroku|railway|nomad)$/.test(tool) &&
    words.some((word) => word.text === "exec" || word.text === "run");
  const dashes = words.findIndex((word) => word.text === "--");
  if (!isExec || dashes === -1) return null;
  return {
    text: words
      .slice(dashes + 1)
      .map(requote)
      .join(" "),
    host: "",
  };
}

const SSH_VALUES = new Set([
  "-i",
  "-p",
  "-o",
  "-l",
  "-F",
  "-J",
  "-L",
  "-R",
  "-D",
  "-b",
  "-c",
  "-E",
  "-S",
  "-W",
  "-w",
]);

function remote(words: readonly Word[]): { readonly text: string; readonly host: string } | null {
  let at = 1;
  while (at < words.length && (words[at]?.text ?? "").startsWith("-"))
    at += SSH_VALUES.has(words[at]?.text ?? "") ? 2 : 1;
  const host = (words[at]?.text ?? "").replace(/^[^@]*@/, "");
  const rest = words.slice(at + 1);
  if (rest.length === 0) return null;
  return { text: rest.length === 1 ? (rest[0]?.text ?? "") : rest.map(requote).join(" "), host };
}

function requote(word: Word): string {
  return word.quoted || /[\s;&|()<>]/.test(word.text)
    ? `"${word.text.replace(/(["\\])/g, "\\$1")}"`
    : word.text;
}

const VARIABLE = /\$(?:\{([A-Za-z_]\w*)(:?[-=][^}]*)?\}|([A-Za-z_]\w*))/g;

/** Puts in the values that the script itself assigns; other variables stay as written. */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  if (!text.includes("$")) return text;
  return text
    .replace(VARIABLE, (written: string, braced?: string, _fallback?: string, bare?: string) => {
      const value = variables.get(braced ?? bare ?? "");
      return value === undefined || value === "$" ? written : value;
    })
    .slice(0, 4_000);
}
