// SPDX-License-Identifier: Apache-2.0
import { javaCall, type Pattern } from "../pattern.ts";

/**
 * `.get("key")` with one argument on something that is named like a mapping of settings; other
 * things called `get` (requests, querysets, queues) raise or never return nothing.
 */
const BARE_GET = {
  kind: "call",
  regex:
    "(environ|[cC]onfig|cfg|conf|settings|polic(y|ies)|options|opts|params|payload|body|event|spec|metadata|quota|limits?|rules?|flags|data|attributes|properties)(\\.get|\\.getenv|\\(\\)\\.get)\\(\\s*[rfb]?['\"][^'\",]*['\"]\\s*\\)$|(^|\\.)getenv\\(\\s*['\"][^'\",]*['\"]\\s*\\)$",
};

/** R11: a value that the library says may be absent is dereferenced on the spot. */
export const NULLABLE_PATTERNS: readonly Pattern[] = [
  {
    id: "js-find-deref",
    language: "javascript",
    aspect: "nullable-deref",
    hint: /\)!\.?/,
    // `.find(…)!.x`, `.get(k)!.x`: the check was replaced by a promise.
    rule: {
      kind: "member_expression",
      has: {
        field: "object",
        kind: "non_null_expression",
        has: {
          kind: "call_expression",
          has: {
            field: "function",
            regex: "\\.(find|match|exec|get|getItem|querySelector|at|pop|shift)$",
          },
        },
      },
    },
  },
  {
    id: "js-find-direct",
    language: "javascript",
    aspect: "nullable-deref",
    hint: /\.find\(/,
    rule: {
      kind: "member_expression",
      has: {
        field: "object",
        kind: "call_expression",
        all: [
          { has: { field: "function", regex: "\\.find$" } },
          { has: { field: "arguments", has: { kind: "arrow_function" } } },
        ],
      },
      not: { regex: "\\)\\s*\\?\\." },
    },
    // A query builder returns a chain, not an element.
    unless: /\)\s*\.(then|catch|exec|lean|sort|limit|populate|toArray|skip|select|finally)$/,
  },
  {
    id: "js-match-index",
    language: "javascript",
    aspect: "nullable-deref",
    hint: /\.(match|exec)\([^\n]*\)\s*\[/,
    rule: {
      kind: "subscript_expression",
      has: {
        field: "object",
        kind: "call_expression",
        has: { field: "function", regex: "\\.(match|exec)$" },
      },
      not: { regex: "\\)\\s*\\?\\." },
    },
  },
  {
    id: "python-match-group",
    language: "python",
    aspect: "nullable-deref",
    hint: /re\.(match|search|fullmatch)\(/,
    rule: {
      kind: "attribute",
      all: [
        {
          has: {
            field: "object",
            kind: "call",
            has: { field: "function", regex: "^re\\.(match|search|fullmatch)$" },
          },
        },
        { has: { field: "attribute", regex: "^(group|groups|groupdict|start|end|span)$" } },
      ],
    },
  },
  {
    id: "python-get-deref",
    language: "python",
    aspect: "nullable-deref",
    hint: /(\.get|getenv)\(\s*[rfb]?['"][^'",\n]*['"]\s*\)\s*[.[]/,
    // One argument means that the default is None.
    rule: {
      any: [
        {
          kind: "attribute",
          has: { field: "object", ...BARE_GET },
        },
        {
          kind: "subscript",
          has: { field: "value", ...BARE_GET },
        },
      ],
    },
  },
  {
    id: "java-map-deref",
    language: "java",
    aspect: "nullable-deref",
    hint: /getenv\(|getProperty\(|[mM]ap\.get\(|[cC]onfig\.get\(|[pP]olicy\.get\(/,
    rule: {
      kind: "method_invocation",
      has: {
        field: "object",
        any: [
          javaCall("^System$", "^(getenv|getProperty)$"),
          javaCall("([mM]ap|[cC]onfig|[pP]olic(y|ies)|[sS]ettings)$", "^(get|getProperty)$"),
        ],
      },
    },
    unless: /getProperty\([^()]*,/,
  },
];
