// SPDX-License-Identifier: Apache-2.0
/** A request's object against one approved manifest. */
import type { Json } from "@interlock/digest";
import { differences, type Finding } from "./contain.ts";
import { shapeOf, UNKNOWN_KIND } from "./kinds.ts";
import { annotationOf, LAST_APPLIED, MANAGED } from "./metadata.ts";
import { isBelow, type Path } from "./pointer.ts";
import { isList, isMap, type JsonMap, mapAt, own, sameJson, textAt, within } from "./shape.ts";

export type Asked = {
  readonly held: JsonMap;
  /** Of an update. */
  readonly old: JsonMap | null;
  /** Paths that whoever asks may write besides. */
  readonly declared: readonly Path[];
};

export type Match = {
  /** Why it is not what was approved. */
  readonly against: readonly Finding[];
  /** What stood there before, unexplained, and stays. */
  readonly standing: readonly Finding[];
  readonly known: boolean;
};

/**
 * Compares an object with a manifest that was approved for it.
 *
 * INVARIANT (no less, no more): with nothing `against` it, all that was approved stands in the object,
 * and everything else in it is the API server's, declared, or unchanged by this request.
 */
export function matchOf(manifest: JsonMap, { held, old, declared }: Asked): Match {
  const [apiVersion, kind] = [textAt(manifest, "apiVersion"), textAt(manifest, "kind")];
  const table = shapeOf(apiVersion, kind);
  const known = table !== null;
  const approved = asStored(manifest, mapAt(held, "metadata")["namespace"]);
  const against = (object: JsonMap, other: JsonMap | null): readonly Finding[] =>
    differences({
      ...{ approved, shape: table ?? UNKNOWN_KIND, known, declared },
      held: withoutCopy(withoutStatus(object, other), approved, known),
    });
  const found = against(held, old);
  const before = old === null || found.length === 0 ? [] : against(old, held);
  const stays = (one: Finding): boolean =>
    one.kind === "extra" &&
    before.some(
      ({ kind: its, path, held: value }) =>
        its === "extra" &&
        path.length === one.path.length &&
        isBelow(path, one.path) &&
        sameJson(value ?? null, one.held ?? null),
    );
  return {
    against: found.filter((one) => !stays(one)),
    standing: found.filter(stays),
    known,
  };
}

/** A manifest as the API server takes it: in its namespace, without a status, with `stringData` encoded. */
function asStored(manifest: JsonMap, namespace: Json | undefined): JsonMap {
  const { status: _, stringData, ...rest } = manifest;
  const metadata = mapAt(manifest, "metadata");
  const says = namespace === undefined || own(metadata, "namespace") !== undefined;
  const named = says ? metadata : { ...metadata, namespace };
  const object = { ...rest, metadata: withoutNull(named) };
  if (textAt(manifest, "kind") !== "Secret" || !isMap(stringData)) return object;
  const encoded = Object.entries(stringData).map(([name, text]) => [
    name,
    typeof text === "string" ? Buffer.from(text).toString("base64") : text,
  ]);
  return { ...object, data: { ...mapAt(manifest, "data"), ...Object.fromEntries(encoded) } };
}

/** Generators of manifests write `creationTimestamp: null`. */
const withoutNull = (metadata: JsonMap): JsonMap =>
  Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => !isManaged(name) || value !== null),
  );

const isManaged = (name: string): boolean => MANAGED.some((one) => one === name);

/** What stands in `status` and stays is no desired state. */
function withoutStatus(object: JsonMap, other: JsonMap | null): JsonMap {
  const status = own(object, "status");
  if (status === undefined || other === null) return object;
  if (!sameJson(status, own(other, "status") ?? null)) return object;
  const { status: _, ...rest } = object;
  return rest;
}

/** Deeper than any manifest. */
const DEPTH_MAX = 100;

/** Without the copy of the manifest that `kubectl apply` keeps, where it is one of what was approved. */
function withoutCopy(object: JsonMap, approved: JsonMap, known: boolean): JsonMap {
  const text = annotationOf(object, LAST_APPLIED);
  if (text === null) return object;
  const copy = parsed(text);
  if (!isMap(copy) || !within(copy, DEPTH_MAX)) return object;
  const [apiVersion, kind] = [textAt(approved, "apiVersion"), textAt(approved, "kind")];
  const shape = shapeOf(apiVersion, kind) ?? UNKNOWN_KIND;
  const namespace = mapAt(approved, "metadata")["namespace"];
  const held = asStored(copy, namespace);
  if (differences({ approved, held, shape, known, declared: [] }).length > 0) return object;
  return without(object, [["metadata", "annotations", LAST_APPLIED]]);
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json; // whatever JSON it is
  } catch {
    return undefined;
  }
}

/** Whether an update changes nothing but what the API server keeps and what is declared. */
export function changesNothing({ held, old, declared }: Asked): boolean {
  if (old === null) return false;
  const managed = MANAGED.map((name) => ["metadata", name]);
  const bare = (object: JsonMap): JsonMap => without(object, [...managed, ["status"], ...declared]);
  return sameJson(bare(held), bare(old));
}

/** An object without what stands at some paths. */
export function without(object: JsonMap, paths: readonly Path[]): JsonMap {
  const left = prune(object, [], paths);
  return isMap(left) ? left : {};
}

function prune(value: Json, path: Path, paths: readonly Path[]): Json {
  const near = paths.filter((one) => one.length > path.length && isNear(path, one));
  if (near.length === 0) return value;
  if (isMap(value)) {
    const members = Object.entries(value).flatMap(([name, member]) => {
      const at = [...path, name];
      return near.some((one) => isBelow(at, one)) ? [] : [[name, prune(member, at, near)] as const];
    });
    const empty = members.length === 0 && Object.keys(value).length > 0;
    return empty ? null : Object.fromEntries(members.filter(([, member]) => member !== null));
  }
  if (!isList(value)) return value;
  return value.flatMap((item, i) => {
    const ats = near.map((one) => one[path.length] ?? "");
    const part = ats.find((one) => isItem(item, one)) ?? String(i);
    const at = [...path, part];
    return near.some((one) => isBelow(at, one)) ? [] : [prune(item, at, near)];
  });
}

const isNear = (path: Path, one: Path): boolean =>
  path.every((part, i) => one[i] === "*" || one[i] === part);

/** Whether a part of a path, such as `{name=app}`, names an item. */
function isItem(item: Json, part: string): boolean {
  const keys = /^\{(.+)\}$/.exec(part)?.[1];
  if (keys === undefined || !isMap(item)) return false;
  return keys.split(",").every((pair) => {
    const [name = "", ...rest] = pair.split("=");
    return String(own(item, name) ?? (name === "protocol" ? "TCP" : "")) === rest.join("=");
  });
}
