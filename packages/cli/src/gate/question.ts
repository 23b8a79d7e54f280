// SPDX-License-Identifier: Apache-2.0
/** What the gate is asked about a change: gathered one way for every command and for the hook. */
import { GateError } from "@interlock/core";
import { NO_EVIDENCE, type Repository } from "@interlock/facts";
import type { Question } from "../hook/ask.ts";
import { factsAbout } from "../judge/judge.ts";
import { historyOf } from "../judge/past.ts";
import { type Subject, subjectOf } from "../judge/subject.ts";
import { type Workspace, workspaceAt } from "../judge/workspace.ts";

/** A change on its way to a ref. */
export type Arriving = {
  readonly subject: Subject;
  /** Full name of the ref. */
  readonly ref: string;
  /** The commit that the change is compared with; `null` where there is nothing. */
  readonly base: string | null;
  /** The ref is new, whatever it is compared with. */
  readonly isNew: boolean;
  readonly head: string;
  /** Tree of what lands. */
  readonly tree: string;
};

export type Asker = {
  readonly pushedBy: readonly string[] | null;
  /** The first commit of a push into a repository that has none yet. */
  readonly firstCommit: string | null;
  /** Of what is no repository's history, such as the keys behind a guard. */
  readonly identity?: string;
};

export async function questionAbout(
  repository: Repository,
  { subject, ref, base, isNew, head, tree }: Arriving,
  { pushedBy, firstCommit, identity: own }: Asker,
): Promise<{ readonly question: Question; readonly workspace: Workspace }> {
  const workspace = await workspaceAt(repository, base, {
    after: subject.after,
    fault: subject.change.incomplete?.because,
  });
  const identity = own ?? (await repository.identity(firstCommit ?? undefined));
  const facts = await factsAbout(repository, subject, {
    workspace,
    given: { evidence: NO_EVIDENCE, context: [], pushedBy },
    target: ref,
    identity,
    now: subject.now,
    attached: [],
    history: await historyOf(repository, subject),
  });
  const place = {
    repository: identity,
    target: ref,
    environment: "",
    base: isNew || base === null ? "0".repeat(head.length) : base,
    head,
    merge: tree,
  };
  return { question: { place, facts, policies: workspace.policies }, workspace };
}

/**
 * `head` as it would land on a ref that is at `base`: merged, where the ref has moved on since. What a
 * push brings is then the same content, and has the same digest.
 */
export async function arriving(
  repository: Repository,
  ends: { readonly base: string; readonly head: string; readonly ref: string },
): Promise<Arriving> {
  const base = await repository.resolve(ends.base);
  const head = await repository.resolve(ends.head);
  const tip = await repository.commit(head);
  if (tip === null)
    throw new GateError(
      "NO_SUCH_REVISION",
      `the commit \`${head.slice(0, 12)}\` cannot be read`,
      "fetch it, or check the repository with `git fsck`",
    );
  const subject = await subjectOf(repository, `${base}..${head}`, false);
  const isCommit = subject.after === head;
  return {
    // Time is the server's; what calendars say is asked for now, as by the hook.
    subject: { ...subject, now: Date.now() },
    ...{ ref: ends.ref, base, isNew: false, head, tree: isCommit ? tip.tree : subject.after },
  };
}

/** A clone that was cut off has another identity, and would ask about another repository. */
export function refuseShallow(repository: Repository): void {
  if (repository.isShallow)
    throw new GateError(
      "GIT_UNUSABLE",
      "this clone is shallow, so nobody can tell which repository it is of",
      "run `git fetch --unshallow`, or check out with the whole history (`fetch-depth: 0`)",
    );
}

/** The full name of a branch that is named by its short one. */
export const fullRef = (name: string): string =>
  name.startsWith("refs/") ? name : `refs/heads/${name}`;
