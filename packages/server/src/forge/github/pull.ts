// SPDX-License-Identifier: Apache-2.0
import { type ClaimedJob, readSubject } from "@interlock/store";
import { mergedInto } from "../merged.ts";
import { branchRef } from "../mirror.ts";
import { DATABASE_AWAY, type JobDone, later } from "../runner.ts";
import { isProtected } from "../settings.ts";
import { gone } from "../showing.ts";
import { type Here, mainOf, tipOf } from "./repository.ts";
import { saidOf } from "./said.ts";
import { PULL, type Pull } from "./schemas.ts";
import { judgeAndCheck } from "./showing.ts";

/** A pull request, read again from GitHub: what would land is its head, merged into the target's tip. */
export async function pullJob(here: Here, job: ClaimedJob, number: number): Promise<JobDone> {
  const { api, repository, terms } = here;
  const pull = await api.get(`/pulls/${number}`, PULL);
  if (!pull.ok)
    return pull.failure.kind === "absent" ? await gone(here.terms, job) : later(pull.failure);
  const { base, state, merged_at } = pull.value;
  // What is closed cannot be merged; opened again, its head must be read anew (23).
  if (merged_at != null)
    return await mergedInto(here.terms, job, { head: pull.value.head.sha, branch: base.ref });
  if (state !== "open" || base.repo?.id !== repository.id || !isProtected(repository, base.ref))
    return await gone(here.terms, job);
  const before = await readSubject(terms.store.db, job);
  const main = await mainOf(here);
  if (!main.ok) return later(main.failure);
  const tip = await tipOf(here, base.ref);
  if (!tip.ok) return later(tip.failure);
  const fetched = await here.mirror.fetch([
    { commit: main.value, ref: "refs/interlock/main" },
    { commit: tip.value, ref: branchRef(base.ref) },
    { commit: pull.value.head.sha, ref: `refs/interlock/pull/${number}` },
  ]);
  if (!fetched.ok) return later(fetched.failure);
  const said = await saidOf(here, pull.value);
  if (said === null) return DATABASE_AWAY;
  if (!said.ok) return later(said.failure);
  const { accounts, reviews, pushes } = said.value;
  const { sha: head } = pull.value.head;
  return await judgeAndCheck(here, job, {
    landing: {
      ...{ base: tip.value, head, source: head, main: main.value, reviews, pushes },
      tip: tip.value,
      broughtBy: [accounts(pull.value.user)],
    },
    branch: base.ref,
    shown: before?.head === head ? before.digest : null,
    seen: markOf(pull.value),
  });
}

/** Changes with whatever is done to a pull request, a review among it. */
export const markOf = ({ updated_at }: Pick<Pull, "updated_at">): string => updated_at;
