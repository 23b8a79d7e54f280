// SPDX-License-Identifier: Apache-2.0
/** An object as its API shows it, and what of it is ours. */
import { type Json, sha256Hex } from "@interlock/digest";
import type { Held } from "../target.ts";
import { inside, listIn, membersIn, textIn } from "../web/json.ts";
import type { Form } from "./form.ts";

export const FENCE = "interlock.dev/fence";
/** The idempotency keys of the last writes, newest first, a comma between. */
export const WRITTEN = "interlock.dev/written";
/** How many are remembered: with a key of 71 characters it stays far below 256 KiB of annotations. */
export const REMEMBERED = 64;

export type Found = {
  readonly object: Json;
  readonly resourceVersion: string;
  readonly values: ReadonlyMap<string, Uint8Array>;
  /** 0 before the first; `null`: what stands there is none. */
  readonly fence: number | null;
  readonly written: readonly string[];
  /** Keys that our field manager applied, so that leaving them out removes them. */
  readonly applied: ReadonlySet<string>;
  /** Keys that somebody else owns as well or alone. */
  readonly foreign: ReadonlySet<string>;
  /** What our field manager applied and this driver would take away by leaving it out. */
  readonly strange: readonly string[];
};

/** `null`: it is no object of this form. */
export function objectOf(object: Json, form: Form, fieldManager: string): Found | null {
  const resourceVersion = textIn(object, "metadata", "resourceVersion");
  if (textIn(object, "kind") !== form.kind || resourceVersion === undefined) return null;
  const fence = textIn(object, "metadata", "annotations", FENCE);
  const written = textIn(object, "metadata", "annotations", WRITTEN);
  return {
    object,
    resourceVersion,
    values: form.valuesIn(object),
    fence: fence === undefined ? 0 : fenceOf(fence),
    written: written === undefined ? [] : written.split(","),
    ...ownersIn(object, form, fieldManager),
  };
}

const fenceOf = (text: string): number | null => {
  const fence = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(fence) ? fence : null;
};

/** From managedFields, in the form `fieldsV1` (`f:data: {"f:key": {}}`). */
function ownersIn(object: Json, form: Form, fieldManager: string) {
  const applied = new Set<string>();
  const foreign = new Set<string>();
  const strange: string[] = [];
  for (const entry of listIn(object, "metadata", "managedFields")) {
    const isOurs =
      textIn(entry, "manager") === fieldManager && textIn(entry, "operation") === "Apply";
    for (const path of pathsIn(inside(entry, "fieldsV1"))) {
      const key = form.keyAt(path);
      if (key !== null) (isOurs ? applied : foreign).add(key);
      else if (isOurs && !isAnnotation(path) && !form.isBeside(path))
        strange.push(path.map((step) => step.replace(/^f:/, "")).join("."));
    }
  }
  return { applied, foreign, strange };
}

/** Deeper than any object of ours; what lies below counts as its place. */
const DEPTH_MAX = 24;

/** The leaves of a set of fields, `.` of a list item among them. */
function* pathsIn(
  fields: Json | undefined,
  at: readonly string[] = [],
): Generator<readonly string[]> {
  const members = membersIn(fields);
  if (at.length > 0 && (members.size === 0 || at.length === DEPTH_MAX)) yield at;
  else for (const [step, inner] of members) yield* pathsIn(inner, [...at, step]);
}

const isAnnotation = ([first, second, name]: readonly string[]): boolean =>
  first === "f:metadata" &&
  second === "f:annotations" &&
  [".", undefined, `f:${FENCE}`, `f:${WRITTEN}`].includes(name);

/**
 * Of one key. The resourceVersion is the whole object's and moves with every other key and label, so
 * a key's version is a digest of its value; the resourceVersion guards the time between reading and
 * applying.
 */
export const versionOf = (value: Uint8Array): string => sha256Hex(value);

export const heldOf = (value: Uint8Array | undefined): Held | null =>
  value === undefined ? null : { value, version: versionOf(value) };
