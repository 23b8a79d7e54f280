// SPDX-License-Identifier: Apache-2.0
import type { ClaimedJob, JudgedSubject } from "@interlock/store";
import type { FromForge } from "../failure.ts";
import type { Merged } from "../merged.ts";
import type { JobDone } from "../runner.ts";
import { type Judging, judgeAndShow, type Posted } from "../showing.ts";
import { post } from "./check-run.ts";
import type { Here } from "./repository.ts";
import { PULL } from "./schemas.ts";

/** Judges one head and shows the answer in a check run on its commit. */
export async function judgeAndCheck(
  here: Here,
  job: ClaimedJob,
  judging: Judging,
): Promise<JobDone> {
  const { terms, forge, id: repository, mirror } = here;
  return await judgeAndShow(
    {
      ...{ terms, forge, repository, gitDir: mirror.gitDir },
      show: (shown, known) => {
        // Of another target it is another check, which goes on saying what it says.
        const same = known?.head === shown.head && known.target === `refs/heads/${shown.branch}`;
        return post(here, shown, same ? postedOf(known) : null);
      },
      merged: (subject) => mergedPull(here, subject),
    },
    job,
    judging,
  );
}

/** A place in the merge queue lands at its very commit, which the branch then shows. */
async function mergedPull({ api }: Here, subject: string): Promise<FromForge<Merged | null>> {
  const [, number] = /^pull:([0-9]{1,15})$/.exec(subject) ?? [];
  if (number === undefined) return { ok: true, value: null };
  const pull = await api.get(`/pulls/${number}`, PULL);
  if (!pull.ok) return pull;
  const { merged_at, head, base } = pull.value;
  return { ok: true, value: merged_at == null ? null : { head: head.sha, branch: base.ref } };
}

const postedOf = ({ posted, report }: JudgedSubject): Posted | null =>
  posted === null ? null : { id: posted, digest: report };
