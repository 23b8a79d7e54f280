// SPDX-License-Identifier: Apache-2.0

import { splitSql } from "../sql/split.ts";
import { tolerantOperations } from "../sql/tolerant.ts";
import type { Act } from "./act.ts";
import { handsOver } from "./handover.ts";
import { fileLoss } from "./remove-files.ts";
import type { Invocation, Script } from "./shell/unwrap.ts";
import { nameWords } from "./words.ts";

export type CommandAspect =
  | "destructive"
  | "wildcard-delete"
  | "empty-filter"
  | "capacity-removed"
  | "credential-removed"
  | "unattended-update"
  | "auto-approve"
  | "agent-authority"
  | "filter-removed"
  | "service-stopped"
  | "state-replaced"
  | "cleanup-job"
  | "target-switched"
  | "target-dropped"
  | "wrong-target"
  | "scope-widened"
  | "safety-removed"
  | "kind-switched"
  | "role-switched"
  | "order-lost"
  | "mirror-deletes"
  | "stop-lost"
  | "condition-lost"
  | "check-lost";

/** One thing that is wrong with one command. */
export type Finding = {
  readonly aspect: CommandAspect;
  /** What it concerns: `database`, `--selector`, `host`. */
  readonly key: string;
  readonly tags: readonly string[];
};

/** What one command would do, whatever stood there before. */
export function findingsOf(act: Act, script: Script): readonly Finding[] {
  if (act.dry) return [];
  return [
    ...destruction(act, script),
    ...emptyFilters(act),
    ...authority(act),
    ...guards(act.invocation),
    ...cleanUp(act),
  ];
}

function destruction(act: Act, script: Script): readonly Finding[] {
  const { invocation } = act;
  const loss = fileLoss(invocation, script);
  if (loss === "data")
    return [{ aspect: "destructive", key: "database", tags: ["data", "unasked"] }];
  if (loss !== null)
    return [{ aspect: "wildcard-delete", key: "files", tags: [loss, "data", "unasked"] }];
  const sql = sqlLoss(invocation);
  if (sql !== null) return [sql];
  const { danger } = act;
  if (danger === null) return [];
  const tags = [
    ...danger.tags,
    ...(act.unasked ? ["unasked"] : []),
    ...(act.all ? ["all"] : []),
    ...(invocation.fed ? ["fed"] : []),
  ];
  if (danger.what === "capacity") return [{ aspect: "capacity-removed", key: "capacity", tags }];
  if (danger.what === "credential")
    return [{ aspect: "credential-removed", key: "credential", tags }];
  if (danger.tags.includes("stopped") || danger.what === "service")
    return [{ aspect: "service-stopped", key: danger.what, tags }];
  return [
    { aspect: "destructive", key: danger.what, tags },
    ...(isWildcard(act) ? [{ aspect: "wildcard-delete" as const, key: danger.what, tags }] : []),
  ];
}

/** Names everything there is: `--all`, `*`, a prefix, the root of a bucket, what another command lists. */
function isWildcard(act: Act): boolean {
  const { invocation, danger } = act;
  if (danger === null) return false;
  const flags = act.flags.map((flag) => flag.name);
  const namespaced =
    invocation.tool === "kubectl" && !flags.some((flag) => /^(?:-A|--all-namespaces)$/.test(flag));
  const narrowed = act.flags.some(
    ({ name, value }) =>
      /^(?:-l|--selector|--field-selector|-target|--target)$/.test(name) &&
      value !== null &&
      value !== "",
  );
  if (narrowed) return false;
  const root =
    invocation.args.some((word) =>
      /^(?:s3|gs|az|r2):\/\/[^/]+\/?\*{0,2}$|^\w+:\/?\*?$/.test(word.text),
    ) && danger.what === "bucket";
  const star = invocation.args.some(
    (word) => !word.text.startsWith("-") && /^(?:\*|\.\*|\/|%|_all|[^/]*\*)$/.test(word.text),
  );
  const prefix = flags.some((flag) => /^--?(?:prefix|pattern|from-key|recurse|all)$/.test(flag));
  return (
    root ||
    star ||
    prefix ||
    (act.all && !namespaced) ||
    (danger.tags.includes("all") && /keys|cache/.test(danger.what))
  );
}

const CLIENTS: Readonly<Record<string, RegExp>> = {
  psql: /^(?:-c|--command)$/,
  mysql: /^(?:-e|--execute)$/,
  mariadb: /^(?:-e|--execute)$/,
  sqlcmd: /^(?:-Q|-q)$/,
  "clickhouse-client": /^(?:-q|--query)$/,
  cqlsh: /^(?:-e|--execute)$/,
};

