// SPDX-License-Identifier: Apache-2.0
/** Which commits a backtest judges, and by what. */
import { GateError } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";
import { withPolicy } from "../judge/judge.ts";
import { workspaceAt } from "../judge/workspace.ts";
import type { BacktestOptions } from "./run.ts";

export type Plan = {
  /** Oldest first. */
  readonly commits: readonly string[];
  readonly base: {
    readonly repo: string;
    readonly head: string;
    readonly identity: string;
    readonly target: string;
    readonly policy: string | undefined;
    readonly only: readonly string[] | undefined;
  };
  /** The history is read from its first commit. */
  readonly complete: boolean;
  readonly origin: string;
};

/** Throws `GateError`, among others POLICY_INVALID: a history held by a broken policy says nothing. */
export async function planOf(options: BacktestOptions): Promise<Plan> {
  const repository = await openRepository(options.repo);
  try {
    const { head, not } = await endsOf(repository, options.range);
    const newest = await repository.commit(head);
    const since =
      options.lastMs === undefined || newest === null
        ? undefined
        : newest.committer.at - options.lastMs;
    const commits = await repository.history({
      to: head,
      ...(not === undefined ? {} : { not }),
      ...(since === undefined ? {} : { since }),
    });
    const workspace = withPolicy(
      await workspaceAt(repository, head, { after: null }),
      options.policy,
    );
    for (const policy of workspace.policies)
      if (policy.kind === "unreadable")
        throw new GateError(
          "POLICY_INVALID",
          `the history has no policy to be judged by: ${policy.because}`,
          "mend it, or judge by another with `--policy FILE`",
        );
    return {
      commits: [...commits].reverse(),
      complete: not === undefined && since === undefined && !repository.isShallow,
      origin: workspace.origin,
      base: {
        repo: options.repo,
        head,
        identity: await repository.identity(),
        target: await repository.branch(),
        policy: options.policy,
        only: options.only,
      },
    };
  } finally {
    repository.close();
  }
}

async function endsOf(
  repository: Repository,
  range: string | undefined,
): Promise<{ readonly head: string; readonly not: string | undefined }> {
  const dots = /^(.*?)\.\.\.?(.*)$/.exec(range ?? "");
  if (dots === null) return { head: await repository.resolve(range ?? "HEAD"), not: undefined };
  const [, from = "", to = ""] = dots;
  return {
    head: await repository.resolve(to === "" ? "HEAD" : to),
    not: await repository.resolve(from === "" ? "HEAD" : from),
  };
}
