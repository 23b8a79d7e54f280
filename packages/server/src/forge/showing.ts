// SPDX-License-Identifier: Apache-2.0
/** Judges one head, has the answer shown on the forge, and keeps what was shown. */
import {
  type ClaimedJob,
  dropSubject,
  type ForgeSubject,
  type JudgedSubject,
  readSubject,
  saveSubject,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import type { FromForge } from "./failure.ts";
import { judgeLanding, type Landing, type Told } from "./judging.ts";
import { type AskMerged, othersSettled } from "./merged.ts";
import { PROOF_AGAIN_MS, waitingReport } from "./proof.ts";
import { type JobDone, later } from "./runner.ts";
import type { ForgeTerms, Report } from "./terms.ts";

export type Judging = {
  readonly landing: Omit<Landing, "gitDir" | "occasion" | "target" | "settled">;
  /** The branch that it lands on. */
  readonly branch: string;
  /** What the reviewers of that commit were shown before. */
  readonly shown: string | null;
  /** The forge's own mark of the state that was read. */
  readonly seen: string;
};

/** What was posted: the forge's id of it, and a digest of what it says. */
export type Posted = { readonly id: string; readonly digest: string };

/** What is to be shown on a head. */
export type Shown = {
  readonly head: string;
  readonly branch: string;
  /** `waits`: allowed, and not provable yet. */
  readonly effective: "allow" | "hold" | "deny" | "waits";
  /** The page of the change. */
  readonly url: string;
  readonly report: Report;
};

export type Showing = {
  readonly terms: ForgeTerms;
  readonly forge: string;
  /** The forge's id of the repository. */
  readonly repository: string;
  readonly gitDir: string;
  /** Shows it, unless that is what stands; `known`: what was judged last of this subject. */
  readonly show: (shown: Shown, known: JudgedSubject | null) => Promise<FromForge<Posted>>;
  readonly merged: AskMerged;
};

/** A job whose subject was read: the forge shows what was decided, or that nothing could be. */
export async function judgeAndShow(
  showing: Showing,
  job: ClaimedJob,
  judging: Judging,
): Promise<JobDone> {
  const { terms, forge, repository, gitDir, show, merged } = showing;
  const { landing, branch, shown } = judging;
  const target = `refs/heads/${branch}`;
  const told = await judgeLanding(terms, {
    ...{ ...landing, target, gitDir },
    occasion: { forge, repository, head: landing.source, shown },
    settled: (digest) => othersSettled(terms, job, { digest, target, merged }),
  });
  // What the stop of this server ended says nothing about the change.
  if (!told.ok && terms.stop.aborted) return { kind: "later", says: "it stops", at: terms.now() };
  const waits = told.ok ? told.value.waits : null;
  const decided = told.ok ? told.value.decision.effective : "hold";
  const effective = waits === null ? decided : "waits";
  const posted = await show(
    {
      ...{ head: landing.head, branch, effective },
      url: told.ok ? told.value.judged.url : terms.origin,
      report: reportOf(told),
    },
    await readSubject(terms.store.db, job),
  );
  if (!posted.ok) return later(posted.failure);
  const subject = subjectOf(showing, job, { judging, told, posted: posted.value, effective });
  return {
    kind: "done",
    again: againAt(terms, told),
    save: (tx) => saveSubject(tx, subject),
  };
}

function reportOf(told: Answer<Told>): Report {
  if (!told.ok) return notJudged(told.failure);
  const { waits, report } = told.value;
  return waits === null ? report : waitingReport(waits, report);
}

type Outcome = {
  readonly judging: Judging;
  readonly told: Answer<Told>;
  readonly posted: Posted;
  readonly effective: string;
};

function subjectOf(
  { forge, repository, terms }: Showing,
  { subject, hint }: ClaimedJob,
  { judging, told, posted, effective }: Outcome,
): JudgedSubject {
  const { landing, branch, seen, shown } = judging;
  return {
    ...{ forge, repository, subject, hint, target: `refs/heads/${branch}` },
    ...{ base: landing.base, head: landing.head, effective, seen, judgedAt: terms.now() },
    // What nobody could read showed nobody anything else than before.
    digest: told.ok ? told.value.digest : shown,
    ...{ posted: posted.id, report: posted.digest },
  };
}

const AGAIN_MS = 60_000;

/** When time alone may turn the answer, or what could not be judged is tried again. */
function againAt({ now }: ForgeTerms, told: Answer<Told>): number | null {
  if (!told.ok) return now() + AGAIN_MS;
  if (told.value.waits !== null) return now() + PROOF_AGAIN_MS;
  const { until } = told.value.decision;
  return until === undefined ? null : Math.max(until, now() + AGAIN_MS);
}

/** A success that stands must not go on standing when nobody can say any more why. by (fail-closed) */
const notJudged = ({ code, message, help }: Refusal): Report => ({
  title: "hold: this could not be judged",
  summary: `Interlock could not judge this: ${code}\n\n    ${message.replace(/\s+/g, " ").slice(0, 2_000)}\n\nhelp: ${help}\n`,
  annotations: [],
});

/** What is closed or gone: what is said on its last commit stays said. */
export async function gone({ store }: ForgeTerms, subject: ForgeSubject): Promise<JobDone> {
  await dropSubject(store.db, subject);
  return { kind: "done", again: null };
}
