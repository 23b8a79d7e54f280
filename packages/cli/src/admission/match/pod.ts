// SPDX-License-Identifier: Apache-2.0
/**
 * What the API server adds to pods and templates of pods: `SetDefaults_*` of
 * https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/v1/defaults.go, fields that are
 * left out when they are zero (`omitempty` without a pointer), and the merge keys of
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/.
 */
import type { Json } from "@interlock/digest";
import {
  type Around,
  isList,
  type JsonMap,
  mapAt,
  own,
  type Shape,
  sameJson,
  textAt,
} from "./shape.ts";

const ZERO: Shape = { zero: true };
const is = (value: Json): Shape => ({ default: value });
const TREE: Shape = { zero: true, values: {} };
const FIELD_REF: Shape = { fields: { apiVersion: is("v1") } };
const QUANTITIES: Shape = { zero: true, values: { quantity: true } };
export const SELECTOR: Shape = { fields: { matchLabels: TREE } };

const HTTP_GET: Shape = { fields: { path: is("/"), scheme: is("HTTP") } };
const HANDLER = { httpGet: HTTP_GET, grpc: { fields: { service: is("") } } };
const PROBE: Shape = {
  fields: {
    ...HANDLER,
    timeoutSeconds: is(1),
    periodSeconds: is(10),
    successThreshold: is(1),
    failureThreshold: is(3),
    initialDelaySeconds: ZERO,
  },
};

/** In a pod limits are its requests where none are said. */
const REQUESTS: Shape = {
  zero: true,
  values: { quantity: true },
  allocated: (value, { held, root }) =>
    textAt(root, "kind") === "Pod" && sameJson(value, own(held, "limits") ?? null),
};

const RESOURCES: Shape = { made: true, fields: { limits: QUANTITIES, requests: REQUESTS } };

/** The tag is `latest` where neither a tag nor a digest is said (distribution reference syntax). */
function pullPolicy({ held }: Around): string {
  const image = textAt(held, "image");
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^:/]*)$/.exec(image)?.[1] ?? "latest";
  return tag === "latest" ? "Always" : "IfNotPresent";
}

const ENV: Shape = {
  keys: { name: undefined },
  each: {
    fields: {
      value: ZERO,
      valueFrom: {
        fields: {
          fieldRef: FIELD_REF,
          resourceFieldRef: { fields: { divisor: { default: "0", quantity: true } } },
        },
      },
    },
  },
};

const MOUNT_OF_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount";
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;

/** In a pod the admission controller `ServiceAccount` mounts a token. */
const isTokenMount = (item: JsonMap): boolean =>
  TOKEN_VOLUME.test(textAt(item, "name")) &&
  sameJson(item, { name: textAt(item, "name"), readOnly: true, mountPath: MOUNT_OF_TOKEN });

const CONTAINER: Shape = {
  fields: {
    imagePullPolicy: { default: pullPolicy },
    terminationMessagePath: is("/dev/termination-log"),
    terminationMessagePolicy: is("File"),
    ...{ workingDir: ZERO, stdin: ZERO, stdinOnce: ZERO, tty: ZERO },
    ports: {
      keys: { containerPort: undefined, protocol: "TCP" },
      each: {
        fields: {
          ...{ protocol: is("TCP"), name: ZERO, hostIP: ZERO },
          hostPort: {
            zero: true,
            default: ({ held, root }) =>
              hostNetwork(root) ? (own(held, "containerPort") ?? 0) : undefined,
          },
        },
      },
    },
    env: ENV,
    resources: RESOURCES,
    ...{ livenessProbe: PROBE, readinessProbe: PROBE, startupProbe: PROBE },
    lifecycle: { fields: { postStart: { fields: HANDLER }, preStop: { fields: HANDLER } } },
    securityContext: { fields: { procMount: is("Default") } },
    volumeMounts: {
      keys: { mountPath: undefined },
      each: { fields: { readOnly: ZERO, subPath: ZERO, subPathExpr: ZERO } },
      added: (item, { root }) => textAt(root, "kind") === "Pod" && isTokenMount(item),
    },
    volumeDevices: { keys: { devicePath: undefined } },
  },
};

/** In a template of pods ports of the host are not filled in. */
const hostNetwork = (root: JsonMap): boolean =>
  textAt(root, "kind") === "Pod" && own(mapAt(root, "spec"), "hostNetwork") === true;

