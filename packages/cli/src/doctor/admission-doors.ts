// SPDX-License-Identifier: Apache-2.0
/** Ways past an admission webhook: what its settings let through, and what the API server never asks about. */
import { GateError } from "@interlock/core";
import type { Json } from "@interlock/digest";
import { readManifests } from "../admission/manifests.ts";
import { isList, isMap, type JsonMap, mapAt, own, textAt } from "../admission/match/shape.ts";
import { readSettings, type Settings } from "../admission/settings.ts";
import { readText } from "../files/read.ts";
import { type Examined, type Found, seen, together } from "./door.ts";

/** Throws `GateError` for files that cannot be read. */
export function examineAdmission(settings: string, webhook: string | undefined): Examined {
  const looks = [seen(settingsDoors(readSettings(settings)))];
  if (webhook !== undefined) looks.push(seen(webhookDoors(webhooksIn(webhook))));
  else looks.push({ doors: [], unseen: ["the webhook configuration: give it with `--webhook`"] });
  return together(looks);
}

function* settingsDoors(settings: Settings): Generator<Found> {
  const { mode, exemptions = [], mutations = [], allowIfDown = [], tiers = [] } = settings;
  if (mode === "observe")
    yield {
      id: "admission-observes",
      says: "everything is let in (`mode` is `observe`)",
      why: "what no allowed change contains is told of and not refused",
      next: "set `mode` to `enforce` when the journal has no `would-refuse` any more",
    };
  const open = tiers.filter(({ tier }) => allowIfDown.includes(tier));
  if (open.length > 0)
    yield {
      id: "admission-if-down",
      says: `while the server is away anything goes into ${namesOf(open.map((one) => one.namespace))}`,
      why: "nobody knows then what was allowed",
      next: "take their tier out of `allowIfDown`",
    };
  for (const { user, group, operations, resources, namespaces, because } of exemptions)
    yield {
      id: "admission-exempt",
      says: `${user === undefined ? `group \`${group}\`` : `\`${user}\``} may ${operations.join(", ")} ${namesOf(resources)}${namespaces === undefined ? "" : ` in ${namesOf(namespaces)}`}`,
      why: `without an allowed change: ${because}`,
      next: "take it out of `exemptions` when nobody needs it",
    };
  for (const { resources, path, users, because } of mutations)
    yield {
      id: "admission-declared",
      says: `${users === undefined ? "anybody" : namesOf(users)} may write \`${path}\` of ${namesOf(resources)}`,
      why: `whatever stands there: ${because}`,
      next: "name the narrowest path, and by whom",
    };
}

const SHOWN = 10;
const namesOf = (names: readonly string[]): string =>
  [
    ...names.slice(0, SHOWN).map((one) => `\`${one}\``),
    ...(names.length > SHOWN ? [`${names.length - SHOWN} more`] : []),
  ].join(", ");

/** Webhooks that are asked at `/validate`, out of all configurations of a file. */
function webhooksIn(path: string): readonly JsonMap[] {
  const read = readManifests(readText(path));
  if (!read.ok)
    throw new GateError("INPUT_INVALID", `\`${path}\`: ${read.says}`, "give it as it is applied");
  return read.manifests
    .filter(({ kind }) => kind === "ValidatingWebhookConfiguration")
    .flatMap(({ object }) => mapsAt(object, "webhooks"))
    .filter((one) => {
      const client = mapAt(one, "clientConfig");
      const url = textAt(client, "url");
      const at = URL.canParse(url)
        ? new URL(url).pathname
        : textAt(mapAt(client, "service"), "path");
      return at === "/validate";
    });
}

const mapsAt = (map: JsonMap, name: string): readonly JsonMap[] => {
  const value = own(map, name);
  return isList(value) ? value.filter(isMap) : [];
};

const textsAt = (map: JsonMap, name: string): readonly string[] => {
  const value: Json | undefined = own(map, name);
  return isList(value) ? value.filter((one) => typeof one === "string") : [];
};

function* webhookDoors(webhooks: readonly JsonMap[]): Generator<Found> {
  if (webhooks.length === 0)
    yield {
      id: "webhook-missing",
      says: "no webhook is asked at `/validate`",
      why: "the API server asks nobody",
      next: "apply deploy/kubernetes/admission/webhook.yaml",
    };
  for (const webhook of webhooks) yield* doorsOf(webhook, `webhook \`${textAt(webhook, "name")}\``);
  const left = WRITTEN.filter((one) => !webhooks.some((webhook) => isAsked(webhook, one)));
  if (webhooks.length > 0 && left.length > 0)
    yield {
      id: "webhook-kinds",
      says: `no rule asks about ${namesOf(left.map(([operation, , resource]) => `${operation} ${resource}`))}`,
      why: "they are written without a question",
      next: "add them to `rules` of the webhook configuration",
    };
}

