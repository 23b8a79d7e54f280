// SPDX-License-Identifier: Apache-2.0
/** Finds what no event told: events are lost, and come in any order. */
import { type JudgedSubject, subjectsOf, wantJobs } from "@interlock/store";
import type { FromForge } from "./failure.ts";
import { type JobDone, later } from "./runner.ts";
import type { ForgeTerms } from "./terms.ts";

const RECONCILE_MS = 300_000;
const DAY_MS = 86_400_000;

/** A repository on a forge. */
export type At = { readonly terms: ForgeTerms; readonly forge: string; readonly id: string };

/** A change that waits to land, as the forge lists it. */
export type OpenChange = {
  /** Such as `pull:7`; the part before the colon is that of all changes of this forge. */
  readonly subject: string;
  readonly head: string;
  readonly branch: string;
  /** The forge's own mark of its state. */
  readonly seen: string;
};

/** Compares all changes that wait with what was judged, and asks for those that differ. */
export async function compareOpen(
  at: At,
  open: readonly OpenChange[],
  {
    kind,
    tipOf,
  }: {
    readonly kind: string;
    readonly tipOf: (branch: string) => Promise<FromForge<string>>;
  },
): Promise<JobDone> {
  const { terms, forge, id } = at;
  const tips = new Map<string, string>();
  for (const branch of new Set(open.map((change) => change.branch))) {
    const tip = await tipOf(branch);
    if (!tip.ok) return later(tip.failure);
    tips.set(branch, tip.value);
  }
  const known = new Map((await subjectsOf(terms.store.db, forge, id)).map((s) => [s.subject, s]));
  const changed = open
    .filter((change) => differs(change, known.get(change.subject), tips))
    .map(({ subject }) => subject);
  const listed = new Set(open.map(({ subject }) => subject));
  const old = terms.now() - DAY_MS;
  const closed = [...known.values()]
    .filter(({ subject, judgedAt }) =>
      subject.startsWith(`${kind}:`) ? !listed.has(subject) : judgedAt < old,
    )
    .map(({ subject }) => subject);
  await want(at, [...changed, ...closed]);
  return { kind: "done", again: terms.now() + RECONCILE_MS };
}

function differs(
  { head, branch, seen }: OpenChange,
  known: JudgedSubject | undefined,
  tips: ReadonlyMap<string, string>,
): boolean {
  return (
    known?.head !== head ||
    known.target !== `refs/heads/${branch}` ||
    known.base !== tips.get(branch) ||
    known.seen !== seen
  );
}

/** Asks for whatever was judged of a commit to be judged again. */
export async function wantHead(at: At, head: string): Promise<JobDone> {
  const known = await subjectsOf(at.terms.store.db, at.forge, at.id);
  await want(
    at,
    known.filter((one) => one.head === head).map(({ subject }) => subject),
  );
  return { kind: "done", again: null };
}

export async function want({ terms, forge, id }: At, subjects: readonly string[]): Promise<void> {
  const dueAt = terms.now();
  await wantJobs(
    terms.store.db,
    subjects.map((subject) => ({ forge, repository: id, subject, hint: "", dueAt })),
  );
}
