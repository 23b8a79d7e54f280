// SPDX-License-Identifier: Apache-2.0
/** One request against what was allowed. Pure: what is known of the server comes in. */
import type { Json } from "@interlock/digest";
import type { Allowed, Candidate, ObjectKey } from "./allowed.ts";
import { exemptionFor } from "./exempt.ts";
import { groupOf } from "./manifests.ts";
import type { Finding } from "./match/contain.ts";
import { changesNothing, type Match, matchOf } from "./match/match.ts";
import { type Path, pathText, readPath } from "./match/pointer.ts";
import { type JsonMap, mapAt, own, textAt } from "./match/shape.ts";
import type { Review } from "./review.ts";
import type { Settings } from "./settings.ts";

/** `because`: in a few words; `change`: the one that allowed it. */
export type Verdict = {
  readonly admitted: boolean;
  readonly because: string;
  readonly change: string | null;
  /** What whoever asks should know though it was admitted. */
  readonly warnings: readonly string[];
};

type Rules = Pick<Settings, "exemptions" | "mutations">;

/** INVARIANT (fail-closed): what no case below admits is refused. */
export function judge(review: Review, allowed: Allowed, rules: Rules): Verdict {
  const exemption = exemptionFor(review, rules.exemptions ?? []);
  if (exemption !== null)
    return admitted(`exempt: ${exemption.because}`, { warnings: [], change: null });
  const { operation, subresource, resource } = review;
  const wrong = misnamed(review);
  if (wrong !== null) return refused(wrong);
  // Only `status` can be changed there, which nobody desires.
  if (subresource === "status" && operation === "UPDATE")
    return admitted("a status is no desired state");
  if (subresource === "scale" && operation === "UPDATE") return scaled(review, allowed, rules);
  if (subresource !== "" || operation === "CONNECT")
    return refused(`only an exemption lets \`${resource}\` be used`);
  return operation === "DELETE" ? deleted(review, allowed) : written(review, allowed, rules);
}

const admitted = (because: string, more: Partial<Verdict> = {}): Verdict => ({
  ...{ admitted: true, because, change: null, warnings: [] },
  ...more,
});

const refused = (because: string): Verdict => ({
  ...{ admitted: false, because, change: null, warnings: [] },
});

/** An object that calls itself something else than the request does is matched as neither. */
function misnamed({ object, old, name, namespace, kind, apiVersion, subresource }: Review) {
  for (const one of [object, old]) {
    if (one === null || subresource !== "") continue;
    const metadata = mapAt(one, "metadata");
    const its = textAt(metadata, "namespace");
    if (name !== "" && textAt(metadata, "name") !== name)
      return "the object has another name than the request";
    if (its !== "" && its !== namespace)
      return "the object is of another namespace than the request";
    if (textAt(one, "kind") !== kind || textAt(one, "apiVersion") !== apiVersion)
      return "the object is of another kind than the request";
  }
  return null;
}

const keyOf = ({ apiVersion, kind, resource, namespace, name }: Review): ObjectKey => ({
  ...{ group: groupOf(apiVersion), kind, name },
  // The request about a namespace says that it is in itself.
  namespace: resource === "namespaces" ? "" : namespace,
});

const shown = ({ kind, namespace, name }: ObjectKey): string =>
  `${kind} \`${namespace === "" ? name : `${namespace}/${name}`}\``;

function deleted(review: Review, allowed: Allowed): Verdict {
  const key = keyOf(review);
  const change = allowed.removedBy(key);
  if (change !== null) return admitted("a change removed it", { change });
  const stands = allowed.candidates(key).at(-1);
  return refused(
    stands === undefined
      ? `no allowed change removed ${shown(key)} from the manifests`
      : `${shown(key)} stands in \`${stands.path}\`: remove it there first`,
  );
}

function declaredFor({ user, resource }: Review, { mutations = [] }: Rules): readonly Path[] {
  return mutations.flatMap(({ resources, users, path }) => {
    const read = readPath(path);
    const its = resources.some((one) => one === resource);
    return its && read !== null && (users === undefined || users.includes(user)) ? [read] : [];
  });
}

