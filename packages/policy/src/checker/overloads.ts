// SPDX-License-Identifier: Apache-2.0
/** The functions and operators that a policy may use, with their exact types. */
import { BOOL, comparable, INT, TEXT, type Type } from "./type.ts";

const kinds = (args: readonly Type[]): string => args.map((a) => a.kind).join(",");

/** The result of an operator or plain function, or `null` when it does not take these types. */
export function operatorType(name: string, args: readonly Type[]): Type | null {
  const [a, b, c] = args;
  switch (name) {
    case "_==_":
    case "_!=_":
      return a !== undefined && b !== undefined && comparable(a, b) ? BOOL : null;
    case "_<_":
    case "_<=_":
    case "_>_":
    case "_>=_":
      return kinds(args) === "int,int" || kinds(args) === "text,text" ? BOOL : null;
    case "!_":
    case "@not_strictly_false":
      return kinds(args) === "bool" ? BOOL : null;
    case "_+_":
      if (a?.kind === "list" && (b?.kind === "list" || b?.kind === "empty-list")) return a;
      return kinds(args) === "int,int" ? INT : kinds(args) === "text,text" ? TEXT : null;
    case "_-_":
    case "_*_":
    case "_/_":
    case "_%_":
      return kinds(args) === "int,int" ? INT : null;
    case "-_":
      return kinds(args) === "int" ? INT : null;
    case "@in":
      if (b?.kind === "empty-list") return BOOL;
      return a !== undefined && b?.kind === "list" && comparable(a, b.of) ? BOOL : null;
    case "_?_:_":
      return a?.kind === "bool" && b !== undefined && c !== undefined && comparable(b, c)
        ? b
        : null;
    case "size":
      return args.length === 1 && a !== undefined ? sizeType(a) : null;
    default:
      return null;
  }
}

const sizeType = (type: Type): Type | null =>
  ["list", "empty-list", "text", "record"].includes(type.kind) ? INT : null;

type Method = (target: Type, args: readonly Type[]) => Type | null;

const textMethod: Method = (target, args) =>
  target.kind === "text" && kinds(args) === "text" ? BOOL : null;

export const METHODS: Readonly<Record<string, Method>> = {
  startsWith: textMethod,
  endsWith: textMethod,
  contains: textMethod,
  matches: textMethod,
  size: (target, args) => (args.length === 0 ? sizeType(target) : null),
};
