// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";

export const notARepository = (path: string): GateError =>
  new GateError(
    "NOT_A_REPOSITORY",
    `${quoted(path)} is not inside a Git repository`,
    "name one with `--repo PATH`",
  );

export const notReadable = (path: string, why: string): GateError =>
  new GateError(
    "NOT_A_REPOSITORY",
    `the Git repository at ${quoted(path)} cannot be read: ${firstLine(why)}`,
    "give this account the right to read it, or run as its owner",
  );

export const notUnderstood = (path: string, extension: string): GateError =>
  new GateError(
    "GIT_UNUSABLE",
    `the Git repository at ${quoted(path)} uses ${quoted(extension)}, which is not understood`,
    "judge a clone in the ordinary format",
  );

export const noSuchRevision = (revision: string): GateError =>
  new GateError(
    "NO_SUCH_REVISION",
    `no commit is named ${quoted(revision)} here`,
    "fetch it, or name another with a branch, a tag or a commit id",
  );

export const ambiguousRevision = (revision: string): GateError =>
  new GateError(
    "NO_SUCH_REVISION",
    `more than one object begins with ${quoted(revision)}`,
    "write more digits of the commit id",
  );

export const emptyRepository = (path: string): GateError =>
  new GateError(
    "EMPTY_REPOSITORY",
    `${quoted(path)} has no commit yet`,
    "commit something first, or judge the staged files with `interlock check --staged`",
  );

export const gitMissing = (why: string): GateError =>
  new GateError(
    "GIT_UNUSABLE",
    `git could not be started: ${firstLine(why)}`,
    "install git 2.38 or later and make sure it is on PATH",
  );

export const gitTooOld = (): GateError =>
  new GateError(
    "GIT_UNUSABLE",
    "the installed git is too old",
    "install git 2.38 or later and make sure it is on PATH",
  );

export const gitFailed = (what: string, detail: string): GateError =>
  new GateError(
    "GIT_UNUSABLE",
    `git could not ${what}: ${firstLine(detail)}`,
    "check the repository with `git fsck`",
  );

/** User input in a message: one line, bounded, and free of what a terminal would act on. */
export const quoted = (text: string): string => `\`${plain(text).slice(0, 300)}\``;

export const firstLine = (text: string): string =>
  plain(text.trim().split("\n")[0] ?? "").slice(0, 300);

// Control, bidirectional and line-separating characters could rewrite what a person reads.
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
