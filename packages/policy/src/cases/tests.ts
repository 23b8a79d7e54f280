// SPDX-License-Identifier: Apache-2.0
/** Tests of a policy: files of cases that lie beside it. */
import type { CompiledPolicy } from "@interlock/core";
import type { Place } from "../load/policy.ts";
import { isRaw } from "../load/reader.ts";
import { type Path, readSource, type Source } from "../load/source.ts";
import { type Problem, problemText } from "../problem.ts";
import { type DecisionCase, decisionCase, type Situation } from "./case.ts";
import { CaseError } from "./fields.ts";
import { judgeSituation } from "./judge.ts";
import { type CasePolicy, tested } from "./policy.ts";

export type TestFile = { readonly file: string; readonly text: string };

/** A case that was decided as it says, or not. */
export type TestResult = {
  readonly file: string;
  readonly line: number;
  readonly case: string;
  /** `the case`, or a variation such as `also holds when 2`. */
  readonly situation: string;
  /** Empty when the decision is what the case says. */
  readonly differences: readonly { readonly line: number; readonly says: string }[];
  /** With differences: what the decision does say. */
  readonly decided: readonly string[];
};

export type TestRun = {
  readonly results: readonly TestResult[];
  /** Cases and files that cannot be read; they agree with nothing. */
  readonly problems: readonly Problem[];
  /** Rules that some case names, sorted. */
  readonly rules: readonly string[];
};

const CASES_MAX = 1_000;
/** A message shows what was written, which may be as long as the file. */
const MESSAGE_MAX = 400;

/** Runs all cases of a file against the policy. A case that cannot be read is a problem, never skipped. */
export function runPolicyTests(policy: CompiledPolicy, { file, text }: TestFile): TestRun {
  const source = readSource(file, text);
  const failed = (problems: readonly Problem[]): TestRun => ({ results: [], problems, rules: [] });
  if (source.problems.length > 0) return failed(source.problems);
  const { value } = source;
  const cases: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (cases.length === 0)
    return failed([source.problem("TEST_INVALID", [], "the file holds no case", HELP)]);
  if (cases.length > CASES_MAX)
    return failed([
      source.problem("TOO_MANY", [], `more than ${CASES_MAX} cases`, "split the file"),
    ]);
  const judge = tested("in-force", policy);
  const runs = cases.map((raw, i) =>
    oneCase(raw, { source, base: Array.isArray(value) ? [i] : [], judge }),
  );
  return {
    results: runs.flatMap((r) => r.results),
    problems: runs.flatMap((r) => r.problems),
    rules: [...new Set(runs.flatMap((r) => r.rules))].sort(),
  };
}

/** Warns of a policy without tests, and of its own rules that no case names. */
export function untested(
  file: string,
  places: ReadonlyMap<string, Place>,
  runs: readonly TestRun[],
): readonly Problem[] {
  if (runs.length === 0)
    return [
      {
        code: "POLICY_UNTESTED",
        file,
        line: 1,
        column: 1,
        message: "the policy has no tests",
        help: "write `tests/NAME.yaml` beside it and run `interlock policy test`; `interlock policy test --help` shows one",
      },
    ];
  const named = new Set(runs.flatMap((r) => r.rules));
  return [...places]
    .filter(([rule]) => !named.has(rule))
    .map(([rule, { file: inFile, line, column }]) => ({
      code: "RULE_UNTESTED",
      file: inFile,
      line,
      column,
      message: `no test names \`${rule}\``,
      help: "add a case in which it stands in the way",
    }));
}

const HELP = "`interlock schema policy-test` describes every key";

type At = { readonly source: Source; readonly base: Path; readonly judge: CasePolicy };

