// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Delta, type Gap } from "@interlock/core";
import type { ChangedFile, Source, SourceResult, World } from "../source.ts";
import { accessDeltas } from "./access.ts";
import { backupDeltas } from "./backup.ts";
import { chartDeltas } from "./chart.ts";
import { containerDeltas } from "./containers.ts";
import { cronDeltas } from "./cron.ts";
import { disruptionDeltas } from "./disruption.ts";
import { effectsOf, prunedDelta } from "./effects.ts";
import { mayHoldObjects, type Side, sidesOf } from "./file.ts";
import { filterDeltas } from "./filters.ts";
import { fleetDeltas } from "./fleet.ts";
import { heapDeltas } from "./heap.ts";
import { imageDeltas } from "./images.ts";
import { isKustomization, kustomizationDeltas, listedAfter } from "./kustomization.ts";
import { neighboursOf } from "./neighbours.ts";
import { KUSTOMIZATION, type KubeObject } from "./object.ts";
import { type FileObjects, type Pair, pairObjects } from "./pair.ts";
import { placementDeltas } from "./placement.ts";
import { danglingDeltas, misdirectedDeltas } from "./reference.ts";
import { removalDeltas } from "./removal.ts";
import { replicaDeltas } from "./replicas.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { selectionDeltas } from "./selection.ts";
import { servedDeltas } from "./served.ts";
import { strategyDeltas } from "./strategy.ts";
import { isValuesFile } from "./values.ts";
import { upgradedFolders, versionDeltas } from "./versions.ts";

const MANIFEST = /\.(?:ya?ml|json|tpl|gotmpl|j2)$/i;
const GROUP = "kubernetes";

/** Kubernetes objects, Helm charts and values, and kustomizations of a change. */
export const kubernetesSource: Source = {
  group: GROUP,
  wants: (file) =>
    (MANIFEST.test(file.path) || KUSTOMIZATION.test(file.path)) &&
    file.kind !== "lock" &&
    file.kind !== "workflow",
  read: readKubernetes,
};

async function readKubernetes(files: readonly ChangedFile[], world: World): Promise<SourceResult> {
  const gaps: Gap[] = [];
  const objects = files.filter(mayMatter).map((file) => objectsOf(file, gaps));
  const pairs = pairObjects(objects);
  const changed = new Set(files.map((file) => file.path));
  const beside = await neighboursOf(pairs, { changed, folders: upgradedFolders(files) }, world);
  for (const folder of beside.cut) gaps.push(cutFolder(folder));
  for (const file of files.filter(({ path }) => isValuesFile(path))) gaps.push(...unread(file));
  const scene = sceneOf(pairs, beside.objects, beside.cut.length === 0);
  const charts = await chartDeltas(files, pairs, world);
  const deltas = [...deltasOf(scene), ...charts, ...versionDeltas(files, beside.texts)];
  if (deltas.length > DELTAS_MAX) gaps.push(tooMany(deltas.length));
  return {
    deltas: deltas.slice(0, DELTAS_MAX),
    effects: effectsOf(deltas, pairs),
    gaps,
  };
}

const mayMatter = (file: ChangedFile): boolean =>
  KUSTOMIZATION.test(file.path) ||
  (!isValuesFile(file.path) && (mayHoldObjects(file.before) || mayHoldObjects(file.after)));

function deltasOf(scene: Scene): readonly Delta[] {
  const listed = listedAfter(scene.pairs);
  const kustomizations = scene.pairs.flatMap((pair) => kustomizationDeltas(pair, listed));
  const objects = scene.pairs.filter((pair) => !isKustomization(pair.after ?? pair.before));
  return [
    ...objects.flatMap((pair) => objectDeltas(pair, scene)),
    ...disruptionDeltas(scene),
    ...selectionDeltas(scene),
    ...danglingDeltas(scene),
    ...misdirectedDeltas(scene),
    ...servedDeltas(scene),
    ...prunedDelta(objects),
    ...kustomizations,
  ];
}

function objectDeltas(pair: Pair, scene: Scene): readonly Delta[] {
  return [
    ...replicaDeltas(pair, scene),
    ...strategyDeltas(pair),
    ...containerDeltas(pair),
    ...heapDeltas(pair),
    ...imageDeltas(pair),
    ...removalDeltas(pair),
    ...fleetDeltas(pair),
    ...cronDeltas(pair, scene),
    ...accessDeltas(pair),
    ...filterDeltas(pair, scene),
    ...placementDeltas(pair),
    ...backupDeltas(pair, scene),
  ];
}

function unread(file: ChangedFile): readonly Gap[] {
  const { before, after } = sidesOf(file);
  const side = [after, before].find(({ kind }) => kind === "unreadable");
  return side?.kind === "unreadable" ? [broken(file.path, side)] : [];
}

function objectsOf(file: ChangedFile, gaps: Gap[]): FileObjects {
  const { before, after } = sidesOf(file);
  const found = unread(file);
  gaps.push(...found);
  // Without the other side an object is neither new nor gone.
  const whole = found.length === 0 && !isHalf(file);
  return {
    path: file.path,
    before: whole ? objectsIn(before) : [],
    after: whole ? objectsIn(after) : [],
  };
}

/** A side that should be there and was not read; the gatherer has reported why. */
function isHalf(file: ChangedFile): boolean {
  if (file.before === null && file.status !== "added" && file.status !== "copied") return true;
  return file.after === null && file.status !== "deleted";
}

const objectsIn = (side: Side): readonly KubeObject[] =>
  side.kind === "objects" ? side.objects : [];

function broken(path: string, side: Extract<Side, { kind: "unreadable" }>): Gap {
  return {
    group: GROUP,
    path,
    code: side.code === "too-large" ? "too-large" : "unparsable",
    detail: `line ${side.line}: ${side.detail}`.slice(0, 1_000),
    help: "correct the file, or give its rendered output, so that its objects can be compared",
  };
}

function cutFolder(folder: string): Gap {
  return {
    group: GROUP,
    path: folder,
    code: "truncated",
    detail: "the folder has more manifests than are read to find what refers to a changed object",
    help: "split the change or the folder, or have an owner confirm that nothing else refers to it",
  };
}

function tooMany(count: number): Gap {
  return {
    group: GROUP,
    path: "",
    code: "truncated",
    detail: `${count} differences, of which ${DELTAS_MAX} are judged`,
    help: "split the change",
  };
}
