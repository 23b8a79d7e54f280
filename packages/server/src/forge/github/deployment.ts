// SPDX-License-Identifier: Apache-2.0
import { digestOf } from "@interlock/digest";
import { type ClaimedJob, readSubject, saveSubject } from "@interlock/store";
import { z } from "zod";
import type { FromForge } from "../failure.ts";
import { judgeLanding, type SeenPush, type Told } from "../judging.ts";
import { branchRef } from "../mirror.ts";
import { PROOF_AGAIN_MS, waitingReport } from "../proof.ts";
import type { ForgeReview } from "../reviews.ts";
import { DATABASE_AWAY, type JobDone, later } from "../runner.ts";
import { gone } from "../showing.ts";
import { shownOf } from "./group.ts";
import { FORGE, type Here, mainOf, tipOf } from "./repository.ts";
import { type Said, saidOf } from "./said.ts";
import { DEPLOYMENT, NOTHING, PULL, type Pull } from "./schemas.ts";

const HINT = z.object({
  run: z.int().positive(),
  environment: z.string().min(1).max(255),
  deployment: z.int().positive(),
});
type Hint = z.output<typeof HINT>;

const DONE: JobDone = { kind: "done", again: null };
const COMMENT_MAX = 4_000;

type Say = { readonly state?: "approved" | "rejected"; readonly comment: string };

/**
 * A deployment that waits for this server. What is deployed is a commit; what is judged is how it landed:
 * the commit against its first parent, on the protected branch that it is on, with the reviews of the
 * pull request that brought it. A commit on no protected branch is not deployed.
 */
export async function deploymentJob(here: Here, job: ClaimedJob): Promise<JobDone> {
  const hint = await hintOf(here, job);
  if (hint === null || !here.repository.deployments) return DONE;
  const deployment = await here.api.get(`/deployments/${hint.deployment}`, DEPLOYMENT);
  if (!deployment.ok)
    return deployment.failure.kind === "absent"
      ? await gone(here.terms, job)
      : later(deployment.failure);
  const { sha, environment } = deployment.value;
  if (environment !== hint.environment) return await gone(here.terms, job);
  const place = await placeOf(here, hint, sha);
  if (!place.ok) return later(place.failure);
  if (place.value === null)
    return await answer(here, job, {
      ...{ hint, sha, told: null },
      say: {
        state: "rejected",
        comment: "interlock: this commit is on no branch that is judged, or is the first of it",
      },
    });
  const told = await judged(here, sha, place.value);
  if ("kind" in told) return told;
  const { decision, report, judged: recorded } = told;
  const effective = told.waits === null ? decision.effective : "hold";
  const { title } = told.waits === null ? report : waitingReport(told.waits, report);
  const comment = `interlock: ${title}\n${recorded.url}`;
  return await answer(here, job, { hint, sha, told, say: { ...STATES[effective], comment } });
}

/** A hold says why and leaves the deployment waiting. */
const STATES = {
  allow: { state: "approved" },
  deny: { state: "rejected" },
  hold: {},
} as const;

type Place = { readonly branch: string; readonly parent: string; readonly main: string };

/** Where the commit stands; `null`: on no branch that is judged. */
async function placeOf(
  here: Here,
  { deployment }: Hint,
  sha: string,
): Promise<FromForge<Place | null>> {
  const main = await mainOf(here);
  if (!main.ok) return main;
  const branches = here.repository.protect.filter((pattern) => !pattern.endsWith("/*"));
  for (const branch of branches) {
    const tip = await tipOf(here, branch);
    if (!tip.ok && tip.failure.kind === "absent") continue;
    if (!tip.ok) return tip;
    const fetched = await here.mirror.fetch([
      { commit: main.value, ref: "refs/interlock/main" },
      { commit: tip.value, ref: branchRef(branch) },
      { commit: sha, ref: `refs/interlock/deployment/${deployment}` },
    ]);
    if (!fetched.ok) return fetched;
    if (!(await here.mirror.isAncestor(sha, tip.value))) continue;
    const parent = await here.mirror.parentOf(sha);
    return { ok: true, value: parent === null ? null : { branch, parent, main: main.value } };
  }
  return { ok: true, value: null };
}