const BY_NAME = "kubernetes.io/metadata.name";

function* doorsOf(webhook: JsonMap, name: string): Generator<Found> {
  // Both are the defaults where nothing is said (admissionregistration.k8s.io/v1).
  if (textAt(webhook, "failurePolicy") === "Ignore")
    yield {
      id: "webhook-ignores",
      says: `${name} is passed over while it is away (\`failurePolicy: Ignore\`)`,
      why: "whoever keeps it from answering in time writes anything",
      next: "set `failurePolicy: Fail`",
    };
  if (textAt(webhook, "matchPolicy") === "Exact")
    yield {
      id: "webhook-exact",
      says: `${name} is asked about the named versions only (\`matchPolicy: Exact\`)`,
      why: "the same object written by another version of the API is not asked about",
      next: "set `matchPolicy: Equivalent`",
    };
  if (Object.keys(mapAt(webhook, "objectSelector")).length > 0)
    yield {
      id: "webhook-selects",
      says: `${name} is asked about objects with certain labels (\`objectSelector\`)`,
      why: "whoever writes an object writes its labels",
      next: "take `objectSelector` out",
    };
  const selector = mapAt(webhook, "namespaceSelector");
  const terms = mapsAt(selector, "matchExpressions");
  const left = terms.flatMap((one) => textsAt(one, "values"));
  const labels = [
    ...Object.keys(mapAt(selector, "matchLabels")),
    ...terms.map((one) => textAt(one, "key")).filter((key) => key !== BY_NAME),
  ];
  if (Object.keys(selector).length > 0)
    yield {
      id: "webhook-namespaces",
      says:
        labels.length > 0
          ? `${name} depends on the labels ${namesOf(labels)} of namespaces`
          : `${name} treats ${namesOf(left)} apart from other namespaces`,
      why:
        labels.length > 0
          ? "whoever may write a namespace takes it out"
          : "what is left out is written without a question",
      next: `leave out by \`${BY_NAME}\` only what has to be mended without the webhook`,
    };
  for (const condition of mapsAt(webhook, "matchConditions"))
    yield {
      id: "webhook-conditions",
      says: `${name} is asked only if \`${textAt(condition, "expression").replace(/\s+/g, " ")}\``,
      why: "what it leaves out is written without a question",
      next: "leave out nobody whose credentials people can get",
    };
}

/** What people write and pods come from, as `[operation, group, resource]`. */
const WRITTEN = [
  ["CREATE UPDATE DELETE", "", "configmaps serviceaccounts services"],
  ["CREATE UPDATE", "", "pods"],
  ["UPDATE", "", "pods/ephemeralcontainers"],
  ["CREATE UPDATE DELETE", "apps", "daemonsets deployments replicasets statefulsets"],
  ["UPDATE", "apps", "deployments/scale replicasets/scale statefulsets/scale"],
  ["CREATE UPDATE DELETE", "batch", "cronjobs jobs"],
  ["CREATE UPDATE DELETE", "networking.k8s.io", "ingresses networkpolicies"],
  [
    ...["CREATE UPDATE DELETE", "rbac.authorization.k8s.io"],
    "clusterrolebindings clusterroles rolebindings roles",
  ],
].flatMap(([operations = "", group = "", resources = ""]) =>
  operations
    .split(" ")
    .flatMap((operation) =>
      resources.split(" ").map((resource) => [operation, group, resource] as const),
    ),
);

function isAsked(webhook: JsonMap, [operation, group, resource]: (typeof WRITTEN)[number]) {
  const [plural = "", subresource] = resource.split("/");
  const all = subresource === undefined ? ["*", "*/*"] : ["*/*", `${plural}/*`, `*/${subresource}`];
  return mapsAt(webhook, "rules").some(
    (rule) =>
      textsAt(rule, "operations").some((one) => one === "*" || one === operation) &&
      textsAt(rule, "apiGroups").some((one) => one === "*" || one === group) &&
      textsAt(rule, "resources").some((one) => one === resource || all.includes(one)) &&
      ["", "*", isOfCluster(plural) ? "Cluster" : "Namespaced"].includes(textAt(rule, "scope")),
  );
}

const isOfCluster = (plural: string): boolean => plural.startsWith("clusterrole");
