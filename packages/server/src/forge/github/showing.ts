// SPDX-License-Identifier: Apache-2.0
import type { ClaimedJob, JudgedSubject } from "@interlock/store";
import type { JobDone } from "../runner.ts";
import { type Judging, judgeAndShow, type Posted } from "../showing.ts";
import { post } from "./check-run.ts";
import type { Here } from "./repository.ts";

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
    },
    job,
    judging,
  );
}

const postedOf = ({ posted, report }: JudgedSubject): Posted | null =>
  posted === null ? null : { id: posted, digest: report };
