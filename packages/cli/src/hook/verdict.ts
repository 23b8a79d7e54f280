// SPDX-License-Identifier: Apache-2.0
/** One protected ref of a push: judged, and said to whoever pushes. */
import { decide, GateError, isUnknown, type Rule } from "@interlock/core";
import type { Repository } from "@interlock/facts";
import { NO_EVIDENCE } from "@interlock/facts";
import { factsAbout } from "../judge/judge.ts";
import { type Workspace, workspaceAt } from "../judge/workspace.ts";
import type { Judgement } from "../output/judgement.ts";
import { paintFor } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { judgementText } from "../output/text.ts";
import type { Answer } from "./answer.ts";
import { ask, type Question } from "./ask.ts";
import { keepRecord } from "./away.ts";
import { sendContents } from "./contents.ts";
import { type Landing, landingOf, type Standing } from "./landing.ts";
import { isNothing, type RefUpdate } from "./push.ts";
import { mayGoOnWithout, type Protected, type Settings } from "./settings.ts";

export type Verdict = { readonly allowed: boolean; readonly says: string };

export type Gate = {
  readonly repository: Repository;
  readonly gitDir: string;
  readonly settings: Settings;
  readonly pushedBy: readonly string[] | null;
  /** Protected refs that stand before the push, best first to compare a new one with. */
  readonly standing: readonly Standing[];
  /** The first commit of this push, for a repository that has none yet. */
  readonly firstCommit: string | null;
};

const DROPPED_SHOWN = 5;

/** Judges one update of a protected ref. What cannot be judged is not allowed. by (fail-closed) */
export async function judgeUpdate(update: RefUpdate, how: Protected, gate: Gate): Promise<Verdict> {
  try {
    if (isNothing(update.new)) return deletion(update);
    const landing = await landingOf(gate.repository, update, gate.standing[0] ?? null);
    return await judgeLanding(landing, how, gate);
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    return held(update.ref, [`${error.code}: ${error.message}`, `help: ${error.help}`]);
  }
}

/** Nothing would be there to judge, to approve or to go back to. */
const deletion = ({ ref }: RefUpdate): Verdict =>
  held(ref, [
    "the push deletes this ref, and what protects it with it: no approval can be given for that",
    "help: whoever keeps the repository takes it off the list with `interlock hook install --protect …`; then delete it",
  ]);

const held = (ref: string, lines: readonly string[]): Verdict => ({
  allowed: false,
  says: [`● hold  ${printable(ref)}`, ...lines.map((line) => `  ${printable(line)}`), ""].join(
    "\n",
  ),
});

async function judgeLanding(landing: Landing, how: Protected, gate: Gate): Promise<Verdict> {
  const { question, workspace } = await questionOf(landing, gate);
  const reply = await ask(question, gate.settings);
  if (reply.kind === "judged") {
    // The decision stands already: whatever becomes of the contents, it is the same.
    const warning = await sendContents(reply.answer, { landing, question, gate });
    return {
      allowed: reply.answer.effective === "allow",
      says: [
        ...about(landing),
        explained(reply.answer, landing, { question, workspace }),
        ...(warning === null ? [] : [`  ! ${printable(warning)}`]),
        ...link(reply.answer),
      ].join("\n"),
    };
  }
  const { server } = gate.settings;
  if (reply.kind === "refused")
    return held(landing.update.ref, [
      `the server \`${server}\` does not judge this push: ${reply.says}`,
      `help: ${reply.help}`,
    ]);
  return withoutServer(`\`${server}\` is away: ${reply.says}`, { landing, how, gate, question });
}

