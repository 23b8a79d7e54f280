// SPDX-License-Identifier: Apache-2.0
/**
 * The plain part of the expression language, evaluated straight on the facts: closures over the
 * parsed tree instead of an interpreter over wrapped values. It answers only where every value on
 * the way has exactly the type that the operator takes; for anything else it passes, and the CEL
 * evaluator decides. So it can be faster than CEL but never say something else: a law in
 * `index.test.ts` compares the two.
 */
import type { ExpressionTree } from "./expression.ts";
import { VISIBLE } from "./facts/facts.ts";
import { isUnknown } from "./schema.ts";

/** What a direct evaluation reads and, for the variables of `exists` and its like, writes. */
export type Frame = {
  readonly facts: Readonly<Record<string, unknown>>;
  /** The item that `where` looks at. */
  it: unknown;
  readonly locals: unknown[];
};

/** `undefined`: not answered here. */
export type Direct = (frame: Frame) => boolean | undefined;

const PASS: unique symbol = Symbol("left to CEL");
type Node = (frame: Frame) => unknown;

type Kind = ExpressionTree["exprKind"];
type List = Extract<Kind, { readonly case: "listExpr" }>["value"];
type Comprehension = Extract<Kind, { readonly case: "comprehensionExpr" }>["value"];

const pass: Node = () => PASS;

/** Where a name lives: a slot of `locals` for variables of comprehensions. */
type Place = { readonly slots: ReadonlyMap<string, number>; readonly free: number };

export function direct(expr: ExpressionTree): Direct {
  const run = node(expr, { slots: new Map(), free: 0 });
  return (frame) => {
    const value = run(frame);
    return typeof value === "boolean" ? value : undefined;
  };
}

function node(expr: ExpressionTree | undefined, place: Place): Node {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "constExpr":
      return constant(kind.value.constantKind);
    case "identExpr":
      return name(kind.value.name, place);
    case "selectExpr":
      return select(node(kind.value.operand, place), kind.value.field, kind.value.testOnly);
    case "listExpr":
      return literalList(kind.value, place);
    case "callExpr":
      return call(
        kind.value.function,
        [...(kind.value.target === undefined ? [] : [kind.value.target]), ...kind.value.args].map(
          (a) => node(a, place),
        ),
      );
    case "comprehensionExpr":
      return comprehension(kind.value, place);
    default:
      return pass;
  }
}

function constant(kind: { readonly case: string | undefined; readonly value?: unknown }): Node {
  const { value } = kind;
  if (kind.case === "stringValue" || kind.case === "boolValue") return () => value;
  const number = kind.case === "int64Value" ? Number(value) : Number.NaN;
  return Number.isSafeInteger(number) ? () => number : pass;
}

/** Packages of types that CEL itself knows: `google.…` may name one of them. */
const NAMES_OF_TYPES: ReadonlySet<string> = new Set(["google", "cel"]);

function name(written: string, place: Place): Node {
  const slot = place.slots.get(written);
  if (slot !== undefined) return (frame) => frame.locals[slot];
  if (written === "it") return (frame) => frame.it;
  return Object.hasOwn(VISIBLE.fields, written) ? (frame) => frame.facts[written] : pass;
}

function select(operand: Node, field: string, testOnly: boolean): Node {
  // What every object inherits is no fact.
  if (field in Object.prototype) return pass;
  return (frame) => {
    const object = operand(frame);
    if (typeof object !== "object" || object === null) return PASS;
    if (Array.isArray(object) || isUnknown(object)) return PASS;
    const value = (object as Readonly<Record<string, unknown>>)[field];
    if (testOnly) return value === undefined ? false : isPlain(value) || PASS;
    return value === undefined ? PASS : value;
  };
}

/** Present beyond doubt: neither null, which CEL's maps take for absent, nor unknown. */
function isPlain(value: unknown): boolean {
  return value !== null && !isUnknown(value);
}

function literalList({ elements, optionalIndices }: List, place: Place): Node {
  if (optionalIndices.length > 0) return pass;
  const nodes = elements.map((e) => node(e, place));
  const list = (frame: Frame) => {
    const values = nodes.map((n) => n(frame));
    return values.includes(PASS) ? PASS : values;
  };
  if (!elements.every((e) => e.exprKind.case === "constExpr")) return list;
  const constants = list({ facts: {}, it: null, locals: [] });
  return () => constants;
}

function call(operator: string, args: readonly Node[]): Node {
  const [a, b, c] = args;
  if (a === undefined) return pass;
  if (operator === "_&&_") return logical(args, false);
  if (operator === "_||_") return logical(args, true);
  if (b === undefined) return unary(operator, a);
  if (c !== undefined) return operator === "_?_:_" ? conditional(a, b, c) : pass;
  if (operator === "_==_") return equality(a, b, true);
  if (operator === "_!=_") return equality(a, b, false);
  if (operator === "@in") return membership(a, b);
  const onNumbers = ARITHMETIC[operator];
  if (onNumbers !== undefined) return arithmetic(a, b, onNumbers);
  const onOrder = ORDER[operator];
  if (onOrder !== undefined) return order(a, b, onOrder);
  const onTexts = TEXT_METHODS[operator];
  return onTexts === undefined ? pass : textMethod(a, b, onTexts);
}

