// SPDX-License-Identifier: Apache-2.0
/** The one module that knows the CEL evaluator. Everything else speaks of expressions and values. */
import { type CelInput, celEnv, celList, celMap, parse, plan } from "@bufbuild/cel";
import type { Expr } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
import { type Analysis, impliedKey, namesRead, neededLists } from "./analysis.ts";
import { direct, type Frame } from "./direct.ts";
import { type Facts, VISIBLE } from "./facts/facts.ts";
import { isUnknown } from "./schema.ts";

/** A node of the parsed tree (cel-spec `syntax.proto`). */
export type ExpressionTree = Expr;

export type ParsedExpression =
  | {
      readonly ok: true;
      readonly expr: Expr;
      /** Offset in the source of each node, by its id. */
      readonly offsetOf: (id: bigint) => number;
    }
  | { readonly ok: false; readonly message: string };

export type Bindings = Readonly<Record<string, CelInput>>;

/** `unknown` is what an expression says when a fact it read could not be had, or when it failed. */
export type Verdict =
  | { readonly kind: "known"; readonly holds: boolean }
  | { readonly kind: "unknown"; readonly because: string };

export type Expression = Analysis & {
  readonly source: string;
  /** By the CEL evaluator, over any values. */
  readonly evaluate: (bindings: Bindings) => Verdict;
  /** The same over facts; the evaluator is asked only where the plain answer is not enough. */
  readonly judge: (activation: Activation) => Verdict;
};

/** The facts of one reading, as they are and, for the CEL evaluator when it is asked, wrapped. */
export type Activation = {
  readonly frame: Frame;
  readonly bindings: () => Bindings;
};

const ENV = celEnv();
const HOLDS: Verdict = { kind: "known", holds: true };
const HOLDS_NOT: Verdict = { kind: "known", holds: false };

export function parseExpression(source: string): ParsedExpression {
  try {
    const { expr, sourceInfo } = parse(source);
    if (expr === undefined) return { ok: false, message: "the expression is empty" };
    const positions = sourceInfo?.positions ?? {};
    return { ok: true, expr, offsetOf: (id) => positions[String(id)] ?? 0 };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Prepares an expression. One that does not parse is not an exception: it evaluates to unknown, so
 * that a policy which reached the gate unchecked still holds. by (fail-closed)
 */
export function expression(source: string): Expression {
  const parsed = parseExpression(source);
  if (!parsed.ok) return broken(source, parsed.message);
  let run: (bindings: Bindings) => unknown;
  const { expr } = parsed;
  try {
    run = plan(ENV, expr) as (bindings: Bindings) => unknown; // the planner types bindings by declared variables; ours are checked by `policy`
  } catch (error) {
    return broken(source, error instanceof Error ? error.message : String(error));
  }
  const quick = direct(expr);
  const evaluate = (bindings: Bindings) => verdict(run, bindings);
  return {
    source,
    reads: namesRead(expr),
    needs: neededLists(expr),
    key: impliedKey(expr),
    evaluate,
    judge: ({ frame, bindings }) => {
      const holds = quick(frame);
      return holds === undefined ? evaluate(bindings()) : holds ? HOLDS : HOLDS_NOT;
    },
  };
}

/** What can be said of an expression once and for all, as plain data. */
export function analysisOf(source: string): Analysis {
  const { reads, needs, key } = expression(source);
  return { reads, needs, key };
}

function broken(source: string, message: string): Expression {
  const because = `the expression \`${source.slice(0, 80)}\` cannot be evaluated: ${message}`;
  const fails = (): Verdict => ({ kind: "unknown", because });
  return { source, reads: [], needs: [], key: null, evaluate: fails, judge: fails };
}

function guarded(run: (bindings: Bindings) => unknown, bindings: Bindings): unknown {
  try {
    return run(bindings);
  } catch (error) {
    return error;
  }
}

function verdict(run: (bindings: Bindings) => unknown, bindings: Bindings): Verdict {
  const value = guarded(run, bindings);
  if (typeof value === "boolean") return { kind: "known", holds: value };
  return { kind: "unknown", because: whyUnknown(value) };
}

function whyUnknown(value: unknown): string {
  const message = value instanceof Error ? value.message : `it gave ${typeof value}, not a boolean`;
  return message.replace(/^Unsupported input Error: /, "").slice(0, 300);
}

const NAMES = Object.keys(VISIBLE.fields);

/** Facts for the evaluator, made when it is first asked; each fact is wrapped once, when first read. */
export function activationOf(facts: Facts): Activation {
  const frame: Frame = { facts, it: null, locals: [] };
  let bindings: Bindings | null = null;
  return {
    frame,
    bindings: () => {
      bindings ??= bindingsOf(frame);
      return bindings;
    },
  };
}

function bindingsOf(frame: Frame): Bindings {
  const bindings: Record<string, CelInput> = {};
  const bind = (name: string, get: () => CelInput) =>
    Object.defineProperty(bindings, name, { get });
  for (const name of NAMES) {
    let wrapped: CelInput | undefined;
    bind(name, () => {
      wrapped ??= celValue(frame.facts[name]);
      return wrapped;
    });
  }
  const items = new Map<unknown, CelInput>();
  bind("it", () => {
    const known = items.get(frame.it);
    if (known !== undefined) return known;
    const wrapped = celValue(frame.it);
    items.set(frame.it, wrapped);
    return wrapped;
  });
  return bindings;
}

/** A fact as CEL sees it: integers are bigints, unknowns are errors on any access. */
export function celValue(fact: unknown): CelInput {
  switch (typeof fact) {
    case "number":
      return BigInt(fact);
    case "string":
    case "boolean":
      return fact;
    case "object":
      if (fact === null) return null;
      if (Array.isArray(fact)) return celList(fact.map(celValue));
      if (isUnknown(fact)) return unknownValue(fact.$unknown.because);
      return celMap(new FactMap(fact as Readonly<Record<string, unknown>>)); // an object of a validated document
    default:
      return unknownValue("the fact is missing");
  }
}

/** The evaluator reports any input it cannot take as an error; an Error object is such an input. */
function unknownValue(because: string): CelInput {
  return new Error(because) as unknown as CelInput; // deliberately no CEL value (fail-closed)
}

/**
 * Wraps an object once and its members when first read: most rules read few of them. A member that
 * is undefined is none.
 */
class FactMap implements ReadonlyMap<string, CelInput> {
  readonly #fact: Readonly<Record<string, unknown>>;
  readonly #wrapped = new Map<string, CelInput>();

  constructor(fact: Readonly<Record<string, unknown>>) {
    this.#fact = fact;
  }
  get size(): number {
    return [...this.keys()].length;
  }
  get(name: string): CelInput | undefined {
    const known = this.#wrapped.get(name);
    if (known !== undefined) return known;
    const value = Object.hasOwn(this.#fact, name) ? this.#fact[name] : undefined;
    if (value === undefined) return undefined;
    const wrapped = celValue(value);
    this.#wrapped.set(name, wrapped);
    return wrapped;
  }
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }
  forEach(visit: (value: CelInput, key: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }
  *entries(): MapIterator<[string, CelInput]> {
    for (const name of this.keys()) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }
  *keys(): MapIterator<string> {
    for (const [name, value] of Object.entries(this.#fact)) if (value !== undefined) yield name;
  }
  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }
}
