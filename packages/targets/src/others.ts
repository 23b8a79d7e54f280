// SPDX-License-Identifier: Apache-2.0
/** Who else can write where a driver writes: whoever can is past the gate. */

export type OtherWriter = {
  /** As the target calls them. */
  readonly who: string;
  readonly because: string;
  /** What takes it from them; a command, where one does. */
  readonly close: string;
};

export type OtherWriters = {
  readonly others: readonly OtherWriter[];
  /** What the target does not tell this driver, and who knows it. */
  readonly unseen: readonly string[];
};

/** More are not named; a target that lets everybody write is not told by name. */
export const OTHERS_MAX = 50;

/** A word of a command that people copy into a shell; names are given by whoever made the user, role or folder. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