/** SQL that a command hands to a database: in a flag, or on its input. */
function sqlLoss(invocation: Invocation): Finding | null {
  const flag = Object.hasOwn(CLIENTS, invocation.tool) ? CLIENTS[invocation.tool] : undefined;
  const inline = invocation.tool === "sqlite3" ? (invocation.args.at(-1)?.text ?? "") : "";
  if (flag === undefined && inline === "") return null;
  const texts = invocation.args.flatMap((word, at) => {
    const joined = /^(-[ceqQ]|--(?:command|execute|query))=?(.+)$/s.exec(word.text);
    if (flag?.test(word.text)) return [invocation.args[at + 1]?.text ?? ""];
    return joined !== null && flag?.test(joined[1] ?? "") ? [joined[2] ?? ""] : [];
  });
  const script = [...texts, inline, invocation.input.slice(0, 100_000)].join(";\n");
  for (const statement of splitSql(script, { backslash: false }).statements)
    for (const one of tolerantOperations(statement.text))
      if (/^(?:drop-database|drop-table|delete-all|truncate|update-all)$/.test(one.aspect))
        return {
          aspect: "destructive",
          key: "database",
          tags: ["data", "unasked", one.aspect, ...(one.aspect === "drop-table" ? [] : ["all"])],
        };
  return null;
}

const FILTER_FLAG =
  /^--?(?:l|selector|field-selector|label|labels|filter|filters|tag|tags|where|prefix|pattern|match|id|ids|name|names|target|targets|limit|include|only|query|status|namespace|hosts?|group)$/i;
const CHANGES = new Set([
  "apply",
  "set",
  "put",
  "patch",
  "update",
  "restart",
  "rollout",
  "scale",
  "deploy",
  "exec",
  "annotate",
  "label",
  "taint",
  "cordon",
  "sync",
  "run",
  "replace",
  "edit",
  "push",
  "upgrade",
  "migrate",
]);

function emptyFilters(act: Act): readonly Finding[] {
  if (act.danger === null && !changesSomething(act)) return [];
  return act.flags
    .filter(({ name, value }) => FILTER_FLAG.test(name) && value !== null && value.trim() === "")
    .map(({ name }) => ({
      aspect: "empty-filter",
      key: name,
      tags: act.danger === null ? ["changes"] : ["deletes"],
    }));
}

/** True for a command that writes somewhere, as its first words say. */
export function changesSomething(act: Act): boolean {
  return act.signature
    .split(" ")
    .slice(1)
    .flatMap(nameWords)
    .some((word) => CHANGES.has(word));
}

const SKIPS =
  /(?:^|\s)--(?:dangerously-skip-permissions|dangerously-bypass-approvals-and-sandbox|yolo|full-auto|trust-all-tools|allow-all-tools|allow-all|permission-mode[= ]bypassPermissions|no-sandbox-approval)(?=\s|$)/;
const AGENTS = new Set([
  "claude",
  "codex",
  "gemini",
  "copilot",
  "q",
  "kiro",
  "kiro-cli",
  "cursor-agent",
  "aider",
  "goose",
  "opencode",
  "amp",
  "cline",
  "gh",
]);