/** `decisive` is the answer that ends it: false for `&&`, true for `||`. */
function logical(args: readonly Node[], decisive: boolean): Node {
  return (frame) => {
    for (const arg of args) {
      const value = arg(frame);
      if (value === decisive) return decisive;
      if (typeof value !== "boolean") return PASS;
    }
    return !decisive;
  };
}

function unary(operator: string, a: Node): Node {
  switch (operator) {
    case "!_":
      return (frame) => {
        const value = a(frame);
        return typeof value === "boolean" ? !value : PASS;
      };
    case "@not_strictly_false":
      return (frame) => {
        const value = a(frame);
        return typeof value === "boolean" ? value : PASS;
      };
    case "-_":
      return (frame) => {
        const value = a(frame);
        return Number.isSafeInteger(value) ? 0 - (value as number) : PASS; // isSafeInteger is no type guard
      };
    case "size":
      return (frame) => {
        const value = a(frame);
        return Array.isArray(value) ? value.length : PASS;
      };
    default:
      return pass;
  }
}

function conditional(condition: Node, yes: Node, no: Node): Node {
  return (frame) => {
    const value = condition(frame);
    return value === true ? yes(frame) : value === false ? no(frame) : PASS;
  };
}

function equality(a: Node, b: Node, wanted: boolean): Node {
  return (frame) => {
    const x = a(frame);
    const y = b(frame);
    return sameScalarType(x, y) ? (x === y) === wanted : PASS;
  };
}

/** Both texts, both booleans or both integers that a double holds exactly. */
function sameScalarType(x: unknown, y: unknown): boolean {
  if (typeof x === "string") return typeof y === "string";
  if (typeof x === "boolean") return typeof y === "boolean";
  return Number.isSafeInteger(x) && Number.isSafeInteger(y);
}

function membership(a: Node, b: Node): Node {
  return (frame) => {
    const x = a(frame);
    const list = b(frame);
    if (!Array.isArray(list)) return PASS;
    for (const element of list) {
      if (!sameScalarType(x, element)) return PASS;
      if (x === element) return true;
    }
    return sameScalarType(x, x) ? false : PASS;
  };
}

type Arithmetic = (x: number, y: number) => number;

/** On integers; NaN, and anything that a double may have rounded, is passed on. */
const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  "_+_": (x, y) => x + y,
  "_-_": (x, y) => x - y,
  "_*_": (x, y) => x * y,
  "_/_": (x, y) => (x - (x % y)) / y,
  "_%_": (x, y) => x % y,
};

function arithmetic(a: Node, b: Node, compute: Arithmetic): Node {
  return (frame) => {
    const x = a(frame);
    const y = b(frame);
    if (!Number.isSafeInteger(x) || !Number.isSafeInteger(y)) return PASS;
    const value = compute(x as number, y as number); // isSafeInteger is no type guard
    return Number.isSafeInteger(value) ? value : PASS;
  };
}

type Scalar = string | number;

/** Texts are ordered by UTF-16 code units, as the evaluator does it. */
const ORDER: Readonly<Record<string, (x: Scalar, y: Scalar) => boolean>> = {
  "_<_": (x, y) => x < y,
  "_<=_": (x, y) => x <= y,
  "_>_": (x, y) => x > y,
  "_>=_": (x, y) => x >= y,
};

function order(a: Node, b: Node, compare: (x: Scalar, y: Scalar) => boolean): Node {
  return (frame) => {
    const x = a(frame);
    const y = b(frame);
    if (typeof x === "boolean" || !sameScalarType(x, y)) return PASS;
    return compare(x as Scalar, y as Scalar); // of one type, and no booleans
  };
}

const TEXT_METHODS: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
};

function textMethod(a: Node, b: Node, holds: (text: string, part: string) => boolean): Node {
  return (frame) => {
    const text = a(frame);
    const part = b(frame);
    return typeof text === "string" && typeof part === "string" ? holds(text, part) : PASS;
  };
}

function comprehension(c: Comprehension, place: Place): Node {
  if (c.iterVar2 !== "" || NAMES_OF_TYPES.has(c.iterVar)) return pass;
  const range = node(c.iterRange, place);
  const start = node(c.accuInit, place);
  const item = place.free;
  const result = place.free + 1;
  const inner: Place = {
    slots: new Map([...place.slots, [c.iterVar, item], [c.accuVar, result]]),
    free: place.free + 2,
  };
  const goesOn = node(c.loopCondition, inner);
  const step = node(c.loopStep, inner);
  const end = node(c.result, inner);
  return (frame) => {
    const list = range(frame);
    if (!Array.isArray(list)) return PASS;
    const { locals } = frame;
    locals[result] = start(frame);
    for (const element of list) {
      locals[item] = element;
      const more = goesOn(frame);
      if (more === false) break;
      const next = more === true ? step(frame) : PASS;
      if (next === PASS) return PASS;
      locals[result] = next;
    }
    return end(frame);
  };
}
