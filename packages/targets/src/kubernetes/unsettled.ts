// SPDX-License-Identifier: Apache-2.0
/**
 * What of a workload has not reached its pods yet, by the rules of `kubectl rollout status`. That the
 * API holds a new image says nothing of what runs.
 */
import type { Json } from "@interlock/digest";
import type { Unsettled } from "../target.ts";
import { inside, listIn, textIn } from "../web/json.ts";

type Look = (object: Json) => string | null;

function numberIn(object: Json, ...path: readonly string[]): number | undefined {
  const found = inside(object, ...path);
  return typeof found === "number" && Number.isSafeInteger(found) ? found : undefined;
}

const count = (object: Json, name: string): number => numberIn(object, "status", name) ?? 0;

/** Everything else in `status` is about the generation that the controller saw last. */
const seen =
  (rest: Look): Look =>
  (object) => {
    const generation = numberIn(object, "metadata", "generation") ?? 0;
    return count(object, "observedGeneration") < generation
      ? "its controller has not seen it yet"
      : rest(object);
  };

const some = (part: number, of: number, what: string): string | null =>
  part < of ? `${part} of ${of} ${what}` : null;

const deployment: Look = (object) => {
  const desired = numberIn(object, "spec", "replicas") ?? 1;
  const updated = count(object, "updatedReplicas");
  const old = count(object, "replicas") - updated;
  const waits =
    some(updated, desired, "replicas are updated") ??
    (old > 0 ? `${old} old replicas are still there` : null) ??
    some(count(object, "availableReplicas"), updated, "updated replicas are available");
  if (waits === null) return null;
  return inside(object, "spec", "paused") === true ? `${waits}, and it is paused` : waits;
};

/** After `progressDeadlineSeconds`, which Deployments alone have. */
const isOver = (object: Json): boolean =>
  listIn(object, "status", "conditions").some(
    (one) =>
      textIn(one, "type") === "Progressing" && textIn(one, "reason") === "ProgressDeadlineExceeded",
  );

const isOnDelete = (object: Json): boolean =>
  textIn(object, "spec", "updateStrategy", "type") === "OnDelete";

const statefulSet: Look = (object) => {
  const desired = numberIn(object, "spec", "replicas") ?? 1;
  const kept = numberIn(object, "spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  const updated = count(object, "updatedReplicas");
  const isPart =
    textIn(object, "status", "updateRevision") !== textIn(object, "status", "currentRevision");
  return (
    some(count(object, "readyReplicas"), desired, "replicas are ready") ??
    (kept > 0 || isPart ? some(updated, desired - kept, "replicas are updated") : null)
  );
};

const daemonSet: Look = (object) => {
  const desired = count(object, "desiredNumberScheduled");
  return (
    some(count(object, "updatedNumberScheduled"), desired, "pods are updated") ??
    some(count(object, "numberAvailable"), desired, "pods are available")
  );
};

/** With `OnDelete` people decide when pods are made anew, and nothing can be waited for. */
const rolling =
  (rest: Look): Look =>
  (object) =>
    isOnDelete(object) ? null : rest(object);

const looking =
  (look: Look) =>
  (object: Json): Unsettled | null => {
    const says = look(object);
    return says === null ? null : { says, isOver: isOver(object) };
  };

export const UNSETTLED = {
  Deployment: looking(seen(deployment)),
  StatefulSet: looking(rolling(seen(statefulSet))),
  DaemonSet: looking(rolling(seen(daemonSet))),
} as const;