const MODE: Shape = is(0o644);
const SOURCES: Shape = {
  each: {
    fields: {
      serviceAccountToken: { fields: { expirationSeconds: is(3_600), audience: ZERO } },
      downwardAPI: { fields: { items: { each: { fields: { fieldRef: FIELD_REF } } } } },
    },
  },
};

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume */
const isTokenVolume = (item: JsonMap): boolean => {
  const name = textAt(item, "name");
  const sources = [
    { serviceAccountToken: { expirationSeconds: 3_607, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: {
        items: [
          { path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } },
        ],
      },
    },
  ];
  return (
    TOKEN_VOLUME.test(name) && sameJson(item, { name, projected: { defaultMode: 0o644, sources } })
  );
};

const VOLUMES: Shape = {
  keys: { name: undefined },
  each: {
    fields: {
      configMap: { fields: { defaultMode: MODE } },
      secret: { fields: { defaultMode: MODE } },
      projected: { fields: { defaultMode: MODE, sources: SOURCES } },
      downwardAPI: {
        fields: { defaultMode: MODE, items: { each: { fields: { fieldRef: FIELD_REF } } } },
      },
      hostPath: { fields: { type: is("") } },
      emptyDir: { fields: { medium: ZERO, sizeLimit: { quantity: true } } },
      csi: { fields: { volumeAttributes: TREE } },
      persistentVolumeClaim: { fields: { readOnly: ZERO } },
      nfs: { fields: { readOnly: ZERO } },
    },
  },
  // Who says that no token is to be mounted gets none by hand either.
  added: (item, { approved, root }) =>
    textAt(root, "kind") === "Pod" &&
    own(approved, "automountServiceAccountToken") !== false &&
    isTokenVolume(item),
};

const SPREAD_OF_TAINT = (key: string): Json => ({
  ...{ key: `node.kubernetes.io/${key}`, operator: "Exists" },
  ...{ effect: "NoExecute", tolerationSeconds: 300 },
});

/** The admission controllers `DefaultTolerationSeconds` and `Priority` write these into pods only. */
function tolerations(value: Json, { approved, root }: Around): boolean {
  return (
    textAt(root, "kind") === "Pod" &&
    own(approved, "tolerations") === undefined &&
    isList(value) &&
    sameJson(value, [SPREAD_OF_TAINT("not-ready"), SPREAD_OF_TAINT("unreachable")])
  );
}

const BY_NAME = { name: undefined };

export const POD_SPEC: Shape = {
  fields: {
    dnsPolicy: is("ClusterFirst"),
    restartPolicy: is("Always"),
    schedulerName: is("default-scheduler"),
    terminationGracePeriodSeconds: is(30),
    enableServiceLinks: is(true),
    securityContext: { made: true, fields: {} },
    serviceAccount: {
      default: ({ held, root }) =>
        own(held, "serviceAccountName") ?? (textAt(root, "kind") === "Pod" ? "default" : undefined),
    },
    serviceAccountName: {
      default: ({ approved, root }) =>
        own(approved, "serviceAccount") ?? (textAt(root, "kind") === "Pod" ? "default" : undefined),
    },
    // Anything else is refused by the API server where a class is named.
    priority: {
      default: ({ root }) => (textAt(root, "kind") === "Pod" ? 0 : undefined),
      allocated: (value, { approved, root }) =>
        textAt(root, "kind") === "Pod" &&
        typeof value === "number" &&
        textAt(approved, "priorityClassName") !== "",
    },
    preemptionPolicy: {
      allocated: (_, { approved }) => textAt(approved, "priorityClassName") !== "",
      default: ({ root }) => (textAt(root, "kind") === "Pod" ? "PreemptLowerPriority" : undefined),
    },
    tolerations: { allocated: tolerations },
    ...{ hostNetwork: ZERO, hostPID: ZERO, hostIPC: ZERO },
    ...{ nodeSelector: TREE, hostname: ZERO, subdomain: ZERO, nodeName: ZERO },
    initContainers: { keys: BY_NAME, each: CONTAINER },
    containers: { keys: BY_NAME, each: CONTAINER },
    volumes: VOLUMES,
    imagePullSecrets: { keys: BY_NAME },
    topologySpreadConstraints: { each: { fields: { labelSelector: SELECTOR } } },
  },
};
