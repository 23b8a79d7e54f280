// SPDX-License-Identifier: Apache-2.0
/**
 * What the API server adds to the kinds that people write, from the `SetDefaults_*` functions of
 * https://github.com/kubernetes/kubernetes/tree/master/pkg/apis (core, apps, batch, autoscaling,
 * networking, rbac). A kind or field that is not here is taken as it is written.
 */
import type { Json } from "@interlock/digest";
import { metadataShape, TEMPLATE_METADATA } from "./metadata.ts";
import { POD_SPEC, SELECTOR } from "./pod.ts";
import { type Around, isList, mapAt, own, type Shape, sameJson, textAt } from "./shape.ts";

const ZERO: Shape = { zero: true };
const TREE: Shape = { zero: true, values: {} };
const is = (value: Json): Shape => ({ default: value });
const STATUS: Shape = { allocated: () => true };
const made = (fields: Readonly<Record<string, Shape>>): Shape => ({ made: true, fields });

const object = (
  spec: Readonly<Record<string, Shape>>,
  annotations: Readonly<Record<string, Shape>> = {},
): Shape => ({
  fields: { metadata: metadataShape(annotations), status: STATUS, spec: { fields: spec } },
});

const TEMPLATE: Shape = { fields: { metadata: TEMPLATE_METADATA, spec: POD_SPEC } };
const REPLICAS = is(1);

/** Only where the strategy is the one that it belongs to. */
const rolling = (fields: Readonly<Record<string, Shape>>): Shape =>
  made({ type: is("RollingUpdate"), rollingUpdate: made(fields) });

const DEPLOYMENT = object(
  {
    replicas: REPLICAS,
    selector: SELECTOR,
    template: TEMPLATE,
    strategy: rolling({ maxSurge: is("25%"), maxUnavailable: is("25%") }),
    revisionHistoryLimit: is(10),
    progressDeadlineSeconds: is(600),
    ...{ paused: ZERO, minReadySeconds: ZERO },
  },
  { "deployment.kubernetes.io/revision": { allocated: (value) => /^\d+$/.test(String(value)) } },
);

const CLAIM_SPEC: Shape = {
  fields: {
    volumeMode: is("Filesystem"),
    volumeName: ZERO,
    selector: SELECTOR,
    resources: made({
      limits: { zero: true, values: { quantity: true } },
      requests: { zero: true, values: { quantity: true } },
    }),
  },
};

const STATEFUL_SET = object({
  replicas: REPLICAS,
  selector: SELECTOR,
  template: TEMPLATE,
  podManagementPolicy: is("OrderedReady"),
  updateStrategy: rolling({ partition: is(0) }),
  revisionHistoryLimit: is(10),
  persistentVolumeClaimRetentionPolicy: made({
    ...{ whenDeleted: is("Retain"), whenScaled: is("Retain") },
  }),
  volumeClaimTemplates: {
    each: {
      fields: {
        ...{ apiVersion: is("v1"), kind: is("PersistentVolumeClaim"), status: STATUS },
        ...{ metadata: TEMPLATE_METADATA, spec: CLAIM_SPEC },
      },
    },
  },
  minReadySeconds: ZERO,
});

const DAEMON_SET = object(
  {
    selector: SELECTOR,
    template: TEMPLATE,
    updateStrategy: rolling({ maxSurge: is(0), maxUnavailable: is(1) }),
    revisionHistoryLimit: is(10),
    minReadySeconds: ZERO,
  },
  { "deprecated.daemonset.template.generation": { allocated: (v) => /^\d+$/.test(String(v)) } },
);

const REPLICA_SET = object({
  ...{ replicas: REPLICAS, selector: SELECTOR, template: TEMPLATE, minReadySeconds: ZERO },
});

const UID = "batch.kubernetes.io/controller-uid";
const uidOf = ({ root }: Around): Json | undefined => own(mapAt(root, "metadata"), "uid");
const nameOf = ({ root }: Around): Json | undefined => own(mapAt(root, "metadata"), "name");
const JOB_LABELS: Readonly<Record<string, Shape>> = {
  [UID]: { default: uidOf },
  "controller-uid": { default: uidOf },
  "batch.kubernetes.io/job-name": { default: nameOf },
  "job-name": { default: nameOf },
};
const JOB_TREE: Shape = { zero: true, made: true, values: {}, fields: JOB_LABELS };

