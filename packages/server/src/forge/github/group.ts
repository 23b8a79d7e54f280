// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from "@interlock/digest";
import { type ClaimedJob, readSubject } from "@interlock/store";
import { z } from "zod";
import type { ForgeFailure } from "../failure.ts";
import { branchRef } from "../mirror.ts";
import { DATABASE_AWAY, type JobDone, later } from "../runner.ts";
import { isProtected } from "../settings.ts";
import { gone } from "../showing.ts";
import { FORGE, type Here, mainOf, tipOf } from "./repository.ts";
import { type Said, saidOf } from "./said.ts";
import { PULL, type Pull, REF } from "./schemas.ts";
import { judgeAndCheck } from "./showing.ts";

const SHA = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const HINT = z.object({ head: SHA, ref: z.string(), base: SHA, target: z.string() });
type Hint = z.output<typeof HINT>;

/** The queue's branch names the pull request whose turn it is. */
const QUEUE = /^refs\/heads\/gh-readonly-queue\/(.{1,500})\/pr-([0-9]{1,15})-[0-9a-f]{40,64}$/;
const DONE: JobDone = { kind: "done", again: null };

/**
 * A place in the merge queue. GitHub has no call that tells of one, so what the event says is checked
 * against refs and commits: the queue's branch has this head, which comes after the base, and the base
 * is on the target or is itself the head of a place in the queue, whose own check GitHub waits for.
 */
export async function groupJob(here: Here, job: ClaimedJob): Promise<JobDone> {
  const hint = readHint(job.hint === "" ? await storedHint(here, job) : job.hint);
  const place = hint === null ? null : placeOf(hint);
  if (hint === null || place === null || !isProtected(here.repository, place.branch)) return DONE;
  const { branch, number } = place;
  const queue = await here.api.list(
    `/git/matching-refs/heads/gh-readonly-queue/${branch.split("/").map(encodeURIComponent).join("/")}/`,
    REF,
    1_000,
  );
  if (!queue.ok) return later(queue.failure);
  if (!queue.value.some(({ ref, object }) => ref === hint.ref && object.sha === hint.head))
    return await gone(here.terms, job);
  const main = await mainOf(here);
  if (!main.ok) return later(main.failure);
  const tip = await tipOf(here, branch);
  if (!tip.ok) return later(tip.failure);
  const said = await saidOfPull(here, number);
  if (said === null) return DATABASE_AWAY;
  if ("kind" in said) return later(said);
  const fetched = await here.mirror.fetch([
    { commit: said.pull.head.sha, ref: `refs/interlock/pull/${number}` },
    { commit: main.value, ref: "refs/interlock/main" },
    { commit: tip.value, ref: branchRef(branch) },
    { commit: hint.base, ref: `refs/interlock/queue/${number}/base` },
    { commit: hint.head, ref: `refs/interlock/queue/${number}/head` },
  ]);
  if (!fetched.ok) return later(fetched.failure);
  const queued = queue.value.some(
    ({ ref, object }) => ref !== hint.ref && object.sha === hint.base,
  );
  const follows =
    (await here.mirror.isAncestor(hint.base, hint.head)) &&
    (queued || (await here.mirror.isAncestor(hint.base, tip.value)));
  // From the target's tip everything is judged that would land, also what waits before it.
  const base = follows ? hint.base : tip.value;
  return await judgeAndCheck(
    here,
    { ...job, hint: canonicalJson(hint) },
    {
      landing: {
        ...{ base, head: hint.head, source: said.pull.head.sha, main: main.value },
        ...{ reviews: said.reviews, pushes: said.pushes, tip: tip.value },
        broughtBy: [said.accounts(said.pull.user)],
      },
      branch,
      shown: await shownOf(here, said.pull),
      seen: "",
    },
  );
}

type SaidOfPull = Said & { readonly pull: Pull };

/** The reviews of the pull request; they count where the queue lands exactly what they are about. */
async function saidOfPull(here: Here, number: number): Promise<SaidOfPull | ForgeFailure | null> {
  const pull = await here.api.get(`/pulls/${number}`, PULL);
  if (!pull.ok) return pull.failure;
  const said = await saidOf(here, pull.value);
  if (said === null) return null;
  return said.ok ? { ...said.value, pull: pull.value } : said.failure;
}

/** The content that reviewers of a pull request's head were shown on it. */
export async function shownOf({ terms, id }: Here, { number, head }: Pull): Promise<string | null> {
  const subject = await readSubject(terms.store.db, {
    ...{ forge: FORGE, repository: id, subject: `pull:${number}` },
  });
  return subject?.head === head.sha ? subject.digest : null;
}

/** A place that is looked at again by itself has no event. */
async function storedHint({ terms }: Here, job: ClaimedJob): Promise<string> {
  return (await readSubject(terms.store.db, job))?.hint ?? "";
}

function readHint(hint: string): Hint | null {
  if (hint === "") return null;
  const read = HINT.safeParse(JSON.parse(hint));
  return read.success ? read.data : null;
}

function placeOf({
  ref,
  target,
}: Hint): { readonly branch: string; readonly number: number } | null {
  const [, branch = "", number = ""] = QUEUE.exec(ref) ?? [];
  return branch === "" || target !== `refs/heads/${branch}`
    ? null
    : { branch, number: Number(number) };
}
