// SPDX-License-Identifier: Apache-2.0
import { goCall, javaCall, javaNew, jsCall, jsNew, type Pattern, pythonCall } from "../pattern.ts";

/** R13: a year added to a date that may be 29 February, and a wall clock used as a stopwatch. */
export const TIME_PATTERNS: readonly Pattern[] = [
  {
    id: "python-year",
    language: "python",
    aspect: "year-arithmetic",
    hint: /year\s*=\s*[\w.]+\s*[+-]/,
    rule: {
      ...pythonCall("(\\.replace|^(datetime\\.)?(date|datetime))$"),
      regex: "year\\s*=\\s*[\\w.()]*year\\s*[+-]",
    },
  },
  {
    id: "python-date-constructor",
    language: "python",
    aspect: "year-arithmetic",
    hint: /\.year\s*[+-]/,
    rule: {
      ...pythonCall("^(datetime\\.)?(date|datetime)$"),
      regex:
        "\\(\\s*[\\w.()]*\\.year\\s*[+-]\\s*\\w+\\s*,\\s*[\\w.()]*\\.month\\s*,\\s*[\\w.()]*\\.day\\b",
    },
  },
  {
    id: "js-year",
    language: "javascript",
    aspect: "year-arithmetic",
    hint: /FullYear\(/,
    rule: {
      any: [
        { ...jsCall("\\.set(UTC)?FullYear$"), regex: "get(UTC)?FullYear\\(\\)\\s*[+-]" },
        {
          ...jsNew("^Date$"),
          regex: "get(UTC)?FullYear\\(\\)\\s*[+-][^,]*,[^,]*getMonth\\(\\)\\s*,",
        },
      ],
    },
  },
  {
    id: "go-year",
    language: "go",
    aspect: "year-arithmetic",
    hint: /\.Year\(\)\s*[+-]/,
    rule: {
      ...goCall("^time\\.Date$"),
      regex: "\\.Year\\(\\)\\s*[+-][^,]*,[^,]*\\.Month\\(\\)\\s*,[^,]*\\.Day\\(\\)",
    },
  },
  {
    id: "java-year",
    language: "java",
    aspect: "year-arithmetic",
    hint: /[yY]ear\w*\(?\)?\s*[+-]\s*\d/,
    rule: {
      any: [
        {
          ...javaCall("^LocalDate(Time)?$", "^of$"),
          regex: "getYear\\(\\)\\s*[+-][^,]*,[^,]*getMonth\\w*\\(\\)\\s*,[^,]*getDay\\w*\\(\\)",
        },
        {
          ...javaNew("^(Gregorian)?Calendar|GregorianCalendar$"),
          regex: "[yY]ear\\w*\\(?\\)?\\s*[+-]",
        },
      ],
    },
  },
  {
    id: "python-wall-clock",
    language: "python",
    aspect: "wall-clock",
    hint: /\btime\.time\(\)/,
    rule: {
      kind: "comparison_operator",
      regex: "\\btime\\.time\\(\\)\\s*(-\\s*\\w+\\s*)?[<>]|[<>]=?\\s*time\\.time\\(\\)",
    },
    subject: "time.time",
  },
  {
    id: "js-wall-clock",
    language: "javascript",
    aspect: "wall-clock",
    hint: /Date\.now\(\)|new Date\(\)/,
    rule: {
      kind: "binary_expression",
      regex:
        "^(Date\\.now\\(\\)|new Date\\(\\)|\\+new Date\\(\\))\\s*-\\s*[\\w.]*([sS]tart|[bB]egin|t0)\\w*\\s*[<>]",
    },
    subject: "Date.now",
  },
  {
    id: "java-wall-clock",
    language: "java",
    aspect: "wall-clock",
    hint: /currentTimeMillis\(\)/,
    rule: {
      kind: "binary_expression",
      regex:
        "^\\(?System\\.currentTimeMillis\\(\\)\\s*-\\s*\\w*([sS]tart|[bB]egin|t0)\\w*\\)?\\s*[<>]",
    },
    subject: "System.currentTimeMillis",
  },
];
