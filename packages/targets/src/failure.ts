// SPDX-License-Identifier: Apache-2.0
import type { Answered, TargetFailure } from "./target.ts";

/** It cannot be reached, or could not do it now; the same call may succeed later. */
export const away = (message: string, help: string): TargetFailure => ({
  code: "TARGET_AWAY",
  message,
  help,
});

/** It will not do it, however often it is asked. */
export const refused = (message: string, help: string): TargetFailure => ({
  code: "TARGET_REFUSED",
  message,
  help,
});

/** It holds what no writer of ours made, and what to do with it is for a person to say. */
export const damaged = (message: string, help: string): TargetFailure => ({
  code: "TARGET_DAMAGED",
  message,
  help,
});

export const noCell = (target: string, cell: string): TargetFailure =>
  refused(`\`${target}\` has no cell \`${shown(cell)}\``, "name a cell of its settings");

export const answered = <T>(value: T): Answered<T> => ({ ok: true, value });
export const failed = (
  failure: TargetFailure,
): { readonly ok: false; readonly failure: TargetFailure } => ({
  ok: false,
  failure,
});

export const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** `ENOENT` and its like, of errors that have one; else an empty text. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const SHOWN_MAX = 200;

/** A text of somebody else as it may stand in a message: no invisible characters, not endless. */
export const shown = (text: string): string =>
  text
    .slice(0, SHOWN_MAX)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
