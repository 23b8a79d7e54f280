// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { UNSETTLED } from "../../src/kubernetes/unsettled.ts";
import type { Tree } from "./fields.ts";

const spec = { replicas: 4 };
const status = { observedGeneration: 2, replicas: 4, updatedReplicas: 4, availableReplicas: 4 };
const late = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }];
const set = { observedGeneration: 2, readyReplicas: 4, updatedReplicas: 4 };
const pods = { observedGeneration: 2, desiredNumberScheduled: 4, updatedNumberScheduled: 4 };
const parted = { updateStrategy: { rollingUpdate: { partition: 3 } } };

type Case = readonly [keyof typeof UNSETTLED, string, Tree, Tree, string | null];
test.each<Case>([
  ["Deployment", "nothing", spec, status, null],
  ["Deployment", "no status", spec, {}, "its controller has not seen it yet"],
  [
    "Deployment",
    "an older one",
    spec,
    { ...status, observedGeneration: 1 },
    "its controller has not seen it yet",
  ],
  ["Deployment", "some", spec, { ...status, updatedReplicas: 1 }, "1 of 4 replicas are updated"],
  ["Deployment", "old ones", spec, { ...status, replicas: 5 }, "1 old replicas are still there"],
  [
    "Deployment",
    "some unready",
    spec,
    { ...status, availableReplicas: 3 },
    "3 of 4 updated replicas are available",
  ],
  [
    "Deployment",
    "paused",
    { ...spec, paused: true },
    { ...status, updatedReplicas: 0 },
    "0 of 4 replicas are updated, and it is paused",
  ],
  [
    "Deployment",
    "given up",
    spec,
    { ...status, updatedReplicas: 1, conditions: late },
    "1 of 4 replicas are updated",
  ],
  ["Deployment", "none wanted", { replicas: 0 }, { observedGeneration: 2 }, null],
  ["StatefulSet", "nothing", spec, { ...set, currentRevision: "b", updateRevision: "b" }, null],
  [
    "StatefulSet",
    "some",
    spec,
    { ...set, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
    "1 of 4 replicas are updated",
  ],
  ["StatefulSet", "some unready", spec, { ...set, readyReplicas: 2 }, "2 of 4 replicas are ready"],
  [
    "StatefulSet",
    "a part that is kept",
    { ...spec, ...parted },
    { ...set, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
    null,
  ],
  ["StatefulSet", "what people do", { ...spec, updateStrategy: { type: "OnDelete" } }, {}, null],
  ["DaemonSet", "nothing", {}, { ...pods, numberAvailable: 4 }, null],
  ["DaemonSet", "some", {}, { ...pods, updatedNumberScheduled: 3 }, "3 of 4 pods are updated"],
  ["DaemonSet", "some unready", {}, { ...pods, numberAvailable: 1 }, "1 of 4 pods are available"],
])("what has not arrived of a %s: %s", (kind, _, specOf, statusOf, says) => {
  const object = JSON.parse(
    JSON.stringify({ metadata: { generation: 2 }, spec: specOf, status: statusOf }),
  );
  const isOver = statusOf["conditions"] === late;
  expect(UNSETTLED[kind](object)).toEqual(says === null ? null : { says, isOver });
});
