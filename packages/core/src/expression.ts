// SPDX-License-Identifier: Apache-2.0
/** The one module that knows the CEL evaluator. Everything else speaks of expressions and values. */
import { type CelInput, celEnv, celList, celMap, isCelError, parse, plan } from "@bufbuild/cel";
import type { Expr } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
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

export type Expression = {
  readonly source: string;
  /** Top-level names it reads, sorted. */
  readonly reads: readonly string[];
  /** Paths of lists such that the expression is false whenever one of them is empty, sorted. */
  readonly needs: readonly string[];
  readonly evaluate: (bindings: Bindings) => Verdict;
  readonly items: (bindings: Bindings) => Items;
};

export type Items =
  | { readonly kind: "known"; readonly items: readonly CelInput[] }
  | { readonly kind: "unknown"; readonly because: string };

const ENV = celEnv();

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
  const reads = new Set<string>();
  collectReads(expr, new Set(), reads);
  return {
    source,
    reads: [...reads].sort(),
    needs: [...new Set(neededLists(expr))].sort(),
    evaluate: (bindings) => verdict(run, bindings),
    items: (bindings) => listItems(run, bindings),
  };
}

function broken(source: string, message: string): Expression {
  const because = `the expression \`${source.slice(0, 80)}\` cannot be evaluated: ${message}`;
  return {
    source,
    reads: [],
    needs: [],
    evaluate: () => ({ kind: "unknown", because }),
    items: () => ({ kind: "unknown", because }),
  };
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

function listItems(run: (bindings: Bindings) => unknown, bindings: Bindings): Items {
  const value = guarded(run, bindings);
  if (typeof value === "object" && value !== null && !isCelError(value) && isIterable(value))
    return { kind: "known", items: [...value] };
  return { kind: "unknown", because: whyUnknown(value) };
}

function isIterable(value: object): value is Iterable<CelInput> {
  return Symbol.iterator in value;
}

function whyUnknown(value: unknown): string {
  const message = value instanceof Error ? value.message : `it gave ${typeof value}, not a boolean`;
  return message.replace(/^Unsupported input Error: /, "").slice(0, 300);
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

/** Wraps an object once and its members when first read: most rules read few of them. */
class FactMap implements ReadonlyMap<string, CelInput> {
  readonly #fact: Readonly<Record<string, unknown>>;
  readonly #wrapped = new Map<string, CelInput>();

  constructor(fact: Readonly<Record<string, unknown>>) {
    this.#fact = fact;
  }
  get size(): number {
    return Object.keys(this.#fact).length;
  }
  get(name: string): CelInput | undefined {
    const known = this.#wrapped.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.#fact, name)) return undefined;
    const value = this.#fact[name];
    if (value === undefined) return undefined;
    const wrapped = celValue(value);
    this.#wrapped.set(name, wrapped);
    return wrapped;
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#fact, name) && this.#fact[name] !== undefined;
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
    yield* Object.keys(this.#fact);
  }
  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }
}

function collectReads(expr: Expr | undefined, bound: ReadonlySet<string>, into: Set<string>): void {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "identExpr":
      if (!bound.has(kind.value.name)) into.add(kind.value.name.replace(/^\./, ""));
      return;
    case "selectExpr":
      collectReads(kind.value.operand, bound, into);
      return;
    case "callExpr":
      for (const part of [kind.value.target, ...kind.value.args]) collectReads(part, bound, into);
      return;
    case "listExpr":
      for (const part of kind.value.elements) collectReads(part, bound, into);
      return;
    case "structExpr":
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === "mapKey") collectReads(entry.keyKind.value, bound, into);
        collectReads(entry.value, bound, into);
      }
      return;
    case "comprehensionExpr": {
      const c = kind.value;
      collectReads(c.iterRange, bound, into);
      const inner = new Set([...bound, c.iterVar, c.iterVar2, c.accuVar]);
      for (const part of [c.accuInit, c.loopCondition, c.loopStep, c.result])
        collectReads(part, inner, into);
      return;
    }
    default:
      return;
  }
}

/** Only what is certain: top-level conjuncts of the form `path.exists(…)`. */
function neededLists(expr: Expr | undefined): readonly string[] {
  const kind = expr?.exprKind;
  if (kind?.case === "callExpr" && kind.value.function === "_&&_")
    return kind.value.args.flatMap(neededLists);
  if (kind?.case !== "comprehensionExpr") return [];
  const c = kind.value;
  const start = c.accuInit?.exprKind;
  const isExists =
    start?.case === "constExpr" &&
    start.value.constantKind.case === "boolValue" &&
    start.value.constantKind.value === false &&
    c.result?.exprKind.case === "identExpr";
  const path = isExists ? pathOf(c.iterRange) : undefined;
  return path === undefined ? [] : [path];
}

function pathOf(expr: Expr | undefined): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === "identExpr") return kind.value.name;
  if (kind?.case !== "selectExpr" || kind.value.testOnly) return undefined;
  const operand = pathOf(kind.value.operand);
  return operand === undefined ? undefined : `${operand}.${kind.value.field}`;
}
