// SPDX-License-Identifier: Apache-2.0

/** What the first line of a message says the change is for, as 0 or 1. */
export type SubjectWords = {
  readonly fix: number;
  readonly saysTurn: number;
  readonly saysSet: number;
  readonly saysTest: number;
  readonly saysAdd: number;
};

const FIX = /\b(?:fix(?:e[sd]|ing|up)?|hotfix|typos?|correct(?:s|ed|ion)?|broken|bugs?|defects?)\b/;
const TURN =
  /\b(?:disabl(?:e[sd]?|ing)|enabl(?:e[sd]?|ing)|switch(?:e[sd]|ing|over)?|turn(?:s|ed|ing)?|flip|(?:de)?pool(?:s|ed|ing)?|(?:de)?activat(?:e[sd]?|ing)|block(?:s|ed|ing)?|stop|start|kill|forc(?:e[sd]?|ing))\b/;
const SET = /\b(?:sets?|setting|uses?|using|make|change[sd]?|default)\b/;
const TEST = /\btest(?:s|ing|ed)?\b/;
const ADD = /\b(?:add(?:s|ed|ing)?|new|create[sd]?)\b/;
const REVERT = /\b(?:revert(?:s|ed|ing)?|roll(?:s|ed|ing)? ?back|back(?:s|ed|ing)? ?out|undo)\b/;

/** The longest part of a subject that is read. */
const SUBJECT_MAX = 500;

const begin = (subject: string): string => subject.slice(0, SUBJECT_MAX).toLowerCase();

/** Reads the purpose off a subject line. */
export function subjectWords(subject: string): SubjectWords {
  const text = begin(subject);
  const says = (word: RegExp): number => (word.test(text) ? 1 : 0);
  return {
    fix: says(FIX),
    saysTurn: says(TURN),
    saysSet: says(SET),
    saysTest: says(TEST),
    saysAdd: says(ADD),
  };
}

/** Whether a subject line says that an earlier change is undone. */
export function saysRevert(subject: string): boolean {
  return REVERT.test(begin(subject));
}

/** Length of the part of a subject that is read, in UTF-16 units. */
export function subjectLength(subject: string): number {
  return Math.min(SUBJECT_MAX, subject.length);
}
