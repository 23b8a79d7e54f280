// SPDX-License-Identifier: Apache-2.0
/** Judges one head and shows the answer on its commit. */
import { type ClaimedJob, type JudgedSubject, readSubject, saveSubject } from "@interlock/store";
import type { Answer, Refusal } from "../../http/bind.ts";
import { judgeLanding, type Landing, type Told } from "../judging.ts";
import type { JobDone } from "../runner.ts";
import type { Report } from "../terms.ts";
import { type Posted, post } from "./check-run.ts";
import { checkName, FORGE, type Here, later } from "./repository.ts";

export type Judging = {
  readonly landing: Omit<Landing, "gitDir" | "occasion" | "target">;
  /** The branch that it lands on. */
  readonly branch: string;
  /** What the reviewers of that commit were shown before. */
  readonly shown: string | null;
  /** GitHub's own mark of the state that was read. */
  readonly seen: string;
};

/** A job whose subject was read: its check run says what was decided, or that nothing could be. */
export async function judgeAndShow(
  here: Here,
  job: ClaimedJob,
  judging: Judging,
): Promise<JobDone> {
  const { terms } = here;
  const { landing, branch, shown } = judging;
  const target = `refs/heads/${branch}`;
  const told = await judgeLanding(terms, {
    ...{ ...landing, target, gitDir: here.mirror.gitDir },
    occasion: { forge: FORGE, repository: here.id, head: landing.source, shown },
  });
  // What the stop of this server ended says nothing about the change.
  if (!told.ok && terms.stop.aborted) return { kind: "later", says: "it stops", at: terms.now() };
  const known = await readSubject(terms.store.db, job);
  // Of another target it is another check, which goes on saying what it says.
  const same = known !== null && known.head === landing.head && known.target === target;
  const standing = same ? postedOf(known) : null;
  const effective = told.ok ? told.value.decision.effective : "hold";
  const posted = await post(
    here,
    {
      ...{ name: checkName(branch), head: landing.head, effective },
      url: told.ok ? told.value.judged.url : terms.origin,
      report: told.ok ? told.value.report : notJudged(told.failure),
    },
    standing,
  );
  if (!posted.ok) return later(posted.failure);
  const subject = subjectOf(here, job, { judging, told, posted: posted.value, effective });
  return {
    kind: "done",
    again: againAt(here, told),
    save: (tx) => saveSubject(tx, subject),
  };
}

const postedOf = ({ posted, report }: JudgedSubject): Posted | null =>
  posted === null ? null : { id: posted, digest: report };

type Outcome = {
  readonly judging: Judging;
  readonly told: Answer<Told>;
  readonly posted: Posted;
  readonly effective: string;
};

function subjectOf(
  { id, terms }: Here,
  { subject, hint }: ClaimedJob,
  { judging, told, posted, effective }: Outcome,
): JudgedSubject {
  const { landing, branch, seen, shown } = judging;
  return {
    ...{ forge: FORGE, repository: id, subject, hint, target: `refs/heads/${branch}` },
    ...{ base: landing.base, head: landing.head, effective, seen, judgedAt: terms.now() },
    // What nobody could read showed nobody anything else than before.
    digest: told.ok ? told.value.digest : shown,
    ...{ posted: posted.id, report: posted.digest },
  };
}

const AGAIN_MS = 60_000;

/** When time alone may turn the answer, or what could not be judged is tried again. */
function againAt({ terms }: Here, told: Answer<Told>): number | null {
  if (!told.ok) return terms.now() + AGAIN_MS;
  const { until } = told.value.decision;
  return until === undefined ? null : Math.max(until, terms.now() + AGAIN_MS);
}

/** A success that stands must not go on standing when nobody can say any more why. by (fail-closed) */
const notJudged = ({ code, message, help }: Refusal): Report => ({
  title: "hold: this could not be judged",
  summary: `Interlock could not judge this: ${code}\n\n    ${message.replace(/\s+/g, " ").slice(0, 2_000)}\n\nhelp: ${help}\n`,
  annotations: [],
});
