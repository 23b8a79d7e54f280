// SPDX-License-Identifier: Apache-2.0
/** Reads one change of a forge out of its mirror: the work of a process that the server starts for it. */
import { GateError, type Infer, list, object, problemsOf, text } from "@interlock/core";
import { NO_EVIDENCE, openRepository, type Repository } from "@interlock/facts";
import type { Gathered, GatherRequest } from "@interlock/server";
import { judges } from "../hook/ask.ts";
import { isNothing } from "../hook/push.ts";
import { factsAbout } from "../judge/judge.ts";
import { historyOf } from "../judge/past.ts";
import { broughtBy, type Subject, subjectOf } from "../judge/subject.ts";
import { workspaceAt } from "../judge/workspace.ts";

/** Gathers the facts and policies of a change. Throws `GateError`. */
export async function gather(request: GatherRequest): Promise<Gathered> {
  const { gitDir, base, head, main, target } = request;
  const repository = await openRepository(gitDir);
  try {
    const subject = await subjectWith(repository, request);
    const workspace = await workspaceAt(repository, base, {
      after: subject.after,
      fault: subject.change.incomplete?.because,
    });
    const identity = await repository.identity(main);
    const facts = await factsAbout(repository, subject, {
      workspace,
      given: {
        ...{ evidence: NO_EVIDENCE, context: [] },
        pushedBy: await pushersOf(repository, request),
      },
      ...{ target, identity, attached: [] },
      // What is held until some time is judged by the time at which it would land.
      now: Date.now(),
      history: await historyOf(repository, subject),
    });
    const place = {
      ...{ repository: identity, target, environment: "", base, head },
      merge: subject.after,
    };
    return {
      place,
      facts: facts as unknown as Gathered["facts"], // plain data
      policies: judges(workspace.policies) as Gathered["policies"], // as the wire has them
    };
  } finally {
    repository.close();
  }
}

/**
 * The change, with the commits of its source too: a squashed commit names nobody but whoever squashed.
 * by (two-people)
 */
async function subjectWith(
  repository: Repository,
  { base, head, source }: GatherRequest,
): Promise<Subject> {
  const subject = await subjectOf(repository, `${base}..${head}`, false);
  if (source === head) return subject;
  const more = await broughtBy(repository, source, base);
  const known = new Set(subject.commits.map(({ id }) => id));
  return {
    ...subject,
    commits: [...more.commits.filter(({ id }) => !known.has(id)), ...subject.commits],
    unseen: subject.unseen ?? more.unseen,
  };
}

/**
 * Who moved the branch since it left what has landed; `null` where that is not all known. Movements that
 * were taken back count too: whoever pushed a commit first may have had it pushed again by another.
 */
async function pushersOf(
  repository: Repository,
  { pushes, broughtBy, base, source }: GatherRequest,
): Promise<readonly string[] | null> {
  if (pushes === null) return null;
  // A branch that was removed after it had landed is shown as moved to nothing.
  const first = pushes.findIndex(({ after }) => !isNothing(after));
  if (first < 0 || pushes[first]?.after !== source) return null;
  const by = new Set(broughtBy);
  for (const push of pushes.slice(first)) {
    by.add(push.by);
    if (isNothing(push.before) || (await hasLanded(repository, push.before, base)))
      return [...by].sort();
  }
  return null;
}

/** A commit that was forced away and never fetched has not landed. */
async function hasLanded(repository: Repository, commit: string, base: string): Promise<boolean> {
  if ((await repository.commit(commit)) === null) return false;
  const missing = await repository.history({ to: commit, not: base, max: 1, everyParent: true });
  return missing.length === 0;
}

const ID = text({ max: 64 });
const REQUEST = object({
  gitDir: text({ max: 4_096 }),
  base: ID,
  head: ID,
  source: ID,
  main: ID,
  target: text({ max: 1_000 }),
  pushes: list(object({ by: text({ max: 400 }), before: ID, after: ID }), 1_000),
  broughtBy: list(text({ max: 400 }), 100),
});
type Request = Infer<typeof REQUEST>;

/** What the server asks on standard input. `pushes` are `null` where nobody watched. */
export function readRequest(content: string): GatherRequest {
  const raw: unknown = JSON.parse(content);
  const given = typeof raw === "object" && raw !== null ? raw : {};
  const unwatched = "pushes" in given && given.pushes === null;
  const [problem] = problemsOf(
    REQUEST,
    unwatched ? { ...given, pushes: [] } : raw,
    "no such field",
  );
  if (problem !== undefined)
    throw new GateError(
      "INPUT_INVALID",
      `the request does not fit: \`${problem.path}\`: ${problem.message}`,
      "this command is run by `interlock serve`",
    );
  return given as Request; // the walk above has checked every field
}
