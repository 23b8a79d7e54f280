// SPDX-License-Identifier: Apache-2.0
/** Edits of a YAML text that leave every byte alone that they are not about. */
import { isCollection, isMap, isPair, isScalar, type Node, type Pair, type YAMLMap } from "yaml";

/** Replaces `from` to `to`, offsets in the text as it was. */
export type Edit = { readonly from: number; readonly to: number; readonly text: string };

/** Applies edits that do not overlap. */
export function edited(text: string, edits: readonly Edit[]): string {
  const last = [...edits].sort((a, b) => b.from - a.from);
  return last.reduce((t, { from, to, text: put }) => t.slice(0, from) + put + t.slice(to), text);
}

/** Where the written content of a node ends: before the comment and the line end behind it. */
export function endOf(text: string, node: Node): number {
  const last = isCollection(node) && node.flow !== true ? lastOf(node.items) : null;
  if (last !== null) return endOf(text, last);
  const end = node.range?.[1] ?? 0;
  // A block scalar ends with its last line end.
  return text.slice(0, end).trimEnd().length;
}

function lastOf(items: readonly unknown[]): Node | null {
  const last = items[items.length - 1];
  const node = isPair(last) ? (last.value ?? last.key) : last;
  return isNode(node) ? node : null;
}

const isNode = (value: unknown): value is Node => isScalar(value) || isCollection(value);

export const lineEnd = (text: string, from: number): number => {
  const found = text.indexOf("\n", from);
  return found === -1 ? text.length : found - (text[found - 1] === "\r" ? 1 : 0);
};

export const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;

export const newline = (text: string): string => (text.includes("\r\n") ? "\r\n" : "\n");

export const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);

/** The mapping or list below a key; `null` where something else stands, or nothing. */
export function below(map: unknown, key: string): unknown {
  return isMap(map) ? (pairOf(map, key)?.value ?? null) : null;
}

/** A text as a flow collection may hold it: as it is where that is plain, quoted as JSON otherwise. */
export const scalarText = (value: string): string =>
  PLAIN.test(value) && !/^(true|false|null)$/i.test(value) ? value : JSON.stringify(value);

const PLAIN = /^[A-Za-z][\w./-]*$/;

export const rangeOf = (node: unknown): readonly [number, number] | null =>
  isNode(node) && node.range != null ? [node.range[0], node.range[1]] : null;
