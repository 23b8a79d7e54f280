// SPDX-License-Identifier: Apache-2.0
/** What GitLab shows on a merge request: a status, an external status check, and one note. */
import { digestOf } from "@interlock/digest";
import type { JudgedSubject } from "@interlock/store";
import type { FromForge } from "../failure.ts";
import type { Posted, Shown } from "../showing.ts";
import { putNote, textOf } from "./note.ts";
import type { Here } from "./project.ts";
import type { Uncounted } from "./said.ts";
import type { MergeRequest } from "./schemas.ts";
import { answerCheck, putStatus, wantedStatus } from "./statuses.ts";

export type ToShow = {
  readonly request: MergeRequest;
  readonly shown: Shown;
  /** What was judged last of this merge request. */
  readonly known: JudgedSubject | null;
  readonly uncounted: readonly Uncounted[];
};

const HALF = 32;

/** Shows it, unless it stands. What blocks comes first: a note that is missing lets nothing through. */
export async function show(
  here: Here,
  { request, shown, known, uncounted }: ToShow,
): Promise<FromForge<Posted>> {
  const checked = await answerCheck(here, request, shown);
  if (!checked.ok) return checked;
  const status = wantedStatus(here, request, shown);
  const said = digestOf("interlock/gitlab-status/v1", status).slice(0, HALF);
  const [before, noteBefore] = [known?.report.slice(0, HALF), known?.report.slice(HALF)];
  const posted = await putStatus(here, status, before === said);
  if (!posted.ok) return posted;
  const text = textOf(here.project.id, shown, uncounted);
  const noted = digestOf("interlock/gitlab-note/v1", text).slice(0, HALF);
  const standing = known?.posted ?? null;
  const note =
    standing !== null && noteBefore === noted
      ? { ok: true as const, value: standing }
      : await putNote(here, { iid: request.iid, standing, text });
  return note.ok ? { ok: true, value: { id: note.value, digest: `${said}${noted}` } } : note;
}
