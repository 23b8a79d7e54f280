// SPDX-License-Identifier: Apache-2.0
/** `AdmissionReview` of `admission.k8s.io/v1` (https://kubernetes.io/docs/reference/config-api/apiserver-admission.v1/). */
import type { Json } from "@interlock/digest";
import { isList, isMap, type JsonMap, mapAt, own, textAt, within } from "./match/shape.ts";

export const OPERATIONS = ["CREATE", "UPDATE", "DELETE", "CONNECT"] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Review = {
  readonly uid: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly kind: string;
  /** As `kubectl` writes it: `deployments.apps/scale`. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty where the API server makes it. */
  readonly name: string;
  readonly user: string;
  readonly groups: readonly string[];
  readonly dryRun: boolean;
  readonly object: JsonMap | null;
  readonly old: JsonMap | null;
};

export type ReadReview =
  | { readonly ok: true; readonly review: Review }
  | { readonly ok: false; readonly says: string };

/** Objects of the API server nest less; a kind of somebody's own may say how deep it goes. */
const DEPTH_MAX = 200;
const UID_MAX = 200;
const GROUPS_MAX = 10_000;

/** Reads a request; nothing that it leaves open is guessed. by (fail-closed) */
export function readReview(text: string): ReadReview {
  let value: Json;
  try {
    value = JSON.parse(text) as Json; // whatever JSON it is
  } catch {
    return no("the request is no JSON");
  }
  if (!isMap(value) || !within(value, DEPTH_MAX)) return no("the request is no AdmissionReview");
  if (
    textAt(value, "apiVersion") !== "admission.k8s.io/v1" ||
    textAt(value, "kind") !== "AdmissionReview"
  )
    return no("the request is no AdmissionReview of admission.k8s.io/v1");
  return requestOf(mapAt(value, "request"));
}

const no = (says: string): ReadReview => ({ ok: false, says });

function requestOf(request: JsonMap): ReadReview {
  const uid = textAt(request, "uid");
  const operation = OPERATIONS.find((one) => one === textAt(request, "operation"));
  const { group, version, kind } = namesOf(mapAt(request, "kind"));
  const its = mapAt(request, "resource");
  const plural = textAt(its, "resource");
  const subresource = textAt(request, "subResource");
  const userInfo = mapAt(request, "userInfo");
  const groups = own(userInfo, "groups") ?? [];
  const object = objectOf(own(request, "object"));
  const old = objectOf(own(request, "oldObject"));
  if (uid === "" || uid.length > UID_MAX) return no("`request.uid` is missing");
  if (operation === undefined) return no("`request.operation` is none that is known");
  if (kind === "" || version === "" || plural === "") return no("`request.kind` is missing");
  if (object === undefined || old === undefined) return no("`request.object` is no object");
  if (!isList(groups) || groups.length > GROUPS_MAX) return no("`request.userInfo` is unreadable");
  const names = groups.filter((one) => typeof one === "string");
  if (names.length !== groups.length) return no("`request.userInfo.groups` is no list of names");
  const held = mapAt(object ?? old ?? {}, "metadata");
  const of = textAt(its, "group") === "" ? "" : `.${textAt(its, "group")}`;
  return {
    ok: true,
    review: {
      ...{ uid, operation, kind, subresource, object, old, groups: names },
      apiVersion: group === "" ? version : `${group}/${version}`,
      resource: `${plural}${of}${subresource === "" ? "" : `/${subresource}`}`,
      namespace: textAt(request, "namespace"),
      // A deletion of many is asked about one by one, and names none of them.
      name: textAt(request, "name") || textAt(held, "name"),
      user: textAt(userInfo, "username"),
      dryRun: own(request, "dryRun") === true,
    },
  };
}

const namesOf = (kind: JsonMap) => ({
  ...{ group: textAt(kind, "group"), version: textAt(kind, "version") },
  kind: textAt(kind, "kind"),
});

/** `undefined`: it is there and no object. */
function objectOf(value: Json | undefined): JsonMap | null | undefined {
  if (value === undefined || value === null) return null;
  return isMap(value) ? value : undefined;
}

export type Said = {
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
};

/** Of one warning and of all: beyond these the API server cuts them off. */
const WARNING_MAX = 120;
const WARNINGS_MAX = 20;
const MESSAGE_MAX = 2_000;

/** The answer to one request. */
export function answerTo(uid: string, said: Said): object {
  const { allowed, message, annotations } = said;
  const warnings = warningsOf(said.warnings);
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: {
      ...{ uid, allowed },
      ...(allowed ? {} : { status: failure(message) }),
      ...(warnings.length === 0 ? {} : { warnings }),
      auditAnnotations: annotations,
    },
  };
}

const failure = (message: string) => ({
  ...{ status: "Failure", reason: "Forbidden", code: 403 },
  message: plain(message, MESSAGE_MAX),
});

function warningsOf(warnings: readonly string[]): readonly string[] {
  const shown = warnings.slice(0, WARNINGS_MAX).map((one) => plain(one, WARNING_MAX));
  const more = warnings.length - shown.length;
  return more > 0 ? [...shown, `interlock: and ${more} more`] : shown;
}

/** One line of printable characters: it becomes a header (RFC 9110 section 5.5). */
export function plain(text: string, most: number): string {
  const line = text.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  return line.length <= most ? line : `${line.slice(0, most - 1).toWellFormed()}…`;
}