/** A job without labels gets those of its template, as they were written or with its own ones. */
function jobLabels(value: Json, { root }: Around): boolean {
  const all = mapAt(root, "spec", "template", "metadata", "labels");
  const said = Object.entries(all).filter(([name]) => !Object.hasOwn(JOB_LABELS, name));
  return sameJson(value, all) || sameJson(value, Object.fromEntries(said));
}

const JOB_SPEC: Readonly<Record<string, Shape>> = {
  parallelism: is(1),
  completions: {
    default: ({ approved }) => (own(approved, "parallelism") === undefined ? 1 : undefined),
  },
  backoffLimit: is(6),
  completionMode: is("NonIndexed"),
  suspend: is(false),
  podReplacementPolicy: {
    default: ({ approved }) =>
      own(approved, "podFailurePolicy") === undefined ? "TerminatingOrFailed" : "Failed",
  },
};

const JOB: Shape = {
  fields: {
    status: STATUS,
    metadata: {
      made: true,
      fields: {
        ...metadataShape().fields,
        labels: { ...JOB_TREE, allocated: jobLabels },
      },
    },
    spec: {
      fields: {
        ...JOB_SPEC,
        manualSelector: ZERO,
        selector: made({ matchLabels: made({ [UID]: { default: uidOf } }) }),
        template: {
          fields: {
            spec: POD_SPEC,
            metadata: made({ annotations: TREE, labels: JOB_TREE }),
          },
        },
      },
    },
  },
};

const CRON_JOB = object({
  concurrencyPolicy: is("Allow"),
  suspend: is(false),
  successfulJobsHistoryLimit: is(3),
  failedJobsHistoryLimit: is(1),
  jobTemplate: {
    fields: {
      metadata: TEMPLATE_METADATA,
      spec: { fields: { template: TEMPLATE, manualSelector: ZERO } },
    },
  },
});

const outside = ({ held }: Around): boolean =>
  ["NodePort", "LoadBalancer"].includes(textAt(held, "type"));
const inside = ({ held }: Around): boolean => textAt(held, "type") !== "ExternalName";
const isText = (value: Json): boolean => typeof value === "string";

const SERVICE = object({
  type: is("ClusterIP"),
  sessionAffinity: is("None"),
  sessionAffinityConfig: {
    default: ({ held }) =>
      textAt(held, "sessionAffinity") === "ClientIP"
        ? { clientIP: { timeoutSeconds: 10_800 } }
        : undefined,
  },
  internalTrafficPolicy: { default: (around) => (inside(around) ? "Cluster" : undefined) },
  externalTrafficPolicy: { default: (around) => (outside(around) ? "Cluster" : undefined) },
  allocateLoadBalancerNodePorts: {
    default: ({ held }) => (textAt(held, "type") === "LoadBalancer" ? true : undefined),
  },
  // `None` is a choice: a service without an address.
  clusterIP: { allocated: (value, around) => inside(around) && isText(value) && value !== "None" },
  clusterIPs: {
    allocated: (value, around) =>
      inside(around) &&
      isList(value) &&
      value[0] === own(around.held, "clusterIP") &&
      (value[0] !== "None" || textAt(around.approved, "clusterIP") === "None"),
  },
  ipFamilies: { allocated: (value, around) => inside(around) && isList(value) },
  ipFamilyPolicy: { default: (around) => (inside(around) ? "SingleStack" : undefined) },
  healthCheckNodePort: {
    zero: true,
    allocated: (_, { held }) => textAt(held, "externalTrafficPolicy") === "Local",
  },
  publishNotReadyAddresses: ZERO,
  selector: TREE,
  ports: {
    keys: { port: undefined, protocol: "TCP" },
    each: {
      fields: {
        ...{ protocol: is("TCP"), name: ZERO },
        targetPort: { default: ({ held }) => own(held, "port") },
        nodePort: {
          zero: true,
          allocated: (_, { root }) =>
            ["NodePort", "LoadBalancer"].includes(textAt(mapAt(root, "spec"), "type")),
        },
      },
    },
  },
});

const DATA: Readonly<Record<string, Shape>> = { data: TREE, binaryData: TREE };
const CONFIG_MAP: Shape = { fields: { metadata: metadataShape(), ...DATA } };
const SECRET: Shape = { fields: { metadata: metadataShape(), ...DATA, type: is("Opaque") } };

