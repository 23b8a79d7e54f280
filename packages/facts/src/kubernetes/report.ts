// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { preview, same, sizeOf, valueKind } from "./node.ts";
import type { KubeObject } from "./object.ts";
import { type Pair, present } from "./pair.ts";
import { type Quantity, ratioPpm } from "./quantity.ts";

/** One field of an object on both sides, and what a rule needs to know of it. */
export type Field = {
  readonly aspect: string;
  /** Nearest mapping key. */
  readonly key: string;
  readonly before?: Node | undefined;
  readonly after?: Node | undefined;
  /** Line in the new text when the field is gone: that of the nearest thing still there. */
  readonly line?: number | undefined;
  /** Appended to the object's id: the container, the rule, the pointer. */
  readonly part?: string;
  /** Reads a scalar as a number; sides that are defaults come in `numbers`. */
  readonly measure?: (text: string) => Quantity | null;
  readonly numbers?: readonly [Quantity | null, Quantity | null];
  readonly tags?: readonly string[];
  readonly op?: Delta["op"] | undefined;
  readonly says?: { readonly before?: string; readonly after?: string };
};

/** The delta of one field, or none when both sides mean the same. */
export function fieldDelta(pair: Pair, field: Field): readonly Delta[] {
  if (field.op === undefined && same(field.before, field.after)) return [];
  return [deltaOf(pair, field)];
}

/** The delta of one field without looking whether the sides differ. */
export function deltaOf(pair: Pair, field: Field): Delta {
  const object = present(pair);
  return delta({
    ...about(object, field.part),
    line: lineOfField(field, object),
    aspect: field.aspect,
    op: field.op ?? operation(field.before, field.after),
    key: field.key,
    words: wordsOf(`${object.kind} ${field.key}`),
    beforeKind: valueKind(field.before),
    afterKind: valueKind(field.after),
    before: field.says?.before ?? preview(field.before),
    after: field.says?.after ?? preview(field.after),
    beforeCount: sizeOf(field.before),
    afterCount: sizeOf(field.after),
    ...numbersOf(field),
    tags: [
      ...(field.tags ?? []),
      ...(pair.before === null ? ["new-object"] : []),
      ...(object.approximate ? ["approximate", "template"] : []),
    ],
  });
}

/** A scalar stands on its own line; a container is best shown by its key. */
function lineOfField(field: Field, object: KubeObject): number {
  if (field.after?.kind === "scalar") return field.after.line;
  return field.line ?? field.after?.line ?? object.line;
}

function about(object: KubeObject, part: string | undefined) {
  return {
    path: object.path,
    subject: part === undefined || part === "" ? object.id : `${object.id}[${part}]`,
    format: object.format,
    environment: object.environment,
  };
}

function operation(before: Node | undefined, after: Node | undefined): Delta["op"] {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

function numbersOf(field: Field): Partial<Delta> {
  const read = (node: Node | undefined) =>
    field.measure !== undefined && node?.kind === "scalar" ? field.measure(node.text) : null;
  const [before, after] = field.numbers ?? [read(field.before), read(field.after)];
  const whole = {
    beforeMicro: before?.micro ?? 0,
    afterMicro: after?.micro ?? 0,
    unit: after?.unit ?? before?.unit ?? "",
  };
  if (before === null || after === null || before.unit !== after.unit) return whole;
  return { ...whole, numeric: true, ratioPpm: ratioPpm(before, after) };
}

/** Lower-case words of camelCase, kebab-case and dotted names. */
export function wordsOf(text: string): readonly string[] {
  return text
    .slice(0, 1_000)
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "")
    .map((word) => word.slice(0, 100));
}
