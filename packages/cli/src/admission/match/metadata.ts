// SPDX-License-Identifier: Apache-2.0
/** What the API server keeps in the metadata of every object (ObjectMeta of apimachinery). */
import { isMap, type JsonMap, own, type Shape } from "./shape.ts";

const SERVERS: Shape = { allocated: () => true };
const TREE: Shape = { zero: true, values: {} };

/** Members of ObjectMeta that nobody but the API server sets: what a request says there is replaced. */
export const MANAGED = [
  ...["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"],
  ...["deletionTimestamp", "deletionGracePeriodSeconds"],
] as const;

export const metadataShape = (annotations: Readonly<Record<string, Shape>> = {}): Shape => ({
  made: true,
  fields: {
    ...Object.fromEntries(MANAGED.map((name) => [name, SERVERS])),
    labels: TREE,
    annotations: {
      ...TREE,
      made: true,
      fields: annotations,
    },
  },
});

/** Metadata inside a template, which nothing manages. */
export const TEMPLATE_METADATA: Shape = {
  made: true,
  fields: { labels: TREE, annotations: TREE },
};

/** `kubectl apply` keeps there what it was given. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

export const annotationOf = (object: JsonMap, name: string): string | null => {
  const metadata = own(object, "metadata");
  const annotations = isMap(metadata) ? own(metadata, "annotations") : undefined;
  const value = isMap(annotations) ? own(annotations, name) : undefined;
  return typeof value === "string" ? value : null;
};