const RULES: Readonly<Record<string, Shape>> = {
  scaleUp: scaling(0, [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ]),
  scaleDown: scaling(undefined, [{ type: "Percent", value: 100, periodSeconds: 15 }]),
};

function scaling(window: number | undefined, policies: Json): Shape {
  const stabilizationWindowSeconds: Shape = window === undefined ? {} : is(window);
  return made({ stabilizationWindowSeconds, selectPolicy: is("Max"), policies: is(policies) });
}

const AUTOSCALER = object({
  minReplicas: is(1),
  metrics: {
    default: [
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
      },
    ],
  },
  behavior: { fields: RULES },
});

const someOf = (value: Json | undefined): boolean => isList(value) && value.length > 0;
const NETWORK_PORTS: Shape = { each: { fields: { protocol: is("TCP") } } };
const NETWORK_POLICY = object({
  policyTypes: {
    default: ({ approved }) =>
      someOf(own(approved, "egress")) ? ["Ingress", "Egress"] : ["Ingress"],
  },
  podSelector: SELECTOR,
  ingress: { each: { fields: { ports: NETWORK_PORTS } } },
  egress: { each: { fields: { ports: NETWORK_PORTS } } },
});

const RBAC = "rbac.authorization.k8s.io";
const BINDING: Shape = {
  fields: {
    metadata: metadataShape(),
    roleRef: { fields: { apiGroup: is(RBAC) } },
    subjects: {
      each: {
        fields: {
          apiGroup: {
            zero: true,
            default: ({ held }) => (textAt(held, "kind") === "ServiceAccount" ? undefined : RBAC),
          },
        },
      },
    },
  },
};

const PLAIN: Shape = { fields: { metadata: metadataShape() } };

const NAMESPACE: Shape = {
  fields: {
    status: STATUS,
    spec: made({ finalizers: is(["kubernetes"]) }),
    metadata: {
      made: true,
      fields: {
        ...metadataShape().fields,
        labels: {
          ...{ zero: true, made: true, values: {} },
          fields: { "kubernetes.io/metadata.name": { default: nameOf } },
        },
      },
    },
  },
};

const CLAIM: Shape = {
  fields: {
    status: STATUS,
    spec: CLAIM_SPEC,
    metadata: {
      made: true,
      fields: { ...metadataShape().fields, finalizers: is(["kubernetes.io/pvc-protection"]) },
    },
  },
};

const KINDS: Readonly<Record<string, Shape>> = {
  "v1/ConfigMap": CONFIG_MAP,
  "v1/Secret": SECRET,
  "v1/Service": SERVICE,
  "v1/Namespace": NAMESPACE,
  "v1/ServiceAccount": PLAIN,
  "v1/PersistentVolumeClaim": CLAIM,
  "v1/Pod": { fields: { metadata: metadataShape(), status: STATUS, spec: POD_SPEC } },
  "apps/v1/Deployment": DEPLOYMENT,
  "apps/v1/StatefulSet": STATEFUL_SET,
  "apps/v1/DaemonSet": DAEMON_SET,
  "apps/v1/ReplicaSet": REPLICA_SET,
  "batch/v1/Job": JOB,
  "batch/v1/CronJob": CRON_JOB,
  "autoscaling/v2/HorizontalPodAutoscaler": AUTOSCALER,
  "policy/v1/PodDisruptionBudget": object({ selector: SELECTOR }),
  "networking.k8s.io/v1/Ingress": object({}),
  "networking.k8s.io/v1/NetworkPolicy": NETWORK_POLICY,
  [`${RBAC}/v1/Role`]: PLAIN,
  [`${RBAC}/v1/ClusterRole`]: PLAIN,
  [`${RBAC}/v1/RoleBinding`]: BINDING,
  [`${RBAC}/v1/ClusterRoleBinding`]: BINDING,
};

/** By `apiVersion/Kind`; `null`: nothing is known of what the API server adds to it. */
export const shapeOf = (apiVersion: string, kind: string): Shape | null =>
  own(KINDS, `${apiVersion}/${kind}`) ?? null;

/** Of a kind without a table: its metadata is as that of any other. */
export const UNKNOWN_KIND: Shape = PLAIN;
