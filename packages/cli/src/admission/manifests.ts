// SPDX-License-Identifier: Apache-2.0
/** Rendered manifests, as objects by what names them. */
import type { Json } from "@interlock/digest";
import { parseAllDocuments, type Tags } from "yaml";
import { isList, isMap, type JsonMap, mapAt, own, textAt, within } from "./match/shape.ts";

/** `null` as namespace: the manifest says none, and where it goes the settings say. */
export type Manifest = {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly object: JsonMap;
};

export type ReadManifests =
  | { readonly ok: true; readonly manifests: readonly Manifest[] }
  | { readonly ok: false; readonly says: string };

/** An object of the API server is at most 1.5 MiB (etcd's `--max-request-bytes`). */
export const FILE_MAX = 2 * 1024 * 1024;
const DEPTH_MAX = 100;
const OBJECTS_MAX = 5_000;
const ALIASES_MAX = 100;

/**
 * Objects of a file, read as the tools of Kubernetes read it (YAML 1.1: `0644` is octal, `on` is true).
 * A file that is not read whole is not read at all: half of it was never approved.
 */
export function readManifests(text: string): ReadManifests {
  if (text.length > FILE_MAX) return no(`it is longer than ${FILE_MAX} characters`);
  const documents = parseAllDocuments(text, {
    version: "1.1",
    merge: true,
    uniqueKeys: true,
    customTags,
  });
  const found: Manifest[] = [];
  for (const document of "empty" in documents ? [] : documents) {
    const [wrong] = document.errors;
    if (wrong !== undefined) return no(wrong.message.split("\n")[0] ?? "it is no YAML");
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch (error) {
      return no(error instanceof Error ? error.message : "it is no YAML");
    }
    if (value === null || value === undefined) continue;
    const json = plainJson(value);
    if (json === undefined) return no("it holds a number that is no JSON");
    const why = collect(json, found);
    if (why !== null) return no(why);
  }
  return { ok: true, manifests: found };
}

const no = (says: string): ReadManifests => ({ ok: false, says });

/** `undefined`: there is something in it that JSON does not have. */
function plainJson(value: unknown): Json | undefined {
  let odd = false;
  const text = JSON.stringify(value, (_, one: unknown) => {
    odd ||= typeof one === "bigint" || (typeof one === "number" && !Number.isFinite(one));
    return typeof one === "bigint" ? null : one;
  });
  return odd || text === undefined ? undefined : (JSON.parse(text) as Json); // just written
}

/** The tools of Kubernetes (go-yaml) take times for texts, and know no numbers to the base of 60. */
const TIMES = /:(?:timestamp|binary|omap|pairs|set)$/;
const customTags = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === "string" || (tag.format !== "TIME" && !TIMES.test(tag.tag)));

/** Why a document cannot be taken, or `null`. */
function collect(value: Json, found: Manifest[]): string | null {
  if (!isMap(value) || !within(value, DEPTH_MAX)) return "a document in it is no object";
  const items = own(value, "items");
  if (textAt(value, "kind").endsWith("List") && isList(items)) {
    for (const item of items) {
      const why = collect(item, found);
      if (why !== null) return why;
    }
    return null;
  }
  const [apiVersion, kind] = [textAt(value, "apiVersion"), textAt(value, "kind")];
  const metadata = mapAt(value, "metadata");
  const name = textAt(metadata, "name");
  if (apiVersion === "" || kind === "" || name === "")
    return "an object in it has no `apiVersion`, `kind` or `metadata.name`";
  if (found.length >= OBJECTS_MAX) return `it holds more than ${OBJECTS_MAX} objects`;
  const group = groupOf(apiVersion);
  const namespace = textAt(metadata, "namespace");
  found.push({ group, kind, name, namespace: namespace === "" ? null : namespace, object: value });
  return null;
}

/** Of `apps/v1` it is `apps`; of `v1` it is empty. */
export const groupOf = (apiVersion: string): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