async function judged(
  here: Here,
  sha: string,
  { branch, parent, main }: Place,
): Promise<Told | JobDone> {
  const pulls = await here.api.list(`/commits/${sha}/pulls`, PULL, 20);
  if (!pulls.ok) return later(pulls.failure);
  const pull = pulls.value.find(
    ({ base, merge_commit_sha }) => base.ref === branch && merge_commit_sha === sha,
  );
  const said = pull === undefined ? NOTHING_SAID : await saidHere(here, pull);
  if (said === null) return DATABASE_AWAY;
  if (!said.ok) return later(said.failure);
  const { reviews, pushes, opener } = said.value;
  const source = pull?.head.sha ?? sha;
  const fetched = await here.mirror.fetch(
    pull === undefined ? [] : [{ commit: source, ref: `refs/interlock/pull/${pull.number}` }],
  );
  if (!fetched.ok) return later(fetched.failure);
  const told = await judgeLanding(here.terms, {
    ...{ gitDir: here.mirror.gitDir, base: parent, head: sha, source, main },
    ...{ target: `refs/heads/${branch}`, reviews, pushes, broughtBy: opener, tip: null },
    occasion: {
      ...{ forge: FORGE, repository: here.id, head: source },
      shown: pull === undefined ? null : await shownOf(here, pull),
    },
  });
  if (!told.ok) return { kind: "later", says: told.failure.message, at: null };
  return told.value;
}

type SaidOfDeployed = {
  readonly reviews: readonly ForgeReview[];
  readonly pushes: readonly SeenPush[] | null;
  readonly opener: readonly ReturnType<Said["accounts"]>[];
};
const NOTHING_SAID: FromForge<SaidOfDeployed> = {
  ok: true,
  value: { reviews: [], pushes: null, opener: [] },
};

async function saidHere(here: Here, pull: Pull): Promise<FromForge<SaidOfDeployed> | null> {
  const said = await saidOf(here, pull);
  if (said === null || !said.ok) return said;
  const { reviews, pushes, accounts } = said.value;
  return { ok: true, value: { reviews, pushes, opener: [accounts(pull.user)] } };
}

type Outcome = {
  readonly hint: Hint;
  readonly sha: string;
  readonly told: Told | null;
  readonly say: Say;
};

/** Says it once. GitHub takes ten comments on a deployment that waits; each tells something new. */
async function answer(here: Here, job: ClaimedJob, outcome: Outcome): Promise<JobDone> {
  const { hint, sha, told, say } = outcome;
  const known = await readSubject(here.terms.store.db, job);
  const report = digestOf("interlock/deployment/v1", { ...say });
  if (known?.report !== report) {
    const sent = await here.api.send(
      "POST",
      `/actions/runs/${hint.run}/deployment_protection_rule`,
      { environment_name: hint.environment, ...say, comment: say.comment.slice(0, COMMENT_MAX) },
      NOTHING,
    );
    // Once it was answered by somebody else, or is over, GitHub refuses.
    if (!sent.ok && sent.failure.kind === "refused") return await gone(here.terms, job);
    if (!sent.ok) return later(sent.failure);
  }
  if (say.state !== undefined) return await gone(here.terms, job);
  return {
    kind: "done",
    again: againAt(here, told),
    save: (tx) =>
      saveSubject(tx, {
        ...{ forge: FORGE, repository: here.id, subject: job.subject },
        ...{ hint: JSON.stringify(hint), target: "", base: "", head: sha },
        ...{ digest: told?.digest ?? null, effective: told?.decision.effective ?? "hold" },
        ...{ posted: null, report, seen: "", judgedAt: here.terms.now() },
      }),
  };
}

function againAt({ terms }: Here, told: Told | null): number | null {
  if (told !== null && told.waits !== null) return terms.now() + PROOF_AGAIN_MS;
  const until = told?.decision.until;
  return until === undefined ? null : Math.max(until, terms.now() + 60_000);
}

async function hintOf(here: Here, job: ClaimedJob): Promise<Hint | null> {
  const known = job.hint === "" ? await readSubject(here.terms.store.db, job) : null;
  const hint = known?.hint ?? job.hint;
  if (hint === "") return null;
  const read = HINT.safeParse(JSON.parse(hint));
  return read.success ? read.data : null;
}
