// SPDX-License-Identifier: Apache-2.0
import { type Danger, knownDanger } from "./dangers.ts";
import type { Invocation } from "./shell/unwrap.ts";
import { type Flag, flagsOf } from "./target.ts";
import { nameWords, objectOf, verbOf } from "./words.ts";

/** One command with what it would do. */
export type Act = {
  readonly invocation: Invocation;
  /** Tool and first words: two acts of one signature are the same command with other arguments. */
  readonly signature: string;
  readonly flags: readonly Flag[];
  /** What it destroys; `null` for a command that destroys nothing known. */
  readonly danger: Danger | null;
  /** How many things it names by number; `null` when it does not say. */
  readonly count: number | null;
  /** Runs without effect: a dry run, a plan, a help text. */
  readonly dry: boolean;
  /** Asks nobody. */
  readonly unasked: boolean;
  /** Names everything instead of something. */
  readonly all: boolean;
  /** A tool of the machine or the build, not of operators. */
  readonly everyday: boolean;
};

/** Everyday tools whose `remove` and `reset` concern the machine or the build, not production. */
const EVERYDAY = new Set([
  "apt",
  "apt-get",
  "dpkg",
  "yum",
  "dnf",
  "rpm",
  "apk",
  "pacman",
  "zypper",
  "brew",
  "snap",
  "pip",
  "pip3",
  "pipx",
  "gem",
  "cargo",
  "go",
  "mvn",
  "gradle",
  "gradlew",
  "make",
  "cmake",
  "ninja",
  "composer",
  "conda",
  "git",
  "gh",
  "hub",
  "docker",
  "echo",
  "printf",
  "cat",
  "grep",
  "egrep",
  "fgrep",
  "sed",
  "awk",
  "cut",
  "tr",
  "sort",
  "head",
  "tail",
  "find",
  "test",
  "[",
  "[[",
  "ls",
  "cd",
  "cp",
  "mv",
  "rm",
  "ln",
  "mkdir",
  "rmdir",
  "touch",
  "chmod",
  "chown",
  "tar",
  "unzip",
  "zip",
  "gzip",
  "source",
  ".",
  "return",
  "exit",
  "export",
  "local",
  "declare",
  "unset",
  "set",
  "trap",
  "wait",
  "sleep",
  "read",
  "for",
  "case",
  "curl",
  "wget",
  "ssh",
  "scp",
  "rsync",
  "logger",
  "log",
  "info",
  "warn",
  "error",
  "die",
  "fail",
  "say",
  "puts",
  "systemctl",
  "service",
  "initctl",
  "iptables",
  "ip6tables",
  "nft",
  "ip",
  "ifconfig",
  "route",
  "ufw",
  "firewall-cmd",
  "useradd",
  "userdel",
  "groupdel",
  "usermod",
  "update-rc.d",
  "dpkg-divert",
  "alternatives",
  "update-alternatives",
  "dpkg-reconfigure",
  "vi",
  "vim",
  "less",
  "diff",
  "patch",
  "pytest",
  "tox",
  "jest",
  "vitest",
  "bats",
  "assert",
  "expect",
  "tput",
  "stty",
  "clear",
  "kill",
  "pkill",
  "killall",
  "jq",
  "yq",
  "date",
  "env",
  "true",
  "false",
  "pre-commit",
  "psql",
  "mysql",
  "xcodebuild",
  "adb",
  "security",
  "defaults",
  "launchctl",
  "screen",
  "tmux",
  "debconf-set-selections",
  "conntrack",
  "virsh",
  "ovs-vsctl",
]);

const DRY =
  /(?:^|\s)(?:--dry-?run(?:=(?!none|false)\S+)?|--plan|--check|--noop|--no-op|--what-?if|--diff-only|--simulate|--help|--list-only|--preview|-WhatIf)(?=\s|$)/i;
const UNASKED =
  /(?:^|\s)(?:-{1,2}auto-approve|--yes|-y|--force|-f|--assume-yes|--no-confirm|--noconfirm|--quiet|-q|--non-interactive|--no-input|--skip-(?:confirmation|approval)|--confirm|--confirm=\S+|--accept-data-loss|--force-reset|-Y|--grace-period=0)(?=\s|$)/;
const ALL =
  /(?:^|\s)(?:--all(?:-\w+)?|-A|--everything|--global|--all-regions|--region[= ]all|--targets?[= ]all\S*|--hosts?[= ]all|all|'?\*'?)(?=\s|$)/;
/** Tools that run a command on many machines, where `-a` means all of them. */
const FAN_OUT = new Set(["pdsh", "clush", "dsh", "sdc-oneachnode", "oneachnode", "cssh", "mussh"]);
const COUNT_FLAG =
  /^--?(?:count|num|number|n|size|limit|hosts|replicas|instances|nodes|batch-size|max|amount|quantity)$/i;

/** Says what one command would do. */
export function actOf(invocation: Invocation): Act {
  const args = invocation.args
    .map((word) => word.text.slice(0, 300))
    .join(" ")
    .slice(0, 2_000);
  const flags = flagsOf(invocation);
  const known = knownDanger(invocation.tool, args);
  return {
    invocation,
    signature: signatureOf(invocation),
    flags,
    danger: known === undefined ? unknownTool(invocation) : known,
    count: countOf(flags),
    dry: DRY.test(` ${args}`),
    unasked: UNASKED.test(` ${args}`),
    all: ALL.test(` ${args}`) || (FAN_OUT.has(invocation.tool) && /(?:^|\s)-a(?:\s|$)/.test(args)),
    everyday: EVERYDAY.has(invocation.tool),
  };
}

/** The tool and its first two words behind any leading flags: what the command is called. */
function signatureOf(invocation: Invocation): string {
  const words: string[] = [];
  let at = 0;
  while (at < invocation.args.length && invocation.args[at]?.text.startsWith("-"))
    at +=
      invocation.args[at]?.text.includes("=") || invocation.args[at + 1]?.text.startsWith("-")
        ? 1
        : 2;
  for (const word of invocation.args.slice(at, at + 2)) {
    if (!/^[A-Za-z][\w:-]*$/.test(word.text)) break;
    words.push(word.text);
  }
  return [invocation.tool, ...words].join(" ");
}

/** An operator's own tool: a verb among its first words says that something goes. */
function unknownTool(invocation: Invocation): Danger | null {
  if (EVERYDAY.has(invocation.tool) || !/^[a-z][\w.-]*$/.test(invocation.tool)) return null;
  const flag = invocation.args.findIndex((word) => word.text.startsWith("-"));
  const heads = invocation.args
    .slice(0, flag === -1 ? 4 : flag)
    .filter((word) => /^[A-Za-z][\w:.-]*$/.test(word.text));
  const words = heads.slice(0, 2).flatMap((word) => nameWords(word.text));
  const verb = verbOf(words) ?? (verbOf(nameWords(invocation.tool)) === "gone" ? "gone" : null);
  if (verb === null) return null;
  const object = objectOf([...words, ...nameWords(invocation.tool)]);
  const tags = [
    "operator-tool",
    ...(object?.data && verb === "gone" ? ["data"] : []),
    ...(verb === "stopped" ? ["stopped"] : []),
  ];
  return { what: object?.what ?? "things", tags };
}

function countOf(flags: readonly Flag[]): number | null {
  for (const { name, value } of flags)
    if (COUNT_FLAG.test(name) && value !== null && /^\d{1,9}$/.test(value)) return Number(value);
  return null;
}
