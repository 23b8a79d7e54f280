import type { Node, Parsed } from "../../src/config/types.ts";

/** A tree without its lines. */
export const shape = (n: Node): unknown =>
  n.kind === "scalar"
    ? [n.type, n.text]
    : n.kind === "list"
      ? n.items.map(shape)
      : { map: n.entries.map((e) => [e.key, shape(e.value)]) };

export const shapes = (p: Parsed): unknown => (p.ok ? p.documents.map(shape) : p.problem.code);

/** The lines of a tree without its content. */
export const lines = (n: Node): unknown =>
  n.kind === "scalar"
    ? n.line
    : n.kind === "list"
      ? [n.line, n.items.map(lines)]
      : [n.line, n.entries.map((e) => [e.keyLine, lines(e.value)])];
