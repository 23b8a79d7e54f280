// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import type { ChangedFile, World } from "../source.ts";
import { sidesOf } from "./file.ts";
import { at } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { isTemplate } from "./template.ts";
import { missingValueDeltas } from "./template-values.ts";
import { isValuesFile, valuesDeltas } from "./values.ts";

// Where GitOps objects carry the values of a chart.
const VALUES_IN: { readonly [kind: string]: readonly (readonly string[])[] } = {
  HelmRelease: [["spec", "values"]],
  HelmChart: [["spec", "valuesContent"]],
  HelmChartConfig: [["spec", "valuesContent"]],
  Application: [
    ["spec", "source", "helm", "valuesObject"],
    ["spec", "source", "helm", "values"],
  ],
};

/** Values of charts, wherever they are written, and templates that ask for values that are not. */
export async function chartDeltas(
  files: readonly ChangedFile[],
  pairs: readonly Pair[],
  world: World,
): Promise<readonly Delta[]> {
  const found: Delta[] = [];
  for (const file of files) {
    if (file.before === null || file.after === null) continue;
    if (isValuesFile(file.path)) found.push(...fileValues(file));
    if (isTemplate(file.after)) found.push(...(await missingValueDeltas(file, files, world)));
  }
  for (const pair of pairs) found.push(...objectValues(pair));
  return found;
}

function fileValues(file: ChangedFile): readonly Delta[] {
  const { before, after } = sidesOf(file);
  if (before.kind !== "objects" || after.kind !== "objects") return [];
  const [old, now] = [before.documents[0], after.documents[0]];
  if (old === undefined || now === undefined) return [];
  const pair = { before: pretend(file, old), after: pretend(file, now) };
  return valuesDeltas(pair, old, now);
}

/** Values stand for the objects of a release whose names are not known here. */
function pretend(file: ChangedFile, root: Node): KubeObject {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  return {
    kind: "Values",
    apiVersion: "",
    namespace: "",
    name,
    id: name,
    path: file.path,
    line: root.line,
    root,
    environment: file.environment,
    format: "helm-values",
    approximate: true,
  };
}

function objectValues(pair: Pair): readonly Delta[] {
  if (pair.before === null || pair.after === null) return [];
  const { before, after } = pair;
  return (VALUES_IN[after.kind] ?? []).flatMap((keys) => {
    const [old, now] = [at(before.root, ...keys), at(after.root, ...keys)];
    if (old?.kind !== "map" || now?.kind !== "map") return [];
    const inferred = {
      before: { ...before, approximate: true },
      after: { ...after, approximate: true },
    };
    return valuesDeltas(inferred, old, now);
  });
}
