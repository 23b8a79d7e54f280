// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "./complaint.ts";
import { FUNCTIONS, lineOf, type Node, nodesOf, syntaxOf } from "./syntax.ts";

/** House style 3.7. */
const BUDGETS = { "file-lines": 400, "function-lines": 70, parameters: 4 } as const;

type Budget = keyof typeof BUDGETS;

/** Something over budget that is right as it is. */
export type Exception = {
  readonly path: string;
  readonly budget: Budget;
  /** The function, or empty for a file. */
  readonly name: string;
  readonly upTo: number;
  readonly reason: string;
};

type Measure = {
  readonly path: string;
  readonly line: number;
  readonly budget: Budget;
  readonly name: string;
  readonly size: number;
};

const CODE = /^(?:packages|tools)\/.*\.(?:ts|tsx|mjs)$/;
const TEST = /\/test\/|\.test\.ts$/;

export const EXCEPTIONS_FILE = "tools/checks/budget-exceptions.json";

/** Complains about what is over budget without an exception, and about exceptions that nothing needs. */
export function checkBudgets(
  files: readonly TextFile[],
  exceptions: readonly Exception[],
): readonly Complaint[] {
  const over = files
    .filter((file) => CODE.test(file.path))
    .flatMap(measures)
    .filter(({ budget, size }) => size > BUDGETS[budget]);
  const used = new Set<Exception>();
  const complaints = over.flatMap((measure) => {
    const exception = exceptions.find((e) => excuses(e, measure));
    if (exception === undefined) return [complaint(measure)];
    used.add(exception);
    return [];
  });
  const stale = exceptions
    .filter((exception) => !used.has(exception))
    .map(({ path, budget, name }) => ({
      path: EXCEPTIONS_FILE,
      line: 1,
      message: `the exception of ${budget} for \`${path}\` ${name} is needed by nothing: remove it`,
    }));
  const unexplained = exceptions
    .filter(({ reason }) => reason.trim().length < 10)
    .map(({ path }) => ({
      path: EXCEPTIONS_FILE,
      line: 1,
      message: `the exception for \`${path}\` gives no reason`,
    }));
  return [...complaints, ...stale, ...unexplained];
}

/** Lines of files and functions of the product at the median and the 95th percentile; never enforced. */
export function reportBudgets(files: readonly TextFile[]): string {
  const product = files.filter(({ path }) => CODE.test(path) && !TEST.test(path)).flatMap(measures);
  return (["file-lines", "function-lines"] as const)
    .map((budget) => {
      const sizes = product.filter((m) => m.budget === budget).map((m) => m.size);
      sizes.sort((a, b) => a - b);
      const at = (share: number): number => sizes[Math.floor((sizes.length - 1) * share)] ?? 0;
      return `${budget}: ${sizes.length} measured, median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)}`;
    })
    .join("\n");
}

function measures(file: TextFile): readonly Measure[] {
  const { path } = file;
  const lines = file.text.split("\n").length - (file.text.endsWith("\n") ? 1 : 0);
  const whole: Measure = { path, line: 1, budget: "file-lines", name: "", size: lines };
  // A `describe` is one long function by nature.
  if (TEST.test(path)) return [whole];
  return [whole, ...nodesOf(syntaxOf(file), FUNCTIONS).flatMap((node) => measuresOf(node, path))];
}

function measuresOf(node: Node, path: string): readonly Measure[] {
  const { start, end } = node.range();
  const at = { path, line: lineOf(node), name: nameOf(node) };
  const list = node.field("parameters")?.children() ?? [];
  const parameters = list.filter((child) => child.isNamed() && child.kind() !== "comment").length;
  return [
    { ...at, budget: "function-lines", size: end.line - start.line + 1 },
    { ...at, budget: "parameters", size: parameters },
  ];
}

function nameOf(node: Node): string {
  const own = node.field("name")?.text();
  if (own !== undefined) return own;
  const parent = node.parent();
  return parent?.field("name")?.text() ?? parent?.field("key")?.text() ?? "(anonymous)";
}

function excuses(exception: Exception, { path, budget, name, size }: Measure): boolean {
  return (
    exception.path === path &&
    exception.budget === budget &&
    exception.name === name &&
    size <= exception.upTo
  );
}

function complaint({ path, line, budget, name, size }: Measure): Complaint {
  const what = name === "" ? "the file" : `\`${name}\``;
  const unit = budget === "parameters" ? "parameters" : "lines";
  return {
    path,
    line,
    message: `${what} has ${size} ${unit}, the budget is ${BUDGETS[budget]}`,
  };
}