function oneCase(raw: unknown, at: At): TestRun {
  const { source, base } = at;
  const unreadable = (error: unknown, roots: readonly Path[]): TestRun => {
    // Anything else is a mistake of ours and must not look like one of the test's author.
    if (!(error instanceof CaseError)) throw error;
    const { key } = error;
    const path = placeOf(source.value, roots, error.message.split(": ")[0] ?? "");
    const message = error.message.slice(0, MESSAGE_MAX);
    const problem =
      key === undefined || valueAt(source.value, [...path, key]) === undefined
        ? source.problem("TEST_INVALID", path, message, HELP)
        : source.problemAtKey("TEST_INVALID", [...path, key], message, HELP);
    return { results: [], problems: [problem], rules: [] };
  };
  let read: DecisionCase;
  try {
    read = decisionCase(raw);
  } catch (error) {
    return unreadable(error, [base, [...base, "given"]]);
  }
  const runs = read.situations.map((situation): TestRun => {
    const own = [...base, ...variationPath(situation.name)];
    const roots = [own, [...own, "given"], base, [...base, "given"]];
    try {
      return { results: [judged(read, situation, at)], problems: [], rules: [] };
    } catch (error) {
      return unreadable(error, roots);
    }
  });
  const named = new Set(
    read.situations.flatMap((s) => [...s.because.map((b) => b.rule), ...s.not]),
  );
  return {
    results: runs.flatMap((r) => r.results),
    // A variation repeats what is wrong with the case that it varies.
    problems: runs
      .flatMap((r) => r.problems)
      .filter((p, i, all) => all.findIndex((q) => problemText(q) === problemText(p)) === i),
    rules: [...named].filter((rule) => rule !== ""),
  };
}

function judged(read: DecisionCase, situation: Situation, { source, base, judge }: At): TestResult {
  const { differences, decided } = judgeSituation(situation, noFiles, judge);
  const lineOf = (where: string): number => {
    const path = placeOf(source.value, [base], where);
    return source.problemAtKey("TEST_INVALID", path, "", "").line;
  };
  return {
    file: source.file,
    line: lineOf(situation.complete ? "case" : situation.name),
    case: read.case,
    situation: situation.name,
    differences: differences.map((d) => ({ line: lineOf(d.where), says: d.says })),
    decided,
  };
}

function noFiles(name: string): string {
  throw new CaseError(
    `policy: \`${name}\` is not read here; leave \`policy\` out to test the policy itself`,
  );
}

/** `also holds when 2` is the second item below that key. */
function variationPath(name: string): Path {
  const [, key, n] = /^(also [a-z]+ when) (\d+)$/.exec(name) ?? [];
  return key === undefined ? [] : [key, Number(n) - 1];
}

/** The place that a message names as `then.because[0]` or `change.touches`, as deep as it can be followed. */
function placeOf(value: unknown, roots: readonly Path[], where: string): Path {
  const named = variationPath(where);
  if (named.length > 0) return [...(roots[0] ?? []), ...named];
  const places = roots.map((root) => ({ root, steps: stepsOf(valueAt(value, root), where) }));
  const deepest = places.reduce((a, b) => (b.steps.length > a.steps.length ? b : a), {
    root: roots[0] ?? [],
    steps: [] as Path,
  });
  return [...deepest.root, ...deepest.steps];
}

function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path)
    at =
      typeof at === "object" && at !== null && Object.hasOwn(at, step)
        ? (at as Readonly<Record<string, unknown>>)[step] // its own key, tested above
        : undefined;
  return at;
}

function stepsOf(value: unknown, where: string): Path {
  const [, index] = /^\[(\d+)\]/.exec(where) ?? [];
  if (Array.isArray(value) && index !== undefined)
    return [
      Number(index),
      ...stepsOf(value[Number(index)], where.slice(index.length + 2).replace(/^\./, "")),
    ];
  if (!isRaw(value)) return [];
  // Keys may have dots themselves, so the longest one that fits is meant.
  const [key] = Object.keys(value)
    .filter((k) => k !== "" && where.startsWith(k) && /^$|^[.[]/.test(where.slice(k.length)))
    .sort((a, b) => b.length - a.length);
  return key === undefined
    ? []
    : [key, ...stepsOf(value[key], where.slice(key.length).replace(/^\./, ""))];
}
