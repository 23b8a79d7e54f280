// SPDX-License-Identifier: Apache-2.0
/** Finds what no event told: events are lost, and come in any order. */
import { type JudgedSubject, subjectsOf, wantJobs } from "@interlock/store";
import type { JobDone } from "../runner.ts";
import { markOf } from "./pull.ts";
import { FORGE, type Here, later, tipOf } from "./repository.ts";
import { PULL, type Pull } from "./schemas.ts";
import { isProtected } from "./settings.ts";

const OPEN_MAX = 5_000;
export const RECONCILE_MS = 300_000;
const DAY_MS = 86_400_000;

/** Compares all open pull requests with what was judged, and asks for those that differ. */
export async function reconcileJob(here: Here): Promise<JobDone> {
  const { api, repository, terms, id } = here;
  const open = await api.list("/pulls?state=open&sort=updated&direction=desc", PULL, OPEN_MAX);
  if (!open.ok) return later(open.failure);
  const ours = open.value.filter(({ base }) => isProtected(repository, base.ref));
  const tips = new Map<string, string>();
  for (const branch of new Set(ours.map(({ base }) => base.ref))) {
    const tip = await tipOf(here, branch);
    if (!tip.ok) return later(tip.failure);
    tips.set(branch, tip.value);
  }
  const known = new Map((await subjectsOf(terms.store.db, FORGE, id)).map((s) => [s.subject, s]));
  const changed = ours
    .filter((pull) => differs(pull, known.get(`pull:${pull.number}`), tips))
    .map(({ number }) => `pull:${number}`);
  const listed = new Set(ours.map(({ number }) => `pull:${number}`));
  const old = terms.now() - DAY_MS;
  const gone = [...known.values()]
    .filter(({ subject, judgedAt }) =>
      subject.startsWith("pull:") ? !listed.has(subject) : judgedAt < old,
    )
    .map(({ subject }) => subject);
  await want(here, [...changed, ...gone]);
  return { kind: "done", again: terms.now() + RECONCILE_MS };
}

function differs(
  pull: Pull,
  known: JudgedSubject | undefined,
  tips: ReadonlyMap<string, string>,
): boolean {
  if (known === undefined) return true;
  const { head, base } = pull;
  return (
    known.head !== head.sha ||
    known.target !== `refs/heads/${base.ref}` ||
    known.base !== tips.get(base.ref) ||
    known.seen !== markOf(pull)
  );
}

/** A branch moved: what waits to land on it may mean something else now (29). */
export async function branchJob(here: Here, ref: string): Promise<JobDone> {
  const branch = ref.replace(/^refs\/heads\//, "");
  if (!isProtected(here.repository, branch)) return { kind: "done", again: null };
  const query = new URLSearchParams({ state: "open", base: branch });
  const open = await here.api.list(`/pulls?${query}`, PULL, OPEN_MAX);
  if (!open.ok) return later(open.failure);
  await want(
    here,
    open.value.map(({ number }) => `pull:${number}`),
  );
  return { kind: "done", again: null };
}

/** Somebody asked for a commit to be looked at again. */
export async function headJob(here: Here, head: string): Promise<JobDone> {
  const known = await subjectsOf(here.terms.store.db, FORGE, here.id);
  await want(
    here,
    known.filter((one) => one.head === head).map(({ subject }) => subject),
  );
  return { kind: "done", again: null };
}

async function want({ terms, id }: Here, subjects: readonly string[]): Promise<void> {
  const dueAt = terms.now();
  await wantJobs(
    terms.store.db,
    subjects.map((subject) => ({ forge: FORGE, repository: id, subject, hint: "", dueAt })),
  );
}
