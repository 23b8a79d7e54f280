// SPDX-License-Identifier: Apache-2.0
/** One protected ref of a push: judged, and said to whoever pushes. */
import { GateError } from "@interlock/core";
import type { Repository } from "@interlock/facts";
import { questionAbout } from "../gate/question.ts";
import { explained, heldAlone, link, neverAlone } from "../gate/said.ts";
import type { Workspace } from "../judge/workspace.ts";
import { paintFor } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { ask, type Question, type Reply } from "./ask.ts";
import { keepRecord, wentOn } from "./away.ts";
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
  /** Protected refs that stand before the push, best first to compare a new one with. */
  readonly standing: readonly Standing[];
  /** The first commit of this push, for a repository that has none yet. */
  readonly firstCommit: string | null;
};

const DROPPED_SHOWN = 5;
const NOT_AWAY =
  "  ! emergency signatures count only while the server is away, and it answers: approve on its page";

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
    const warning = await sendContents(reply.answer, {
      ...{ subject: landing.subject, question, repository: gate.repository },
      asking: gate.settings,
    });
    return {
      allowed: reply.answer.effective === "allow",
      answered: true,
      says: [
        ...about(landing),
        explained(reply.answer, { question, workspace }, paintFor(process.stderr)),
        ...(warning === null ? [] : [`  ! ${printable(warning)}`]),
        ...(gate.emergency.length > 0 && reply.answer.effective !== "allow" ? [NOT_AWAY] : []),
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
  return await withoutServer(`\`${server}\` is away: ${reply.says}`, {
    landing,
    how,
    gate,
    question,
    reply,
  });
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
  readonly reply: Extract<Reply, { readonly kind: "away" }>;
};

/**
 * Goes on without the server where the policy in force says so or two people signed an emergency, and
 * never past what no evidence cures.
 */
async function withoutServer(why: string, alone: Alone): Promise<Verdict> {
  const { landing, how, gate, question, reply } = alone;
  const { ref } = landing.update;
  const emergency = await emergencyOf(question, { ...gate, pushed: gate.emergency });
  if (emergency.kind === "signed") {
    const never = neverAlone(question);
    if (never !== null) return held(ref, [why, never.says, `help: ${never.help}`]);
    return goesOn(why, alone, {
      signed: emergency.lines,
      lets: [
        `signed in an emergency by ${emergency.signers.join(" and ")}`,
        ...emergency.reasons,
        "two others review it afterwards",
      ],
    });
  }
  const narrowed = narrowedBy(gate.settings);
  const reason = heldAlone(question, { away: reply.what, tier: how.tier, narrowed });
  if (reason === null)
    return goesOn(why, alone, { signed: [], lets: ["`ifDown` of the policy in force lets it"] });
  const told = emergency.kind === "refused" ? emergency.says : [];
  return held(ref, [
    why,
    reason.says,
    ...told.map((line) => `emergency: ${line}`),
    `help: ${reason.help}`,
    ...(reason.curable ? commandsFor(alone) : []),
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
  why: string,
  { landing, gate, question }: Alone,
  { signed, lets }: { readonly signed: readonly string[]; readonly lets: readonly string[] },
): Verdict {
  const { pushedBy, gitDir } = gate;
  keepRecord(gitDir, wentOn(question, { pushedBy, because: why, signed }));
  const lines = [why, ...lets, "this push is kept on record in the repository, and imported later"];
  return {
    allowed: true,
    says: [
      `! goes on without a decision  ${printable(landing.update.ref)}`,
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
