// SPDX-License-Identifier: Apache-2.0
import { type FailureCode, GateError } from "@interlock/core";

export const notARepository = (path: string): GateError =>
  new GateError(
    "NOT_A_REPOSITORY",
    `\`${path}\` is not inside a Git repository`,
    "name one with `--repo PATH`",
  );

export const noSuchRevision = (revision: string): GateError =>
  new GateError(
    "NO_SUCH_REVISION",
    `no commit is named \`${revision}\` here`,
    "fetch it, or name another with a branch, a tag or a commit id",
  );

export const emptyRepository = (path: string): GateError =>
  new GateError(
    "EMPTY_REPOSITORY",
    `\`${path}\` has no commit yet`,
    "commit something first, or judge the staged files with `interlock check --staged`",
  );

export const gitFailed = (what: string, detail: string): GateError =>
  new GateError(
    "GIT_UNUSABLE" satisfies FailureCode,
    `git could not ${what}: ${firstLine(detail)}`,
    "check the repository with `git fsck`",
  );

const firstLine = (text: string): string => (text.trim().split("\n")[0] ?? "").slice(0, 300);
