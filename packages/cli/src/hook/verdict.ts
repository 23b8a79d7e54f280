// SPDX-License-Identifier: Apache-2.0
/** One protected ref of a push: judged, and said to whoever pushes. */
import { GateError } from "@interlock/core";
import type { Repository } from "@interlock/facts";
import { questionAbout } from "../gate/question.ts";
import { explained, heldAlone, letsAlone, link, neverAlone, type Waits } from "../gate/said.ts";
import type { Workspace } from "../judge/workspace.ts";
import { paintFor } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { effectOf } from "../provable/effect.ts";
import type { Answer } from "./answer.ts";
import { ask, type Question } from "./ask.ts";
import { keepRecord, wentOn } from "./away.ts";
import { type Behind, waitsBehind, whyMoved } from "./before.ts";
import { sendContents } from "./contents.ts";
import { emergencyOf } from "./emergency.ts";
import { type Landing, landingOf, type Standing } from "./landing.ts";
import { isNothing, type RefUpdate } from "./push.ts";
import { narrowedBy, type Protected, type Settings } from "./settings.ts";

export type Verdict = {
  readonly allowed: boolean;
  readonly says: string;
  /** The server judged it, so it can be told of what happened while it was away. */
  readonly answered?: true;
};

export type Gate = {
  readonly repository: Repository;
  readonly gitDir: string;
  readonly settings: Settings;
  readonly pushedBy: readonly string[] | null;
  /** Emergency signatures that came with the push; they count only while the server is away. */
  readonly emergency: readonly string[];
  /** Where the refs of this push stand. */
  readonly at: ReadonlyMap<string, string>;
  /** What the server does not know yet; `null`: nothing. */
  readonly behind: Behind | null;
  /** Protected refs that stand before the push, best first to compare a new one with. */
  readonly standing: readonly Standing[];
  /** The first commit of this push, for a repository that has none yet. */
  readonly firstCommit: string | null;
  /** When the push began, in milliseconds since 1970 UTC. */
  readonly begunAt: number;
  /** Tells whoever pushes at once. */
  readonly tell: (text: string) => void;
};

const DROPPED_SHOWN = 5;
const NOT_AWAY =
  "  ! emergency signatures count only while the server is away, and it answers: approve on its page";

