// SPDX-License-Identifier: Apache-2.0

/** One word of a command line. */
export type Word = {
  /** Without quotes; variables and substitutions stay as written: `$X`, `$(…)`. */
  readonly text: string;
  /** Some of it stood in quotes, so that an empty text is an argument. */
  readonly quoted: boolean;
  /** Contains a variable or a substitution. */
  readonly dynamic: boolean;
  /** Contains an unquoted `*`, `?` or `[`. */
  readonly glob: boolean;
};

/** One simple command: what stands between `;`, `|`, `&&` and line ends. */
export type SimpleCommand = {
  readonly words: readonly Word[];
  /** `NAME=value` in front of the words. */
  readonly assignments: readonly { readonly name: string; readonly value: string }[];
  /** 1-based line of the first word. */
  readonly line: number;
  /** As written, in one line. */
  readonly text: string;
  /** Its input comes from the command before it. */
  readonly piped: boolean;
  /** Body of a here-document or here-string that it reads. */
  readonly input: string;
  /** 1-based line of the first line of `input`. */
  readonly inputLine: number;
  /** Where its output goes, if a file is overwritten. */
  readonly overwrites: string;
};