function authority(act: Act): readonly Finding[] {
  const { invocation } = act;
  const args = ` ${invocation.args
    .map((word) => word.text.slice(0, 300))
    .join(" ")
    .slice(0, 2_000)}`;
  const found: Finding[] = [];
  if (AGENTS.has(invocation.tool) && SKIPS.test(args))
    found.push({ aspect: "agent-authority", key: "permissions", tags: ["unasked"] });
  if (
    /^(?:terraform|tofu|terragrunt|pulumi|cdk|helmfile)$/.test(invocation.tool) &&
    /\s-{1,2}(?:auto-approve|yes|terragrunt-non-interactive|require-approval[= ]never)\b/.test(
      args,
    ) &&
    !/\sdestroy\b/.test(args)
  )
    found.push({ aspect: "auto-approve", key: invocation.tool, tags: ["unasked"] });
  if (
    /^(?:terraform|tofu|terragrunt)$/.test(invocation.tool) &&
    /\sstate (?:rm|push|replace-provider)\b|\sforce-unlock\b/.test(args)
  )
    found.push({ aspect: "state-replaced", key: "state", tags: [] });
  if (
    /^(?:tar|unzip|cp|mv|rsync|scp)$/.test(invocation.tool) &&
    /terraform[\w.-]*\.(?:tar|tgz|zip)|\.tfstate\b/.test(args) &&
    !/\.tfstate\.backup\S*$/.test(args)
  )
    found.push({ aspect: "state-replaced", key: "state", tags: ["file"] });
  if (/(?:authorization: *(?:bearer|token|basic) +(?!\$|\{|<|YOUR)[\w.~+/=-]{16,})/i.test(args))
    found.push({ aspect: "agent-authority", key: "token", tags: ["token-literal"] });
  return found;
}

type Guard = readonly [tools: RegExp, args: RegExp, finding: Finding];

const finding = (aspect: CommandAspect, key: string, ...tags: readonly string[]): Finding => ({
  aspect,
  key,
  tags,
});

const GUARDS: readonly Guard[] = [
  [
    /^ip6?tables$/,
    /\s(?:-F|--flush)(?:\s(?:INPUT|OUTPUT|FORWARD))?(?:\s|$)/,
    finding("filter-removed", "firewall", "all"),
  ],
  [
    /^ip6?tables$/,
    /\s(?:-P|--policy)\s(?:INPUT|FORWARD)\sACCEPT\b/,
    finding("filter-removed", "firewall", "default-open"),
  ],
  [
    /^ip6?tables$/,
    /\s(?:-P|--policy)\s(?:INPUT|OUTPUT|FORWARD)\sDROP\b/,
    finding("filter-removed", "firewall", "default-closed"),
  ],
  [/^nft$/, /\sflush\sruleset\b/, finding("filter-removed", "firewall", "all")],
  [/^ufw$/, /\s(?:--force\s)?(?:disable|reset)\b/, finding("filter-removed", "firewall", "all")],
  [
    /^firewall-cmd$/,
    /--panic-on|--set-default-zone=trusted/,
    finding("filter-removed", "firewall", "default-open"),
  ],
  [
    /^(?:systemctl|service)$/,
    /\s(?:stop|disable|mask)\s.*\b(?:firewalld|iptables|nftables|ufw|apparmor|auditd)\b|\b(?:firewalld|iptables)\sstop\b/,
    finding("filter-removed", "firewall", "all"),
  ],
  [/^setenforce$/, /\s(?:0|permissive)\b/i, finding("filter-removed", "selinux")],
  [
    /^ip$/,
    /\s(?:route|addr|rule)\sflush\b|\sroute\s(?:del|delete)\sdefault\b/,
    finding("filter-removed", "routes", "routes"),
  ],
  [
    /^(?:kubectl|oc)$/,
    /\sscale\b.*--replicas[= ]0\b/,
    finding("service-stopped", "replicas", "zero"),
  ],
  [
    /^kubectl$/,
    /\s(?:delete|replace)\s.*\b(?:validating|mutating)webhook/,
    finding("filter-removed", "admission"),
  ],
  [
    /^(?:systemctl|service)$/,
    /\s(?:enable|start)\s.*\b(?:apt-daily-upgrade|unattended-upgrades|dnf-automatic|yum-cron|packagekit)/,
    finding("unattended-update", "packages"),
  ],
  [
    /^(?:apt|apt-get|yum|dnf)$/,
    /\sinstall\s.*\b(?:unattended-upgrades|yum-cron|dnf-automatic)\b/,
    finding("unattended-update", "packages"),
  ],
  [/^snap$/, /\sset\ssystem\srefresh\b/, finding("unattended-update", "packages")],
  [/^softwareupdate$/, /--schedule\son\b/, finding("unattended-update", "packages")],
];

/** Firewalls, policies and update services, whose commands have shapes of their own. */
function guards(invocation: Invocation): readonly Finding[] {
  const args = ` ${invocation.args
    .map((word) => word.text.slice(0, 200))
    .join(" ")
    .slice(0, 1_000)}`;
  const own = GUARDS.filter(
    ([tools, pattern]) => tools.test(invocation.tool) && pattern.test(args),
  ).map(([, , one]) => one);
  return handsOver(invocation.tool, args) ? [...own, finding("role-switched", "role")] : own;
}

const AGE =
  /(?:^|[^a-z])(?:older|stale|unused|untagged|orphan(?:ed)?s?|expired|dangling|age|retention|days|unattached|creation\w{0,20}|created\w{0,20}|last-?modified)(?:[^a-z]|$)/i;
const KEEP = /(?:^|\s)(?:--?(?:keep|exclude|except|protect|skip|retain)\S*|!|-not)(?=[\s=]|$)/i;
/** A pipe that takes names out before it hands on the rest. */
const SIFTS = /\bgrep\s+(?:-\w*\s+)*-\w*v|\bgrep\s.*--invert-match|NOT\s+(?:name|labels)|\bname!=/;
const SCRATCH =
  /(?:^|[\s/])(?:tmp|temp|logs?|cache|\.cache|spool|journal|core|build|dist|target|coverage)(?:[\s/*._-]|$)/i;

/** A clean-up by age or by being unused that names nothing it would keep. */
function cleanUp(act: Act): readonly Finding[] {
  const { invocation } = act;
  const args = invocation.args
    .map((word) => word.text.slice(0, 200))
    .join(" ")
    .slice(0, 1_000);
  const fed = invocation.fed ? invocation.pipe : "";
  if (KEEP.test(args) || SIFTS.test(fed)) return [];
  if (invocation.tool === "find") {
    const deletes = /\s-delete\b|-exec\s+rm\b/.test(args);
    const aged =
      /-(?:mtime|ctime|atime|mmin)\b/.test(args) && !/-i?(?:name|path|regex)\b/.test(args);
    return deletes && aged && !SCRATCH.test(args)
      ? [{ aspect: "cleanup-job", key: "files", tags: ["by-age"] }]
      : [];
  }
  const prunes =
    /^(?:docker|podman)$/.test(invocation.tool) &&
    /\b(?:image|system)\sprune\b.*\s(?:-a|--all)\b/.test(args);
  const aged =
    act.danger !== null &&
    AGE.test(`${invocation.tool} ${args} ${fed}`) &&
    act.danger.what !== "release";
  return prunes || aged
    ? [
        {
          aspect: "cleanup-job",
          key: act.danger?.what ?? "images",
          tags: [aged ? "by-age" : "unused"],
        },
      ]
    : [];
}