/** Judges one update of a protected ref. What cannot be judged is not allowed. by (fail-closed) */
export async function judgeUpdate(update: RefUpdate, how: Protected, gate: Gate): Promise<Verdict> {
  try {
    const moved = whyMoved(update, gate.at);
    if (moved !== null) return held(update.ref, moved);
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
  const alone: Alone = { landing, how, gate, question };
  const reply = await ask(question, gate.settings);
  if (reply.kind === "judged") return await judged(reply.answer, workspace, alone);
  const { server } = gate.settings;
  if (reply.kind === "refused")
    return held(landing.update.ref, [
      `the server \`${server}\` does not judge this push: ${reply.says}`,
      `help: ${reply.help}`,
    ]);
  const narrowed = narrowedBy(gate.settings);
  return await withoutServer(alone, {
    why: `\`${server}\` is away: ${reply.says}`,
    lead: "goes on without a decision",
    waits: heldAlone(question, { away: reply.what, tier: how.tier, narrowed }),
    never: neverAlone(question),
  });
}

async function judged(answer: Answer, workspace: Workspace, alone: Alone): Promise<Verdict> {
  const { landing, gate, question } = alone;
  // The decision stands already: whatever becomes of the contents, it is the same.
  const warning = await sendContents(answer, {
    ...{ subject: landing.subject, question, repository: gate.repository },
    asking: gate.settings,
  });
  const allowed = answer.effective === "allow";
  const says = [
    ...about(landing),
    explained(answer, { question, workspace }, paintFor(process.stderr)),
    ...(warning === null ? [] : [`  ! ${printable(warning)}`]),
    ...(gate.emergency.length > 0 && !allowed ? [NOT_AWAY] : []),
    ...link(answer),
  ].join("\n");
  if (!allowed) return { allowed, answered: true, says };
  const { behind } = gate;
  const { ref } = landing.update;
  if (behind?.targets.includes(ref) === true) {
    const waits = held(ref, waitsBehind(behind));
    return { ...waits, answered: true, says: `${says}${waits.says}` };
  }
  return await taken(answer, says, alone);
}

/** Of several refs in one push each is looked after for so long, however long the others took. */
const PATIENCE_MS_LEAST = 3_000;

/** What the server allowed, once it may have its effect. by (entry-first) */
async function taken(answer: Answer, says: string, alone: Alone): Promise<Verdict> {
  const { landing, how, gate, question } = alone;
  const { gitDir, settings, begunAt } = gate;
  const { server, token, timeoutMs } = settings;
  const least = Date.now() + Math.min(timeoutMs, PATIENCE_MS_LEAST);
  const effect = await effectOf(question, answer, {
    ...{ gitDir, tier: how.tier, narrowed: narrowedBy(settings) },
    remote: { server: server.replace(/\/+$/, ""), secret: token, timeoutMs },
    until: Math.max(begunAt + timeoutMs, least),
    tell: (line) => gate.tell(`  ${printable(landing.update.ref)}: ${printable(line)}\n`),
  });
  if (effect.kind === "durable") return { allowed: true, answered: true, says };
  if (effect.kind === "provable")
    return { allowed: true, answered: true, says: `${says}  ${printable(effect.says)}\n` };
  const verdict = await withoutServer(alone, {
    ...{ why: effect.why, lead: "goes on, not provable yet", never: null },
    waits: effect.kind === "waits" ? effect.waits : null,
  });
  return { ...verdict, says: `${says}${verdict.says}`, answered: true };
}

async function questionOf(
  landing: Landing,
  { repository, pushedBy, firstCommit }: Gate,
): Promise<{ readonly question: Question; readonly workspace: Workspace }> {
  const { update, comparedWith: _, ...rest } = landing;
  const arriving = { ...rest, ref: update.ref, isNew: isNothing(update.old) };
  return await questionAbout(repository, arriving, { pushedBy, firstCommit });
}

type Alone = {
  readonly landing: Landing;
  readonly how: Protected;
  readonly gate: Gate;
  readonly question: Question;
};

/** What is away, why the change waits for it unless `ifDown` lets it, and what nobody can sign for. */
type Absence = {
  readonly why: string;
  /** What is said of a push that goes on. */
  readonly lead: string;
  readonly waits: Waits | null;
  readonly never: Waits | null;
};

/**
 * Goes on without the server, or a proof, where the policy in force says so or two people signed an
 * emergency, and never past what no evidence cures.
 */
async function withoutServer(alone: Alone, absence: Absence): Promise<Verdict> {
  const { landing, gate, question } = alone;
  const { why, waits, never } = absence;
  const { ref } = landing.update;
  const emergency = await emergencyOf(question, { ...gate, pushed: gate.emergency });
  if (emergency.kind === "signed") {
    if (never !== null) return held(ref, [why, never.says, `help: ${never.help}`]);
    return goesOn(alone, absence, {
      signed: emergency.lines,
      lets: [
        `signed in an emergency by ${emergency.signers.join(" and ")}`,
        ...emergency.reasons,
        "two others review it afterwards",
      ],
    });
  }
  if (waits === null)
    return goesOn(alone, absence, {
      signed: [],
      lets: [letsAlone(question)],
    });
  const told = emergency.kind === "refused" ? emergency.says : [];
  return held(ref, [
    why,
    waits.says,
    ...told.map((line) => `emergency: ${line}`),
    `help: ${waits.help}`,
    ...(waits.curable ? commandsFor(alone) : []),
  ]);
}

/** What each of the two types, and what then lands it. */
const commandsFor = ({ landing: { update } }: Alone): readonly string[] =>
  isNothing(update.old)
    ? ["a new ref cannot be signed for: push to one that stands"]
    : [
        `  interlock emergency sign ${update.old}..${update.new} --ref ${update.ref} --reason … --incident … --push REMOTE`,
        "  then push again: nobody who contributed can sign",
      ];

function goesOn(
  { landing, gate, question }: Alone,
  { why, lead }: Absence,
  { signed, lets }: { readonly signed: readonly string[]; readonly lets: readonly string[] },
): Verdict {
  const { pushedBy, gitDir } = gate;
  keepRecord(gitDir, wentOn(question, { pushedBy, because: why, signed }));
  const lines = [why, ...lets, "this push is kept on record in the repository, and imported later"];
  return {
    allowed: true,
    says: [
      `! ${lead}  ${printable(landing.update.ref)}`,
      ...lines.map((line) => `  ${printable(line)}`),
      "",
    ].join("\n"),
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
