// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { child, eachMap, isTrue, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf } from "./report.ts";
import { mayMeet, type Scene } from "./scene.ts";

/** A place in a tree where one object names another: under `holder`, the name stands in `key`. */
type Place = { readonly holder: string; readonly key: string; readonly kind: string };

const PLACES: readonly Place[] = [
  { holder: "configMapRef", key: "name", kind: "ConfigMap" },
  { holder: "configMapKeyRef", key: "name", kind: "ConfigMap" },
  { holder: "configMap", key: "name", kind: "ConfigMap" },
  { holder: "secretRef", key: "name", kind: "Secret" },
  { holder: "secretKeyRef", key: "name", kind: "Secret" },
  { holder: "secret", key: "secretName", kind: "Secret" },
  { holder: "persistentVolumeClaim", key: "claimName", kind: "PersistentVolumeClaim" },
  { holder: "service", key: "name", kind: "Service" },
];
const NAMED_KEYS: { readonly [key: string]: string } = {
  serviceAccountName: "ServiceAccount",
  priorityClassName: "PriorityClass",
  storageClassName: "StorageClass",
  ingressClassName: "IngressClass",
};
/** Kinds whose removal is looked up, so that the neighbours are worth reading. */
export const REFERENCED_KINDS = new Set([
  ...PLACES.map((place) => place.kind),
  ...Object.values(NAMED_KEYS),
  "Deployment",
  "StatefulSet",
]);

type Reference = { readonly from: KubeObject; readonly kind: string; readonly name: string };

/** An autoscaler that is turned to a workload which nothing around it makes, as its old one was. */
export function misdirectedDeltas(scene: Scene): readonly Delta[] {
  return scene.pairs.flatMap((pair) => {
    const { before, after } = pair;
    if (before === null || after === null) return [];
    const targets = scaleTargets(after);
    const old = scaleTargets(before);
    return targets.flatMap((target) => {
      const made = (one: Reference): boolean =>
        scene.around.some(
          (o) => o.kind === one.kind && o.name === one.name && mayMeet(one.from, o),
        );
      const was = old.find(({ kind }) => kind === target.kind);
      if (was === undefined || was.name === target.name || made(target) || !made(was)) return [];
      return [
        deltaOf(pair, {
          aspect: "reference-dangling",
          key: "scaleTargetRef",
          op: "changed",
          says: { before: was.name, after: target.name },
        }),
      ];
    });
  });
}

const scaleTargets = (object: KubeObject): readonly Reference[] =>
  referencesOf(object).filter(({ kind }) => /^(?:Deployment|StatefulSet)$/.test(kind));

/** Objects that go away while something that stays still names them. */
export function danglingDeltas(scene: Scene): readonly Delta[] {
  const gone = scene.pairs.filter(
    (pair) => pair.after === null && REFERENCED_KINDS.has(pair.before.kind),
  );
  if (gone.length === 0) return [];
  const references = scene.around.flatMap(referencesOf);
  return gone.flatMap((pair) => dangling(pair, references, scene));
}

function dangling(pair: Pair, references: readonly Reference[], scene: Scene): readonly Delta[] {
  const object = pair.before;
  if (object === null || stillMade(object, scene)) return [];
  const user = references.find(
    (r) => r.kind === object.kind && r.name === object.name && mayMeet(r.from, object),
  );
  if (user === undefined) return [];
  return [
    deltaOf(pair, {
      aspect: "reference-dangling",
      key: "name",
      op: "removed",
      says: { before: object.id, after: user.from.id },
    }),
  ];
}

/** The same name may come from elsewhere: another file, a generator, a sealed or external secret. */
function stillMade(object: KubeObject, scene: Scene): boolean {
  const makers = MAKERS[object.kind] ?? [];
  return scene.around.some(
    (other) =>
      other.name === object.name && (other.kind === object.kind || makers.includes(other.kind)),
  );
}

const MAKERS: { readonly [kind: string]: readonly string[] } = {
  Secret: ["ExternalSecret", "SealedSecret", "Certificate", "VaultStaticSecret", "SopsSecret"],
  ConfigMap: ["ExternalSecret"],
  Deployment: ["StatefulSet", "Rollout", "DaemonSet"],
  StatefulSet: ["Deployment", "Rollout"],
};

function referencesOf(from: KubeObject): readonly Reference[] {
  const found: Reference[] = [];
  const add = (kind: string, name: string) => {
    if (name !== "") found.push({ from, kind, name });
  };
  eachMap(from.root, (map) => {
    if (map.kind !== "map") return;
    for (const { key, value } of map.entries) {
      const named = NAMED_KEYS[key];
      if (named !== undefined) add(named, textOf(value));
      if (key === "scaleTargetRef") add(textOf(child(value, "kind")), textOf(child(value, "name")));
      for (const place of PLACES) if (place.holder === key) add(place.kind, required(value, place));
    }
  });
  return found;
}

function required(holder: Node, place: Place): string {
  return isTrue(child(holder, "optional")) ? "" : textOf(child(holder, place.key));
}
