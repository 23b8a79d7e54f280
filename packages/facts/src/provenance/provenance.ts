// SPDX-License-Identifier: Apache-2.0
import type { Change } from "@interlock/core";
import { AGENTS, agentOfMail, agentOfTrailer, TRACE_FILES } from "./agents.ts";

export type Trailer = { readonly key: string; readonly value: string };

/** What a commit and its surroundings say about who wrote it. */
export type Authorship = {
  readonly authorName: string;
  readonly authorEmail: string;
  readonly committerEmail: string;
  readonly message: string;
  readonly trailers: readonly Trailer[];
  /** The branch that it came from, without `refs/heads/`; `null` when not known. */
  readonly branch: string | null;
  /** Texts of the notes under `refs/notes/ai`. */
  readonly notes: readonly string[];
  /** Paths that the change touches. */
  readonly files: readonly string[];
};

type Signal = { readonly agent: string; readonly because: string; readonly declared: boolean };

const DECLARING =
  /^(assisted-by|generated-by|ai-assisted-by|ai-generated-by|co-developed-with-ai)$/;
const AGENTS_MAX = 50;
const SIGNALS_MAX = 100;

/**
 * Whether a commit was written with an agent: `declared` when it or its author account says so,
 * `likely` when only circumstances do, otherwise `unknown`. There is no "human": many projects
 * forbid such trailers, so silence proves nothing. The answer may only raise friction.
 */
export function provenance(input: Authorship): Change["provenance"] {
  const signals = [
    ...mailSignals(input),
    ...trailerSignals(input.trailers),
    ...messageSignals(input),
    ...noteSignals(input.notes),
    ...branchSignals(input.branch),
    ...fileSignals(input.files),
  ];
  const agents = [...new Set(signals.map((one) => one.agent))].sort();
  const sentences = [...new Set(signals.map((one) => one.because.slice(0, 300)))].sort();
  return {
    ai: signals.some((one) => one.declared)
      ? "declared"
      : signals.length > 0
        ? "likely"
        : "unknown",
    agents: agents.slice(0, AGENTS_MAX),
    signals: sentences.slice(0, SIGNALS_MAX),
  };
}

function mailSignals({ authorEmail, committerEmail }: Authorship): readonly Signal[] {
  return [
    { email: authorEmail, role: "author" },
    { email: committerEmail, role: "committer" },
  ].flatMap(({ email, role }) => {
    const agent = agentOfMail(email);
    if (agent === null) return [];
    return [
      { agent: agent.name, because: `the ${role} is an account of ${agent.name}`, declared: true },
    ];
  });
}

function trailerSignals(trailers: readonly Trailer[]): readonly Signal[] {
  return trailers.flatMap(({ key, value }): readonly Signal[] => {
    const name = key.trim().toLowerCase();
    const text = value.trim();
    if (text === "") return [];
    if (/^co-(authored|developed)-by$/.test(name)) return coAuthorSignal(text);
    if (DECLARING.test(name)) {
      if (/^(none|no|nobody|n\/a|human)\b/i.test(text)) return [];
      // `Assisted-by: A Person <a@b>` credits a person unless the address is an agent's.
      const address = /<([^<>]*@[^<>]*)>/.exec(text)?.[1];
      const agent = address === undefined ? null : agentOfMail(address);
      if (address !== undefined && agent === null) return coAuthorSignal(text);
      return [declared(agent?.name ?? agentOfTrailer(text), `trailer \`${name}\``)];
    }
    if (name === "ai-assisted" && /^(true|yes)\b/i.test(text))
      return [declared("unnamed", "trailer `ai-assisted`")];
    if (name === "replit-commit-author" && /^agent\b/i.test(text))
      return [declared("replit", "trailer `replit-commit-author`")];
    if (name === "agent-logs-url") return [declared("copilot", "trailer `agent-logs-url`")];
    if (/^entire-(session|checkpoint|agent)\b/.test(name))
      return [declared("entire", `trailer \`${name}\``)];
    return [];
  });
}

const declared = (agent: string, because: string): Signal => ({ agent, because, declared: true });

function coAuthorSignal(text: string): readonly Signal[] {
  const address = /<([^<>]*)>\s*$/.exec(text)?.[1] ?? "";
  const agent = agentOfMail(address) ?? AGENTS.find((one) => one.coAuthor?.test(text) === true);
  return agent === undefined ? [] : [declared(agent.name, `${agent.name} is named as a co-author`)];
}

function messageSignals({ message, authorName }: Authorship): readonly Signal[] {
  const subject = message.split("\n", 1)[0] ?? "";
  return AGENTS.flatMap((agent) => {
    if (agent.signature?.test(message) === true)
      return [declared(agent.name, `the message carries the signature of ${agent.name}`)];
    if (agent.subject?.test(subject) === true || agent.authorName?.test(authorName) === true)
      return [declared(agent.name, `the commit is marked as made by ${agent.name}`)];
    return [];
  });
}

/** A note of git-ai (`authorship/3.0.0`): path lines, `---`, then JSON metadata. */
function noteSignals(notes: readonly string[]): readonly Signal[] {
  return notes.flatMap((note) => {
    if (note.trim() === "") return [];
    const name = /"(?:tool|agent)"\s*:\s*"([^"]{1,80})"/.exec(note.slice(0, 100_000))?.[1];
    return [
      declared(
        name === undefined ? "unnamed" : agentOfTrailer(name),
        "a note under `refs/notes/ai`",
      ),
    ];
  });
}

function branchSignals(branch: string | null): readonly Signal[] {
  if (branch === null) return [];
  return AGENTS.filter(
    (agent) => agent.branches?.some((prefix) => branch.startsWith(prefix)) === true,
  ).map((agent) => ({
    agent: agent.name,
    because: `the branch has the prefix of ${agent.name}`,
    declared: false,
  }));
}

function fileSignals(files: readonly string[]): readonly Signal[] {
  return TRACE_FILES.filter(({ path }) => files.some((file) => path.test(file))).map(
    ({ agent }) => ({
      agent,
      because: `the change touches session records of ${agent}`,
      declared: false,
    }),
  );
}
