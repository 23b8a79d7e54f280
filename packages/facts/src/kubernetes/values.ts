// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { isTemplated } from "./containers.ts";
import { imageRef, imageTags } from "./images.ts";
import { child, eachMap, isEmpty, isFalse, isTrue, lineOf, sizeOf, textOf } from "./node.ts";
import type { Pair } from "./pair.ts";
import { count, cpu, memory, type Quantity } from "./quantity.ts";
import { placeholderTags } from "./replicas.ts";
import { deltaOf, fieldDelta } from "./report.ts";

/** A setting of a chart whose name is a convention that nearly every chart follows. */
type Known = {
  readonly aspect: string;
  readonly measure?: (text: string) => Quantity | null;
};

const COUNTS: { readonly [key: string]: Known } = {
  replicas: { aspect: "replicas", measure: count },
  replicaCount: { aspect: "replicas", measure: count },
  minReplicas: { aspect: "hpa-min", measure: count },
  maxReplicas: { aspect: "hpa-max", measure: count },
  minReplicaCount: { aspect: "hpa-min", measure: count },
  maxReplicaCount: { aspect: "hpa-max", measure: count },
};
const RESOURCES: { readonly [key: string]: Known } = {
  memory: { aspect: "memory", measure: memory },
  cpu: { aspect: "cpu", measure: cpu },
};
/** Sections that are switched by their `enabled`, and what switching them off takes away. */
const SWITCHES: { readonly [section: string]: string } = {
  readinessProbe: "readiness",
  livenessProbe: "liveness",
  podDisruptionBudget: "pdb-removed",
  pdb: "pdb-removed",
  persistence: "storage-detached",
  networkPolicy: "filter-removed",
};

/** What a change of chart values means for the objects that the chart makes; always approximate. */
export function valuesDeltas(pair: Pair, old: Node | undefined, now: Node): readonly Delta[] {
  const before = new Map<string, Node>();
  eachMap(old, (map, keys) => before.set(keys.join("."), map));
  const found: Delta[] = [];
  eachMap(now, (map, keys) => {
    const was = before.get(keys.join("."));
    if (was !== undefined) found.push(...mapDeltas(pair, was, map, keys));
  });
  return found;
}

function mapDeltas(pair: Pair, was: Node, map: Node, keys: readonly string[]): readonly Delta[] {
  const section = keys.at(-1) ?? "";
  const known = section === "requests" || section === "limits" ? RESOURCES : COUNTS;
  const measured = Object.entries(known).flatMap(([key, { aspect, measure }]) => {
    const [before, after] = [child(was, key), child(map, key)];
    if (before === undefined || measure === undefined) return [];
    if (after === undefined)
      return known === COUNTS ? fallsBack(pair, map, [...keys, key], before) : [];
    if (measure(textOf(after)) === null) return [];
    const part = [...keys, key].join(".");
    const tags = known === RESOURCES ? [section] : placeholderTags(part);
    return fieldDelta(pair, { aspect, key, before, after, part, measure, tags });
  });
  return [
    ...measured,
    ...switchedOff(pair, was, map, keys),
    ...bareResources(pair, was, map, keys),
    ...imageValue(pair, was, map, keys),
  ];
}

const SCALERS = ["autoscaling", "hpa", "keda", "horizontalPodAutoscaler"];

/** A number that is no longer written: the default of the chart stands, which is not known here. */
function fallsBack(pair: Pair, map: Node, keys: readonly string[], before: Node): readonly Delta[] {
  const key = keys.at(-1) ?? "";
  const scaled = SCALERS.some((section) => isTrue(child(child(map, section), "enabled")));
  if (scaled || COUNTS[key]?.aspect === "hpa-max") return [];
  const part = keys.join(".");
  return [
    deltaOf(pair, {
      aspect: COUNTS[key]?.aspect ?? "replicas",
      key,
      op: "removed",
      before,
      line: map.line,
      part,
      measure: count,
      says: { before: textOf(before), after: "the default of the chart" },
      tags: ["fallback", ...placeholderTags(part)],
    }),
  ];
}

function switchedOff(pair: Pair, was: Node, map: Node, keys: readonly string[]): readonly Delta[] {
  const aspect = SWITCHES[keys.at(-1) ?? ""];
  const [before, after] = [child(was, "enabled"), child(map, "enabled")];
  if (aspect === undefined || !isTrue(before) || !isFalse(after)) return [];
  return [
    deltaOf(pair, {
      aspect,
      key: "enabled",
      op: "removed",
      before,
      after,
      part: keys.join("."),
      says: { before: keys.join("."), after: "" },
      tags: ["serves", "switched-off"],
    }),
  ];
}

/** `resources` whose limits or requests are there before and explicitly gone after. */
function bareResources(
  pair: Pair,
  was: Node,
  map: Node,
  keys: readonly string[],
): readonly Delta[] {
  if (!/resources$/i.test(keys.at(-1) ?? "")) return [];
  return (["requests", "limits"] as const).flatMap((of) => {
    const [had, has] = [child(was, of), child(map, of)];
    if (had === undefined || sizeOf(had) === 0 || (has !== undefined && !isEmpty(has))) return [];
    const cpuOnly = had.kind === "map" && had.entries.every((entry) => entry.key === "cpu");
    return [
      deltaOf(pair, {
        aspect: of,
        key: of,
        op: "removed",
        before: had,
        after: has,
        line: map.line,
        part: keys.join("."),
        tags: cpuOnly ? ["cpu-only"] : [],
      }),
    ];
  });
}

function imageValue(pair: Pair, was: Node, map: Node, keys: readonly string[]): readonly Delta[] {
  const tag = child(map, "tag");
  if (tag === undefined || child(map, "repository") === undefined || isTemplated(tag)) return [];
  const ref = (node: Node) => {
    const digest = textOf(child(node, "digest")) || textOf(child(node, "sha"));
    const text = `${textOf(child(node, "repository"))}:${textOf(child(node, "tag"))}`;
    const read = imageRef(text);
    // An empty tag means the version of the chart, which is pinned with it.
    return { ...read, tag: read.tag || "chart", digest: digest || read.digest };
  };
  return fieldDelta(pair, {
    aspect: "image",
    key: "tag",
    before: child(was, "tag"),
    after: tag,
    line: lineOf(map, "tag"),
    part: keys.join("."),
    tags: imageTags(ref(was), ref(map)),
  });
}

/** `values.yaml`, `values-prod.yaml`, `prod.values.yaml`, and files in a `values` folder. */
export function isValuesFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!/\.(?:ya?ml|json)(?:\.gotmpl)?$/i.test(name)) return false;
  return /(?:^|[._-])values(?:[._-]|$)/i.test(name) || /(?:^|\/)values\/[^/]+$/i.test(path);
}
