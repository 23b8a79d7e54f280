// SPDX-License-Identifier: Apache-2.0
/** What GitHub shows on a commit. */
import { digestOf, type Json } from "@interlock/digest";
import type { FromForge } from "../failure.ts";
import type { Posted, Shown } from "../showing.ts";
import type { Annotation } from "../terms.ts";
import { checkName, type Here } from "./repository.ts";
import { CHECK_RUN, CHECK_RUNS } from "./schemas.ts";

/** GitHub takes fifty annotations at once (docs.github.com, “REST API endpoints for check runs”). */
const ANNOTATIONS_AT_ONCE = 50;
const ANNOTATIONS_MAX = 500;
const TITLE_MAX = 255;
const TEXT_MAX_BYTES = 60_000;

/**
 * Never `neutral` or `skipped`, which GitHub lets through where a check is required. A hold asks for an
 * act of somebody; a denial is not cured by any.
 */
const CONCLUSIONS = {
  allow: "success",
  hold: "action_required",
  deny: "failure",
  waits: null,
} as const;

const LEVELS = { error: "failure", warning: "warning", note: "notice" } as const;

/**
 * Posts a check run, unless the one that stands says the same. One that says something else of the same
 * lines is changed; new annotations want a new run, since GitHub only ever adds to those that stand.
 */
export async function post(
  here: Here,
  shown: Shown,
  standing: Posted | null,
): Promise<FromForge<Posted>> {
  const { annotations } = shown.report;
  const lines = digestOf("interlock/check-annotations/v1", annotations as unknown as Json);
  const { head, effective } = shown;
  const name = checkName(shown.branch);
  const { title, summary } = shown.report;
  const said = digestOf("interlock/check-run/v1", { name, head, effective, title, summary });
  const digest = `${said.slice(0, 32)}${lines.slice(0, 32)}`;
  if (standing?.digest === digest) return { ok: true, value: standing };
  // What is over is not taken up again: a new run takes its place.
  const changed = effective !== "waits" && standing?.digest.endsWith(lines.slice(0, 32)) === true;
  const known =
    standing === null ? await posted(here, shown, digest) : { ok: true as const, value: null };
  if (!known.ok) return known;
  if (known.value !== null) return { ok: true, value: { id: known.value, digest } };
  const body = bodyOf(here, shown, digest);
  const parts = batches(annotations.slice(0, ANNOTATIONS_MAX));
  const [first = [], ...rest] = changed ? [] : parts;
  const output = outputOf(shown);
  const made =
    changed && standing !== null
      ? await here.api.send("PATCH", `/check-runs/${standing.id}`, { ...body, output }, CHECK_RUN)
      : await here.api.send(
          ...(["POST", "/check-runs"] as const),
          { ...body, name, head_sha: head, output: { ...output, annotations: first } },
          CHECK_RUN,
        );
  if (!made.ok) return made;
  for (const part of rest) {
    const more = { output: { ...output, annotations: part } };
    const added = await here.api.send("PATCH", `/check-runs/${made.value.id}`, more, CHECK_RUN);
    if (!added.ok) return added;
  }
  return { ok: true, value: { id: String(made.value.id), digest } };
}

/** The run of a server that died after it had posted: nothing is posted twice. */
async function posted(
  { api, appId }: Here,
  { branch, head }: Shown,
  digest: string,
): Promise<FromForge<string | null>> {
  const name = checkName(branch);
  const query = new URLSearchParams({ check_name: name, app_id: String(appId), filter: "latest" });
  const found = await api.get(`/commits/${head}/check-runs?${query}`, CHECK_RUNS);
  if (!found.ok) return found;
  const same = found.value.check_runs.find(({ external_id }) => external_id === digest);
  return { ok: true, value: same === undefined ? null : String(same.id) };
}

function bodyOf(here: Here, { effective, url }: Shown, digest: string): object {
  const conclusion = CONCLUSIONS[effective];
  const completed_at = new Date(here.terms.now()).toISOString();
  return {
    ...(conclusion === null
      ? { status: "in_progress" }
      : { status: "completed", conclusion, completed_at }),
    details_url: url,
    external_id: digest,
  };
}

const outputOf = ({ report }: Shown): { readonly title: string; readonly summary: string } => ({
  title: cut(report.title, TITLE_MAX),
  summary: cut(report.summary, TEXT_MAX_BYTES),
});

/** In UTF-8 bytes, which are never fewer than the characters that GitHub counts. */
function cut(text: string, bytes: number): string {
  const all = Buffer.from(text, "utf8");
  if (all.length <= bytes) return text;
  return `${all
    .subarray(0, bytes - 4)
    .toString("utf8")
    .replace(/�+$/, "")}…`;
}

const batches = (annotations: readonly Annotation[]): readonly (readonly object[])[] =>
  Array.from({ length: Math.ceil(annotations.length / ANNOTATIONS_AT_ONCE) }, (_, i) =>
    annotations.slice(i * ANNOTATIONS_AT_ONCE, (i + 1) * ANNOTATIONS_AT_ONCE).map(annotationOf),
  );

const annotationOf = ({ path, line, level, title, message }: Annotation): object => ({
  path,
  start_line: Math.max(1, line),
  end_line: Math.max(1, line),
  annotation_level: LEVELS[level],
  title: cut(title, TITLE_MAX),
  message: cut(message, TEXT_MAX_BYTES),
});
