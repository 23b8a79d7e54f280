// SPDX-License-Identifier: Apache-2.0
/** The one comment on a merge request that says what is decided and what is missing. */
import type { FromForge } from "../failure.ts";
import type { Shown } from "../showing.ts";
import type { Here } from "./project.ts";
import type { Uncounted } from "./said.ts";
import { NOTE } from "./schemas.ts";

const TEXT_MAX = 60_000;
const NOTES_MAX = 10_000;
const SHOWN = 20;

/** By which our comment is found again; it shows nothing. */
const markOf = (project: number): string => `<!-- interlock ${project} -->`;

/**
 * The comment. A line that begins with a slash is a command to GitLab, done as the account that
 * comments (docs.gitlab.com, “Quick actions”): no line of it begins with one (78).
 */
export function textOf(
  project: number,
  { report }: Shown,
  uncounted: readonly Uncounted[],
): string {
  const more = uncounted.length > SHOWN ? [`- and ${uncounted.length - SHOWN} more`] : [];
  const not =
    uncounted.length === 0
      ? []
      : [
          "",
          "Approvals on GitLab that do not count here:",
          "",
          ...uncounted
            .slice(0, SHOWN)
            .map(({ username, why }) => `- \`${username.replace(/[^\w.-]/g, "?")}\`: ${why}`),
          ...more,
        ];
  const text = [markOf(project), report.summary, ...not]
    .join("\n")
    .replace(/^(\s*)\//gm, "$1&#47;");
  const all = [...text];
  return all.length <= TEXT_MAX ? text : `${all.slice(0, TEXT_MAX - 1).join("")}…`;
}

/** Changes our comment, or makes it; its id. One that a server made before it died is found. */
export async function putNote(
  here: Here,
  given: { readonly iid: number; readonly standing: string | null; readonly text: string },
): Promise<FromForge<string>> {
  const { api, at } = here;
  const { iid, standing, text: body } = given;
  const path = `${at}/merge_requests/${iid}/notes`;
  const id =
    standing === null ? await foundAgain(here, path) : { ok: true as const, value: standing };
  if (!id.ok) return id;
  if (id.value !== null) {
    const changed = await api.send("PUT", `${path}/${id.value}`, { body }, NOTE);
    if (changed.ok) return { ok: true, value: id.value };
    // Somebody removed it.
    if (changed.failure.kind !== "absent") return changed;
  }
  const made = await api.send("POST", path, { body }, NOTE);
  return made.ok ? { ok: true, value: String(made.value.id) } : made;
}

async function foundAgain(
  { api, project, users }: Here,
  path: string,
): Promise<FromForge<string | null>> {
  const self = await users.self();
  if (!self.ok) return self;
  const mark = markOf(project.id);
  const notes = await api.list(`${path}?activity_filter=only_comments&sort=asc`, {
    ...{ item: NOTE, limit: NOTES_MAX },
    until: ({ author, body }) => author?.id === self.value && body.startsWith(mark),
  });
  if (!notes.ok) return notes;
  const ours = notes.value.findLast(
    ({ author, body }) => author?.id === self.value && body.startsWith(mark),
  );
  return { ok: true, value: ours === undefined ? null : String(ours.id) };
}
