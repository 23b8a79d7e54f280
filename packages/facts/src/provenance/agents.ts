// SPDX-License-Identifier: Apache-2.0

/**
 * One coding agent and the marks that it leaves. Numeric ids are those of GitHub's no-reply
 * addresses: the login before the `@` can change, the id cannot.
 * Source: github.com/chaoss/disclosure, detection/constants.go (21 August 2026), unless said otherwise.
 */
export type Agent = {
  readonly name: string;
  /** GitHub account ids. */
  readonly ids?: readonly string[];
  /** Exact addresses, lower case. */
  readonly emails?: readonly string[];
  /** Exact GitHub logins of bots, lower case. */
  readonly logins?: readonly string[];
  readonly branches?: readonly string[];
  /** A whole co-author line (`Name <address>`), where the address is known to change. */
  readonly coAuthor?: RegExp;
  /** Text that the agent itself writes into a message; never the mere name. */
  readonly signature?: RegExp;
  /** A subject that only the agent's own commits have. */
  readonly subject?: RegExp;
  /** The author's name that only the agent's own commits have. */
  readonly authorName?: RegExp;
};

export const AGENTS: readonly Agent[] = [
  {
    name: "claude-code",
    ids: ["209825114", "215619710", "208546643"],
    emails: ["noreply@anthropic.com"],
    logins: ["claude[bot]", "anthropic-claude[bot]", "claude-code-action[bot]"],
    branches: ["claude/"],
    signature: /^\W{0,8}Generated with \[?Claude Code\b/im,
  },
  {
    name: "copilot",
    ids: ["198982749", "223556219", "167198135"],
    emails: ["copilot@github.com"],
    logins: ["copilot[bot]", "copilot-swe-agent[bot]"],
    branches: ["copilot/"],
    // The address changed in April 2026: microsoft/vscode pull request 309951.
    coAuthor: /^(github )?copilot\s*</i,
  },
  {
    name: "codex",
    ids: ["199175422", "215057067"],
    logins: ["chatgpt-codex-connector[bot]", "openai-codex[bot]"],
    branches: ["codex/"],
  },
  {
    name: "cursor",
    ids: ["206951365"],
    emails: ["cursoragent@cursor.com"],
    logins: ["cursor[bot]"],
    branches: ["cursor/"],
  },
  {
    name: "devin",
    ids: ["158243242"],
    logins: ["devin-ai-integration[bot]"],
    branches: ["devin/"],
  },
  { name: "amazon-q", ids: ["208079219"], logins: ["amazon-q-developer[bot]"] },
  // github.com/apps/kiro-agent
  { name: "kiro", logins: ["kiro-agent[bot]"] },
  { name: "jules", logins: ["google-labs-jules[bot]"] },
  {
    name: "gemini",
    ids: ["176961590"],
    logins: ["gemini-code-assist[bot]"],
    branches: ["gemini/"],
  },
  {
    name: "aider",
    emails: ["noreply@aider.chat"],
    branches: ["aider/"],
    subject: /^aider: /,
    authorName: /\s\(aider\)$/,
  },
  { name: "cline", ids: ["205137888"], logins: ["cline[bot]"] },
  { name: "continue", ids: ["230936708"], logins: ["continue[bot]"] },
  { name: "cody", ids: ["201248094"], logins: ["sourcegraph-cody[bot]"] },
  { name: "jetbrains-ai", ids: ["220155983"], logins: ["jetbrains-ai[bot]"] },
  { name: "coderabbit", ids: ["136622811"], logins: ["coderabbitai[bot]"] },
  { name: "opencode", emails: ["noreply@opencode.ai"] },
];

/** Files in which an agent's session leaves its record beside the code. */
export const TRACE_FILES: readonly { readonly agent: string; readonly path: RegExp }[] = [
  // github.com/cursor/agent-trace, version 0.1.0
  { agent: "agent-trace", path: /(^|\/)\.agent-trace\/[^/]+\.jsonl?$/ },
  { agent: "kiro", path: /(^|\/)\.kiro\/specs\// },
];

export type MailParts = {
  readonly address: string;
  /** The numeric id of a GitHub no-reply address. */
  readonly id: string | null;
  /** The login of a GitHub no-reply address, lower case. */
  readonly login: string | null;
};

const NO_REPLY =
  /^(?:(\d{1,20})\+)?([a-z0-9][a-z0-9-]{0,38}(?:\[bot\])?)@users\.noreply\.github\.com$/;

/** Takes an e-mail address apart; the address is lower-cased and trimmed. */
export function mailParts(email: string): MailParts {
  const address = email.trim().toLowerCase();
  const match = NO_REPLY.exec(address);
  return { address, id: match?.[1] ?? null, login: match?.[2] ?? null };
}

/** The agent behind an address, by numeric id first, then exact address, then exact bot login. */
export function agentOfMail(email: string): Agent | null {
  const { address, id, login } = mailParts(email);
  const byId = id === null ? undefined : AGENTS.find((agent) => agent.ids?.includes(id));
  if (byId !== undefined) return byId;
  const byAddress = AGENTS.find((agent) => agent.emails?.includes(address));
  if (byAddress !== undefined) return byAddress;
  // A login says something only with its `[bot]` suffix, which people cannot register.
  const bot = login?.endsWith("[bot]") === true ? login : null;
  return AGENTS.find((agent) => bot !== null && agent.logins?.includes(bot)) ?? null;
}

const KNOWN_NAMES: readonly (readonly [RegExp, string])[] = [
  [/\bclaude\b/i, "claude-code"],
  [/\bcopilot\b/i, "copilot"],
  [/\bcodex\b/i, "codex"],
  [/\bcursor\b/i, "cursor"],
  [/\bdevin\b/i, "devin"],
  [/\bamazon[ -]?q\b/i, "amazon-q"],
  [/\bkiro\b/i, "kiro"],
  [/\bjules\b/i, "jules"],
  [/\bgemini\b/i, "gemini"],
  [/\baider\b/i, "aider"],
  [/\bcline\b/i, "cline"],
  [/\bopencode\b/i, "opencode"],
];

/** The agent that a trailer such as `Assisted-by: Claude:opus` names, or its first word. */
export function agentOfTrailer(value: string): string {
  const known = KNOWN_NAMES.find(([pattern]) => pattern.test(value))?.[1];
  if (known !== undefined) return known;
  const word = value
    .trim()
    .toLowerCase()
    .match(/^[a-z0-9][a-z0-9._-]{0,59}/)?.[0];
  return word ?? "unnamed";
}
