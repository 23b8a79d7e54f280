// SPDX-License-Identifier: Apache-2.0
/** The functions and operators that a policy may use, with their exact types. */
import {
  always,
  BOOL,
  comparable,
  type IntType,
  intBetween,
  TEXT,
  type Type,
  typeName,
  union,
} from "./type.ts";

/** The type of a call, or why the operator does not take these arguments and what to do. */
export type Outcome = { readonly type: Type } | { readonly message: string; readonly help: string };

const of = (type: Type): Outcome => ({ type });

export function operatorType(name: string, args: readonly Type[]): Outcome {
  const [a, b, c] = args;
  if (a === undefined) return mismatch(name, args);
  switch (name) {
    case "_==_":
    case "_!=_":
      return b !== undefined && comparable(a, b) ? of(BOOL) : mismatch(name, args);
    case "_<_":
    case "_<=_":
    case "_>_":
    case "_>=_":
      return b === undefined ? mismatch(name, args) : orderType(name, a, b);
    case "!_":
      if (a.kind !== "bool") return mismatch(name, args);
      return of(a.always === undefined ? BOOL : always(!a.always));
    // The macros wrap their loop condition in it; it has no written form.
    case "@not_strictly_false":
      return a.kind === "bool" ? of(BOOL) : mismatch(name, args);
    case "@in":
      return b === undefined ? mismatch(name, args) : inType(a, b);
    case "_?_:_":
      if (a.kind !== "bool" || b === undefined || c === undefined || !comparable(b, c))
        return mismatch(name, args);
      return of(union(b, c));
    case "_[_]":
      return {
        message: `a ${typeName(a)} cannot be indexed: lists of facts are sets without an order`,
        help: "look through it with `.exists(x, …)`, or ask `VALUE in LIST`",
      };
    case "size":
      return args.length === 1 ? sizeType(a) : mismatch(name, args);
    default:
      return isArithmetic(name) ? arithmeticType(name, a, b) : unknownFunction(name);
  }
}

function orderType(name: string, a: Type, b: Type): Outcome {
  if (a.kind === "text" && b.kind === "text") return of(BOOL);
  if (a.kind !== "int" || b.kind !== "int") return mismatch(name, [a, b]);
  const [less, more] = name === "_<_" || name === "_<=_" ? [a, b] : [b, a];
  const strict = name === "_<_" || name === "_>_";
  if (strict ? less.max < more.min : less.max <= more.min) return of(always(true));
  if (strict ? less.min >= more.max : less.min > more.max) return of(always(false));
  return of(BOOL);
}

function inType(item: Type, list: Type): Outcome {
  if (list.kind === "empty-list") return of(always(false));
  if (list.kind !== "list" || !comparable(item, list.of)) return mismatch("@in", [item, list]);
  return of(BOOL);
}

const ARITHMETIC = ["_+_", "_-_", "_*_", "_/_", "_%_", "-_"] as const;
type Arithmetic = (typeof ARITHMETIC)[number];
const isArithmetic = (name: string): name is Arithmetic => ARITHMETIC.some((a) => a === name);

function arithmeticType(name: Arithmetic, a: Type, b: Type | undefined): Outcome {
  if (name === "_+_" && b !== undefined) {
    if (a.kind === "text" && b.kind === "text") return of(TEXT);
    if (isList(a) && isList(b) && comparable(a, b)) return of(joined(a, b));
  }
  if (a.kind !== "int") return mismatch(name, b === undefined ? [a] : [a, b]);
  if (name === "-_") return ranged([-a.max, -a.min]);
  if (b?.kind !== "int") return mismatch(name, b === undefined ? [a] : [a, b]);
  return name === "_/_" || name === "_%_" ? divided(name, a, b) : ranged(rangeOf(name, a, b));
}

type ListType = Extract<Type, { kind: "list" | "empty-list" }>;
const isList = (type: Type): type is ListType => type.kind === "list" || type.kind === "empty-list";

function joined(a: ListType, b: ListType): Type {
  if (a.kind === "empty-list") return b;
  if (b.kind === "empty-list") return a;
  return { kind: "list", of: union(a.of, b.of), max: a.max + b.max };
}

function rangeOf(name: "_+_" | "_-_" | "_*_", a: IntType, b: IntType): readonly [number, number] {
  if (name === "_+_") return [a.min + b.min, a.max + b.max];
  if (name === "_-_") return [a.min - b.max, a.max - b.min];
  const products = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
  return [Math.min(...products), Math.max(...products)];
}

function divided(name: "_/_" | "_%_", a: IntType, b: IntType): Outcome {
  if (b.min <= 0 && b.max >= 0)
    return {
      message: "the divisor may be 0",
      help: "divide by a number, or multiply the other side instead",
    };
  const size = Math.max(Math.abs(a.min), Math.abs(a.max));
  const bound = name === "_/_" ? size : Math.max(Math.abs(b.min), Math.abs(b.max)) - 1;
  return ranged([a.min >= 0 && b.min > 0 ? 0 : -bound, bound]);
}

function ranged([min, max]: readonly [number, number]): Outcome {
  const type = intBetween(min, max);
  return type === null
    ? {
        message: "the result may be larger than an integer holds",
        help: "multiply by a smaller number, or compare `ratioPpm`",
      }
    : of(type);
}

function sizeType(type: Type): Outcome {
  switch (type.kind) {
    case "list":
    case "text":
    case "record":
      return of({ kind: "int", min: 0, max: type.max });
    case "empty-list":
      return of({ kind: "int", min: 0, max: 0 });
    default:
      return {
        message: `a ${typeName(type)} has no size`,
        help: "only texts and lists have one",
      };
  }
}

export const TEXT_METHODS = ["startsWith", "endsWith", "contains", "matches"] as const;
export const METHOD_NAMES = [...TEXT_METHODS, "size"] as const;
/** Forms that the parser expands; what is left unexpanded was written wrongly. */
export const MACRO_NAMES = ["exists", "all", "exists_one", "filter", "map"] as const;

export function methodType(name: string, target: Type, args: readonly Type[]): Outcome {
  if (name === "size") return args.length === 0 ? sizeType(target) : mismatch(name, args);
  const fits = target.kind === "text" && args.length === 1 && args[0]?.kind === "text";
  if (fits) return of(BOOL);
  return {
    message: `\`${name}\` does not fit a ${typeName(target)} and ${args.map(typeName).join(" and ") || "nothing"}`,
    help:
      target.kind === "list"
        ? `look through the list: \`.exists(x, x.${name}(…))\``
        : `\`${name}\` asks one text about another`,
  };
}

const unknownFunction = (name: string): Outcome => ({
  message: `no function is called \`${name}\` here`,
  help: `known here: has, size, ${[...TEXT_METHODS, ...MACRO_NAMES].join(", ")}`,
});

function mismatch(name: string, args: readonly Type[]): Outcome {
  return {
    message: `\`${operatorName(name)}\` does not take ${args.map(typeName).join(" and ") || "nothing"}`,
    help: "compare facts of one type; integers have no fractions",
  };
}

const OPERATORS: Readonly<Record<string, string>> = {
  "_==_": "==",
  "_!=_": "!=",
  "_<_": "<",
  "_<=_": "<=",
  "_>_": ">",
  "_>=_": ">=",
  "_&&_": "&&",
  "_||_": "||",
  "!_": "!",
  "@in": "in",
  "_+_": "+",
  "_-_": "-",
  "_*_": "*",
  "_/_": "/",
  "_%_": "%",
  "-_": "-",
  "_?_:_": "?:",
  "_[_]": "[]",
};

export const operatorName = (name: string): string => OPERATORS[name] ?? name;