function written(review: Review, allowed: Allowed, rules: Rules): Verdict {
  const { object: held, old, operation } = review;
  const key = keyOf(review);
  if (held === null) return refused("the request has no object");
  if (operation === "UPDATE" && old === null) return refused("the request has no old object");
  const declared = declaredFor(review, rules);
  const asked = { held, old: operation === "UPDATE" ? old : null, declared };
  if (changesNothing(asked)) return admitted("it changes nothing that is approved");
  // The newest first.
  const candidates = [...allowed.candidates(key)].reverse();
  const matches = candidates.map((candidate) => ({
    candidate,
    match: matchOf(candidate.manifest.object, asked),
  }));
  const good = matches.find(({ match }) => match.against.length === 0);
  if (good !== undefined) return asApproved(good.candidate, good.match, key);
  const [nearest] = matches.sort((a, b) => a.match.against.length - b.match.against.length);
  return nearest === undefined
    ? refused(unknownObject(review, key, allowed))
    : refused(notAsApproved(nearest.candidate, nearest.match, key));
}

function unknownObject({ object }: Review, key: ObjectKey, allowed: Allowed): string {
  const generated = textAt(mapAt(object ?? {}, "metadata"), "generateName") !== "";
  const [unknown] = allowed.unknown;
  if (generated) return `${shown(key)} has a generated name, which no manifest can name`;
  const also =
    unknown === undefined
      ? ""
      : `; of \`${unknown.path}\` it is not known what it holds: ${unknown.says}`;
  return `no allowed change contains ${shown(key)}${also}`;
}

function asApproved({ change, path }: Candidate, { standing }: Match, key: ObjectKey): Verdict {
  const warnings = standing.map(
    (one) => `${shown(key)}: ${pathText(one.path)} stood there before and was never approved`,
  );
  return admitted(`it is as in \`${path}\``, { change, warnings });
}

const FINDINGS_MAX = 5;

function notAsApproved(
  { change, path }: Candidate,
  { against, known }: Match,
  key: ObjectKey,
): string {
  const said = against.slice(0, FINDINGS_MAX).map((one) => findingText(one, key.kind));
  const more = against.length - said.length;
  const also = more > 0 ? `; and ${more} more` : "";
  const kind = known ? "" : `; what the API server adds to a ${key.kind} is not known here`;
  const from = `${shown(key)} is not as in \`${path}\` of change ${change}`;
  return `${from}: ${said.join("; ")}${also}${kind}`;
}

const VALUE_MAX = 60;

/** What a finding says. Contents of secrets are not repeated. */
export function findingText({ path, kind, approved, held }: Finding, of: string): string {
  const at = pathText(path) === "" ? "/" : pathText(path);
  const value = (one: Json | undefined): string => {
    if (of === "Secret") return "…";
    const text = JSON.stringify(one ?? null);
    return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX - 1)}…`;
  };
  switch (kind) {
    case "missing":
      return `${at} is not there, approved is ${value(approved)}`;
    case "different":
      return `${at} is ${value(held)}, approved is ${value(approved)}`;
    case "extra":
      return `${at} is ${value(held)} and was not approved`;
    case "order":
      return `${at} is in another order`;
  }
}

const SCALED: Readonly<Record<string, string>> = {
  "deployments.apps/scale": "Deployment",
  "statefulsets.apps/scale": "StatefulSet",
  "replicasets.apps/scale": "ReplicaSet",
};
const REPLICAS: Path = ["spec", "replicas"];

/** A request about the scale of an object is one about its `/spec/replicas`. */
function scaled(review: Review, allowed: Allowed, rules: Rules): Verdict {
  const kind = own(SCALED, review.resource);
  const { object, old, namespace, name } = review;
  if (kind === undefined || object === null)
    return refused(`only an exemption lets \`${review.resource}\` be used`);
  const replicas = (one: JsonMap | null): Json => own(mapAt(one ?? {}, "spec"), "replicas") ?? 0;
  if (old !== null && replicas(old) === replicas(object))
    return admitted("it changes nothing that is approved");
  const parent = { ...review, resource: review.resource.replace("/scale", "") };
  if (declaredFor(parent, rules).some((one) => pathText(one) === pathText(REPLICAS)))
    return admitted("replicas are declared to be written by others");
  const key = { group: "apps", kind, namespace, name };
  const said = (manifest: JsonMap): Json => own(mapAt(manifest, "spec"), "replicas") ?? null;
  const all = allowed.candidates(key);
  const good = all.find(({ manifest }) => said(manifest.object) === replicas(object));
  if (good !== undefined) return admitted(`it is as in \`${good.path}\``, { change: good.change });
  const [one] = all;
  return refused(
    one === undefined
      ? `no allowed change contains ${shown(key)}`
      : `${shown(key)} is to have ${replicas(object)} replicas; \`${one.path}\` says ${said(one.manifest.object) ?? "nothing of them"}`,
  );
}