async function questionOf(
  landing: Landing,
  { repository, pushedBy, firstCommit }: Gate,
): Promise<{ readonly question: Question; readonly workspace: Workspace }> {
  const { subject, update, base, head, tree } = landing;
  const workspace = await workspaceAt(repository, base, {
    after: head,
    fault: subject.change.incomplete?.because,
  });
  const identity = await repository.identity(firstCommit ?? undefined);
  const facts = await factsAbout(repository, subject, {
    workspace,
    given: { evidence: NO_EVIDENCE, context: [], pushedBy },
    target: update.ref,
    identity,
    now: subject.now,
    attached: [],
  });
  const place = {
    repository: identity,
    target: update.ref,
    environment: "",
    base: isNothing(update.old) || base === null ? "0".repeat(head.length) : base,
    head,
    merge: tree,
  };
  return { question: { place, facts, policies: workspace.policies }, workspace };
}

type Alone = {
  readonly landing: Landing;
  readonly how: Protected;
  readonly gate: Gate;
  readonly question: Question;
};

/** Goes on without the server only where the settings say so, and never past what no evidence cures. */
function withoutServer(why: string, { landing, how, gate, question }: Alone): Verdict {
  const { ref, old, new: fresh } = landing.update;
  const { facts, policies } = question;
  const tier = how.tier === undefined ? "no tier" : `Tier ${how.tier}`;
  if (!mayGoOnWithout(how, gate.settings))
    return held(ref, [
      why,
      `a ref of ${tier} waits for it: \`allowIfDown\` of this repository does not name it`,
      "help: push again when the server answers",
    ]);
  const unreadable = policies.find((p) => p.kind === "unreadable");
  if (unreadable !== undefined)
    return held(ref, [why, `the policy cannot be read: ${unreadable.because}`, "help: mend it"]);
  if (decide(policies, facts).effective === "deny")
    return held(ref, [
      why,
      "the policy denies this change, and no approval that the server may hold would cure that",
      "help: run `interlock check` on it, and change it",
    ]);
  keepRecord(gate.gitDir, {
    at: Date.now(),
    ref,
    old,
    new: fresh,
    digest: isUnknown(facts.change.digest) ? null : facts.change.digest,
    pushedBy: gate.pushedBy,
    because: why,
  });
  return {
    allowed: true,
    says: `! goes on without a decision  ${printable(ref)}\n  ${printable(why)}\n  a ref of ${tier} does not wait for it; this push is kept on record in the repository\n`,
  };
}

/** What a reader of the change alone would not see. */
function about({ update, comparedWith, dropped, droppedMore }: Landing): readonly string[] {
  const ref = printable(update.ref);
  const lines: string[] = [ref];
  if (comparedWith !== null)
    lines.push(`  a new ref, compared with \`${printable(comparedWith)}\`, whose policy judges it`);
  else if (isNothing(update.old)) lines.push("  a new ref: everything on it is new");
  if (dropped.length > 0 || droppedMore) {
    const count = droppedMore ? `more than ${dropped.length}` : `${dropped.length}`;
    lines.push(`  a forced push, which takes ${count} commit(s) off this ref:`);
    for (const { id, subject } of dropped.slice(0, DROPPED_SHOWN))
      lines.push(`    - ${id.slice(0, 12)} ${printable(subject)}`);
    if (dropped.length > DROPPED_SHOWN)
      lines.push(`    … and ${dropped.length - DROPPED_SHOWN} more`);
  }
  return lines;
}

function explained(
  { decision, effective }: Answer,
  { head }: Landing,
  { question, workspace }: { readonly question: Question; readonly workspace: Workspace },
): string {
  const rules: readonly Rule[] = workspace.policies.flatMap((p) =>
    p.kind === "policy" ? p.policy.policy.rules : [],
  );
  const judgement: Judgement = { id: head, facts: question.facts, decision, risk: null, rules };
  try {
    return judgementText(judgement, paintFor(process.stderr)).trimEnd();
  } catch (error) {
    // What a newer server says in a way that this build cannot show still holds or allows.
    if (!(error instanceof Error)) throw error;
    return `  the server says ${effective}, in a way that this version cannot show`;
  }
}

const link = ({ url, words }: Answer): readonly string[] => [
  ...(words.length === 0 ? [] : [`  words   ${words.map(printable).join(" ")}`]),
  `  page    ${printable(url)}`,
  "",
];
