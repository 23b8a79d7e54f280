// SPDX-License-Identifier: Apache-2.0
import type { NapiConfig } from "@ast-grep/napi";
import type { Language } from "./language.ts";
import { type Detector, type Side, sightingOf } from "./sighting.ts";

type Rule = NapiConfig["rule"];

/** One pattern as data. Every pattern has a `bad` line in the table of its test. */
export type Pattern = {
  readonly id: string;
  readonly language: Language;
  readonly aspect: string;
  /** Cheap test on the whole text. */
  readonly hint: RegExp;
  readonly rule: Rule;
  /** The file must also mention this, such as the library's import. */
  readonly needs?: RegExp;
  /** The file must not mention this, such as a default set for all calls. */
  readonly unlessFile?: RegExp;
  /** The match must not contain this. */
  readonly unless?: RegExp;
  readonly subject?: string;
  readonly tags?: readonly string[];
};

/** Turns a pattern into a detector. */
export function detectorOf(pattern: Pattern): Detector {
  return {
    id: pattern.id,
    aspect: pattern.aspect,
    languages: [pattern.language],
    hint: pattern.hint,
    ...(pattern.unlessFile === undefined ? {} : { guard: pattern.unlessFile }),
    find: (side) => findPattern(pattern, side),
  };
}

/** How much of a match is searched for what excuses it. */
const UNLESS_MAX = 4_000;

function findPattern(pattern: Pattern, side: Side): ReturnType<Detector["find"]> {
  if (pattern.needs !== undefined && !pattern.needs.test(side.text)) return [];
  if (pattern.unlessFile?.test(side.text) === true) return [];
  const root = side.root();
  if (root === null) return [];
  const { unless } = pattern;
  return root
    .findAll({ rule: pattern.rule })
    .filter((node) => unless === undefined || !unless.test(node.text().slice(0, UNLESS_MAX)))
    .map((node) =>
      sightingOf(node, {
        ...(pattern.subject === undefined ? {} : { subject: pattern.subject }),
        tags: pattern.tags ?? [],
      }),
    );
}

/** A call in Python whose callee matches, without a keyword argument (or `**rest`) that matches. */
export function pythonCall(callee: string, without?: string): Rule {
  const rule: Rule = { kind: "call", has: { field: "function", regex: callee } };
  if (without === undefined) return rule;
  return {
    ...rule,
    not: {
      has: {
        field: "arguments",
        has: {
          any: [
            { kind: "dictionary_splat" },
            { kind: "keyword_argument", has: { field: "name", regex: without } },
          ],
        },
      },
    },
  };
}

/** A call in JavaScript whose callee matches. */
export const jsCall = (callee: string): Rule => ({
  kind: "call_expression",
  has: { field: "function", regex: callee },
});

/** `new Name(…)` in JavaScript. */
export const jsNew = (name: string): Rule => ({
  kind: "new_expression",
  has: { field: "constructor", regex: name },
});

/** A call in Go whose callee matches. */
export const goCall = (callee: string): Rule => ({
  kind: "call_expression",
  has: { field: "function", regex: callee },
});

/** `new Name(…)` in Java, with or without type arguments. */
export const javaNew = (name: string): Rule => ({
  kind: "object_creation_expression",
  has: { field: "type", regex: name },
});

/** A method call in Java by receiver and name. */
export const javaCall = (receiver: string | null, name: string): Rule => ({
  kind: "method_invocation",
  all: [
    { has: { field: "name", regex: name } },
    ...(receiver === null ? [] : [{ has: { field: "object", regex: receiver } }]),
  ],
});

/** Not inside a call whose callee says that it bounds the time. */
export const notBounded = (kind: "call" | "call_expression"): Rule => ({
  not: {
    inside: {
      stopBy: "end",
      kind,
      has: { field: "function", regex: "([tT]imeout|wait_for|\\.race)$" },
    },
  },
});
