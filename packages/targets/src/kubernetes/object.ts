// SPDX-License-Identifier: Apache-2.0
/** A ConfigMap as its API shows it, and what of it is ours. */
import { type Json, sha256Hex } from "@interlock/digest";
import type { Held } from "../target.ts";
import { inside, listIn, membersIn, textIn } from "../web/json.ts";

export const FENCE = "interlock.dev/fence";
/** The idempotency keys of the last writes, newest first, a comma between. */
export const WRITTEN = "interlock.dev/written";
/** How many are remembered: with a key of 71 characters it stays far below 256 KiB of annotations. */
export const REMEMBERED = 64;

export type ConfigMap = {
  readonly resourceVersion: string;
  readonly values: ReadonlyMap<string, Uint8Array>;
  /** 0 before the first; `null`: what stands there is none. */
  readonly fence: number | null;
  readonly written: readonly string[];
  /** Keys that our field manager applied, so that leaving them out removes them. */
  readonly applied: ReadonlySet<string>;
  /** Keys that somebody else owns as well or alone. */
  readonly foreign: ReadonlySet<string>;
};

/** `null`: it is no ConfigMap. */
export function configMapOf(body: Json | undefined, fieldManager: string): ConfigMap | null {
  const resourceVersion = textIn(body, "metadata", "resourceVersion");
  if (textIn(body, "kind") !== "ConfigMap" || resourceVersion === undefined) return null;
  return configMapIn(body, resourceVersion, fieldManager);
}

/** Of an item of a list or of a watch, whose kind may be left out. */
export function configMapIn(
  body: Json | undefined,
  resourceVersion: string,
  fieldManager: string,
): ConfigMap {
  const fence = textIn(body, "metadata", "annotations", FENCE);
  const written = textIn(body, "metadata", "annotations", WRITTEN);
  return {
    resourceVersion,
    values: valuesIn(body),
    fence: fence === undefined ? 0 : fenceOf(fence),
    written: written === undefined ? [] : written.split(","),
    ...ownersIn(body, fieldManager),
  };
}

function valuesIn(body: Json | undefined): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const [key, value] of membersIn(body, "data"))
    if (typeof value === "string") values.set(key, Buffer.from(value, "utf8"));
  for (const [key, value] of membersIn(body, "binaryData"))
    if (typeof value === "string") values.set(key, Buffer.from(value, "base64"));
  return values;
}

const fenceOf = (text: string): number | null => {
  const fence = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(fence) ? fence : null;
};

/** From managedFields, in the form `fieldsV1` (`f:data: {"f:key": {}}`). */
function ownersIn(body: Json | undefined, fieldManager: string) {
  const applied = new Set<string>();
  const foreign = new Set<string>();
  for (const entry of listIn(body, "metadata", "managedFields")) {
    const isOurs =
      textIn(entry, "manager") === fieldManager && textIn(entry, "operation") === "Apply";
    for (const part of ["f:data", "f:binaryData"])
      for (const field of membersIn(inside(entry, "fieldsV1"), part).keys())
        if (field.startsWith("f:")) (isOurs ? applied : foreign).add(field.slice(2));
  }
  return { applied, foreign };
}

/**
 * Of one key. The resourceVersion is the whole object's and moves with every other key and label, so
 * a key's version is a digest of its value; the resourceVersion guards the time between reading and
 * applying.
 */
export const versionOf = (value: Uint8Array): string => sha256Hex(value);

export const heldOf = (value: Uint8Array | undefined): Held | null =>
  value === undefined ? null : { value, version: versionOf(value) };

/** Text goes into `data`, where people can read it, and everything else into `binaryData`. */
export function dataOf(values: ReadonlyMap<string, Uint8Array>): {
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, string>>;
} {
  const data: [string, string][] = [];
  const binaryData: [string, string][] = [];
  for (const [key, value] of values) {
    const bytes = Buffer.from(value);
    const text = bytes.toString("utf8");
    if (Buffer.from(text).equals(bytes)) data.push([key, text]);
    else binaryData.push([key, bytes.toString("base64")]);
  }
  return { data: Object.fromEntries(data), binaryData: Object.fromEntries(binaryData) };
}
