// SPDX-License-Identifier: Apache-2.0
import { javaCall, jsCall, type Pattern } from "../pattern.ts";

/** Names of calls whose lost error is a habit and harmless: nothing can be done about it. */
const GO_HARMLESS =
  /\b(Close|Flush|Sync|Fprint\w*|Print\w*|Write\w*|Remove\w*|Setenv|Unsetenv|Rollback|Unlock|Shutdown|Kill|Wait|SetDeadline|SetReadDeadline|SetWriteDeadline|MarkFlagRequired|MarkHidden|BindPFlag|Copy|Discard|Signal|Encode|Register\w*|AddToScheme|Log\w*)\(/;

const PARSERS =
  "(Unmarshal\\w*|Decode\\w*|Parse\\w*|Load\\w*|ReadFile|ReadAll|ReadConfig|ReadInConfig|Atoi|NewDecoder\\(.*\\)\\.Decode)";

/** R10: errors that vanish, and parsed input that is taken for granted. */
export const ERROR_PATTERNS: readonly Pattern[] = [
  {
    id: "js-empty-catch",
    language: "javascript",
    aspect: "swallowed-error",
    hint: /\bcatch\b\s*(\([^)]*\))?\s*\{\s*\}|\.catch\([^\n]*=>/,
    rule: {
      any: [
        { kind: "catch_clause", has: { field: "body", regex: "^\\{\\s*\\}$" } },
        {
          ...jsCall("\\.catch$"),
          all: [
            { has: { field: "function", regex: "\\.catch$" } },
            {
              has: {
                field: "arguments",
                regex:
                  "^\\(\\s*(async\\s*)?(\\([\\w\\s:]*\\)|\\w+)\\s*=>\\s*(\\{\\s*\\}|null|undefined|void 0)\\s*,?\\s*\\)$",
              },
            },
          ],
        },
      ],
    },
    subject: "catch",
  },
  {
    id: "python-except-pass",
    language: "python",
    aspect: "swallowed-error",
    hint: /\bexcept\b[^\n]{0,200}:\s*(pass|\.\.\.|continue)\b|suppress\(\s*(Base)?Exception/,
    // A comment says why.
    unless: /#/,
    // A body that only passes; a narrow exception type is an idiom and stays out.
    rule: {
      any: [
        {
          kind: "except_clause",
          all: [
            { regex: "^except\\s*(\\(?\\s*(Exception|BaseException)\\b[^:]*)?:" },
            { has: { kind: "block", regex: "^(pass|\\.\\.\\.|continue)$" } },
          ],
        },
        {
          kind: "call",
          all: [
            { has: { field: "function", regex: "^(contextlib\\.)?suppress$" } },
            { regex: "\\(\\s*(Exception|BaseException)\\s*\\)$" },
          ],
        },
      ],
    },
    subject: "except",
  },
  {
    id: "java-empty-catch",
    language: "java",
    aspect: "swallowed-error",
    hint: /\bcatch\b[^{]*\{\s*\}/,
    rule: {
      kind: "catch_clause",
      all: [
        { has: { field: "body", regex: "^\\{\\s*\\}$" } },
        {
          not: {
            has: {
              kind: "catch_formal_parameter",
              regex: "\\b(ignored?|expected|unused|InterruptedException)\\b",
            },
          },
        },
      ],
    },
    subject: "catch",
  },
  {
    id: "go-empty-branch",
    language: "go",
    aspect: "swallowed-error",
    hint: /!=\s*nil\s*\{\s*\}/,
    rule: {
      kind: "if_statement",
      all: [
        { has: { field: "condition", regex: "^\\w*[eE]rr\\w*\\s*!=\\s*nil$" } },
        { has: { field: "consequence", regex: "^\\{\\s*\\}$" } },
        { not: { has: { field: "alternative", regex: "." } } },
      ],
    },
    subject: "if err != nil",
  },
  {
    id: "go-error-to-nil",
    language: "go",
    aspect: "swallowed-error",
    hint: /err\s*!=\s*nil\s*\{\s*return nil\s*\}/,
    rule: {
      kind: "if_statement",
      all: [
        { has: { field: "condition", regex: "^err\\s*!=\\s*nil$" } },
        { has: { field: "consequence", regex: "^\\{\\s*return nil\\s*\\}$" } },
        // Only where the function's one result is the error.
        {
          inside: {
            stopBy: { kind: "func_literal" },
            any: [{ kind: "function_declaration" }, { kind: "method_declaration" }],
            has: { field: "result", regex: "^error$" },
          },
        },
      ],
    },
    subject: "return nil",
    tags: ["returns-nil"],
  },
  {
    id: "go-blank",
    language: "go",
    aspect: "swallowed-error",
    hint: /^[ \t]*_[ \t]*=[ \t]*\w/m,
    unless: GO_HARMLESS,
    rule: {
      kind: "assignment_statement",
      all: [
        { has: { field: "left", regex: "^_$" } },
        {
          has: {
            field: "right",
            has: {
              kind: "call_expression",
              regex:
                "\\.?(Apply|Delete|Create|Update|Put|Save|Send|Publish|Commit|Exec|Unmarshal|Decode|Load|Validate|Verify|Start|Run|Do|Set|Store|Sync|Enqueue|Process|Insert|Migrate|Rotate|Revoke|Grant)\\w*\\(",
            },
          },
        },
      ],
    },
  },
  {
    id: "go-parse-blank",
    language: "go",
    aspect: "parse-unchecked",
    hint: /,\s*_\s*:?=[^\n]*(Unmarshal|Decode|Parse|Load|Read|Atoi)/,
    rule: {
      any: [
        {
          kind: "short_var_declaration",
          all: [
            { has: { field: "left", regex: ",\\s*_$" } },
            {
              has: {
                field: "right",
                has: {
                  kind: "call_expression",
                  has: { field: "function", regex: `(^|\\.)${PARSERS}$` },
                },
              },
            },
          ],
        },
        {
          kind: "assignment_statement",
          all: [
            { has: { field: "left", regex: ",\\s*_$" } },
            {
              has: {
                field: "right",
                has: {
                  kind: "call_expression",
                  has: { field: "function", regex: `(^|\\.)${PARSERS}$` },
                },
              },
            },
          ],
        },
      ],
    },
  },
  {
    id: "go-parse-dropped",
    language: "go",
    aspect: "parse-unchecked",
    hint: /\.(Unmarshal|Decode|ReadInConfig)\w*\(/,
    rule: {
      kind: "call_expression",
      has: { field: "function", regex: "\\.(Unmarshal\\w*|Decode|ReadInConfig)$" },
      inside: { kind: "expression_statement" },
    },
  },
  {
    id: "js-parse-asserted",
    language: "javascript",
    aspect: "parse-unchecked",
    hint: /\)!/,
    rule: {
      kind: "non_null_expression",
      regex:
        "(JSON\\.parse|parse\\w*|load\\w*|[cC]onfig\\w*\\.get\\w*|\\.match|\\.exec)\\([^)]*\\)!$",
    },
  },
  {
    id: "java-optional-get",
    language: "java",
    aspect: "parse-unchecked",
    hint: /\)\s*\.get\(\s*\)/,
    rule: {
      ...javaCall("(find\\w*|lookup\\w*|resolve\\w*|load\\w*|parse\\w*)\\([^()]*\\)$", "^get$"),
      regex: "\\.get\\(\\s*\\)$",
    },
  },
  {
    id: "js-must-exit",
    language: "javascript",
    aspect: "swallowed-error",
    hint: /uncaughtException|unhandledRejection/,
    rule: {
      ...jsCall("^process\\.on$"),
      regex:
        "(uncaughtException|unhandledRejection)['\"]\\s*,\\s*(\\([\\w\\s:]*\\)|\\w+)\\s*=>\\s*\\{\\s*\\}\\s*\\)$",
    },
  },
];
