// SPDX-License-Identifier: Apache-2.0

/** The languages that the patterns speak; the three JavaScript dialects share their patterns. */
export const LANGUAGES = ["javascript", "python", "go", "java"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The name under which the parser knows a dialect. */
export type Dialect = "TypeScript" | "Tsx" | "python" | "go" | "java";

const DIALECTS: ReadonlyMap<string, readonly [Language, Dialect]> = new Map([
  // The patterns name kinds that only the grammars of TypeScript have; Tsx reads JavaScript too.
  ["js", ["javascript", "Tsx"]],
  ["mjs", ["javascript", "Tsx"]],
  ["cjs", ["javascript", "Tsx"]],
  ["jsx", ["javascript", "Tsx"]],
  ["ts", ["javascript", "TypeScript"]],
  ["mts", ["javascript", "TypeScript"]],
  ["cts", ["javascript", "TypeScript"]],
  ["tsx", ["javascript", "Tsx"]],
  ["py", ["python", "python"]],
  ["go", ["go", "go"]],
  ["java", ["java", "java"]],
]);

/** Languages without a grammar here, in which only word-level detectors look. */
const LEXICAL = new Set(
  "sh bash cs kt kts rb php rs scala swift groovy jenkinsfile vcl lua ex exs c cc cpp h hpp pl pm".split(
    " ",
  ),
);

/** The ending; `jenkinsfile` for `Jenkinsfile` and `Jenkinsfile.release`. */
const extension = (path: string): string =>
  /(?:^|\/)(Jenkinsfile)(?:\.\w+)?$/.exec(path)?.[1]?.toLowerCase() ??
  /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ??
  "";

/** Language and dialect of a path by its extension; `null` when no pattern speaks it. */
export function dialectOf(path: string): readonly [Language, Dialect] | null {
  return DIALECTS.get(extension(path)) ?? null;
}

/** Whether the path is program text of any language that word-level detectors read. */
export function isCode(path: string): boolean {
  return dialectOf(path) !== null || LEXICAL.has(extension(path));
}

const TEST_PATH =
  /(^|\/)(tests?|__tests__|__mocks__|spec|specs|e2e|testing|testdata|test-data|fixtures?|mocks?|examples?|samples?|demos?|benchmarks?|bench|perf|integration-tests?|cypress)\/|[._-](test|tests|spec|bench|stories|mock|fixture|cy)\.[A-Za-z]+$|(^|\/)(test_[^/]*|conftest)\.py$|_test\.[a-z]+$|(Test|Tests|IT|TestCase|Spec)\.(java|kt|cs|scala|groovy)$/;

/** Whether a path is a test, an example or a benchmark, where reliability patterns stay quiet. */
export function isTestPath(path: string): boolean {
  return TEST_PATH.test(path);
}

const BROWSER_PATH =
  /\.(jsx|tsx|vue|svelte)$|(^|\/)(frontend|front-end|web-?ui|webapp|client-?app|components?|pages|views|hooks|public|static|assets|browser|ui|www|docs?|website|theme|themes)\//;

/** Whether code runs in a page, where a call without a timeout stops one tab and no service. */
export function isBrowserPath(path: string): boolean {
  return BROWSER_PATH.test(path);
}
