/** Containment of approved manifests in objects as the API server shows them, without a server. */
import type { Json } from "@interlock/digest";
import { describe, expect, it } from "vitest";
import { changesNothing, matchOf } from "../src/admission/match/match.ts";
import { readPath } from "../src/admission/match/pointer.ts";
import { sameQuantity } from "../src/admission/match/quantity.ts";
import type { JsonMap } from "../src/admission/match/shape.ts";
import { against, changed } from "./admitting.ts";

const CONTAINER = {
  name: "web",
  image: "registry.example.com/web:3",
  ports: [{ containerPort: 8080 }],
  env: [
    { name: "A", value: "1" },
    { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  ],
  resources: { requests: { cpu: "0.5", memory: "1024Mi" } },
  livenessProbe: { httpGet: { port: 8080 } },
  volumeMounts: [{ name: "conf", mountPath: "/etc/web" }],
};

const DEPLOYMENT: JsonMap = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", labels: { app: "web" } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [CONTAINER], volumes: [{ name: "conf", configMap: { name: "conf" } }] },
    },
  },
};

/** As https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ shows such an object stored. */
const STORED: JsonMap = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    ...{ name: "web", namespace: "shop", uid: "6e2e", generation: 1, labels: { app: "web" } },
    creationTimestamp: "2026-03-05T10:00:00Z",
    managedFields: [{ manager: "argocd" }],
  },
  spec: {
    ...{ replicas: 2, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
    selector: { matchLabels: { app: "web" } },
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
    template: {
      metadata: { creationTimestamp: null, labels: { app: "web" } },
      spec: {
        ...{ dnsPolicy: "ClusterFirst", restartPolicy: "Always", securityContext: {} },
        ...{ schedulerName: "default-scheduler", terminationGracePeriodSeconds: 30 },
        volumes: [{ name: "conf", configMap: { name: "conf", defaultMode: 420 } }],
        containers: [
          {
            ...CONTAINER,
            ...{ imagePullPolicy: "IfNotPresent", terminationMessagePolicy: "File" },
            terminationMessagePath: "/dev/termination-log",
            ports: [{ containerPort: 8080, protocol: "TCP" }],
            env: [
              { name: "A", value: "1" },
              {
                name: "B",
                valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } },
              },
            ],
            resources: { requests: { cpu: "500m", memory: "1Gi" } },
            livenessProbe: {
              httpGet: { port: 8080, path: "/", scheme: "HTTP" },
              ...{ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
            },
          },
        ],
      },
    },
  },
  status: {},
};

const POD = ["spec", "template", "spec"];
const WEB = [...POD, "containers", 0];

describe("a deployment", () => {
  it("(no less, no more) is let in as it is stored", () => {
    expect(against(DEPLOYMENT, STORED)).toEqual([]);
    expect(against(DEPLOYMENT, DEPLOYMENT)).toEqual([]);
  });

  const cases: readonly [string, readonly (string | number)[], Json | undefined, string][] = [
    [
      "sees the host's processes",
      [...POD, "hostPID"],
      true,
      "/spec/template/spec/hostPID is true and was not approved",
    ],
    [
      "another image",
      [...WEB, "image"],
      "evil:1",
      'containers/{name=web}/image is "evil:1", approved is',
    ],
    [
      "another container",
      [...POD, "containers", 1],
      { name: "side", image: "x" },
      "containers/{name=side} is",
    ],
    [
      "a variable set twice, of which the second counts",
      [...WEB, "env", 2],
      { name: "A", value: "2" },
      "/env is",
    ],
    [
      "a variable more",
      [...WEB, "env", 2],
      { name: "LD_PRELOAD", value: "x" },
      "/env/{name=LD_PRELOAD} is",
    ],
    ["a command", [...WEB, "command"], ["sh"], '/command is ["sh"] and was not approved'],
    [
      "a privileged container",
      [...WEB, "securityContext"],
      { privileged: true },
      "/securityContext is",
    ],
    [
      "a volume of the host",
      [...POD, "volumes", 1],
      { name: "h", hostPath: { path: "/" } },
      "/volumes/{name=h} is",
    ],
    [
      "another account",
      [...POD, "serviceAccountName"],
      "admin",
      '/serviceAccountName is "admin" and was not approved',
    ],
    [
      "always the newest image",
      [...WEB, "imagePullPolicy"],
      "Always",
      '/imagePullPolicy is "Always" and',
    ],
    [
      "fewer resources",
      [...WEB, "resources", "requests", "cpu"],
      "50m",
      '/cpu is "50m", approved is "0.5"',
    ],
    ["no probe", [...WEB, "livenessProbe"], undefined, "/livenessProbe is not there"],
    ["a finalizer", ["metadata", "finalizers"], ["x.example.com/y"], "/metadata/finalizers is"],
    [
      "an owner whose deletion deletes it",
      ["metadata", "ownerReferences"],
      [{ kind: "Pod" }],
      "/metadata/ownerReferences is",
    ],
    [
      "a member called constructor",
      ["spec", "constructor"],
      {},
      "/spec/constructor is {} and was not approved",
    ],
    [
      "a label more",
      ["metadata", "labels", "x"],
      "y",
      '/metadata/labels/x is "y" and was not approved',
    ],
  ];
  it.each(cases)("with %s is refused", (_, path, to, says) => {
    const found = against(DEPLOYMENT, changed(STORED, path, to));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(says);
  });

  it("keeps what it is told apart by, in order", () => {
    const two = { ...CONTAINER, name: "two" };
    const approved = changed(DEPLOYMENT, [...POD, "initContainers"], [CONTAINER, two]);
    const turned = changed(DEPLOYMENT, [...POD, "initContainers"], [two, CONTAINER]);
    expect(against(approved, turned)).toEqual([
      "/spec/template/spec/initContainers is in another order",
    ]);
  });

  it("a zero that is left out means the same only where nothing is its default", () => {
    const off = changed(DEPLOYMENT, [...POD, "hostNetwork"], false);
    expect(against(off, STORED)).toEqual([]);
    const token = changed(DEPLOYMENT, [...POD, "automountServiceAccountToken"], false);
    expect(against(token, STORED)).toEqual([
      "/spec/template/spec/automountServiceAccountToken is not there, approved is false",
    ]);
    const none = changed(DEPLOYMENT, ["spec", "replicas"], 0);
    expect(against(none, changed(STORED, ["spec", "replicas"], 1))).toHaveLength(1);
  });

  it("declared mutations stand, and nothing beside them", () => {
    const side = { name: "istio-proxy", image: "proxy:1" };
    const injected = changed(STORED, [...POD, "containers", 1], side);
    const path = readPath("/spec/template/spec/containers/{name=istio-proxy}") ?? [];
    expect(against(DEPLOYMENT, injected, null, [path])).toEqual([]);
    expect(against(DEPLOYMENT, changed(injected, [...POD, "hostIPC"], true), null, [path])).toEqual(
      ["/spec/template/spec/hostIPC is true and was not approved"],
    );
  });

  it("an update keeps what stood there before, and adds nothing to it", () => {
    const before = changed(STORED, ["metadata", "labels", "old"], "x");
    const after = changed(before, ["spec", "replicas"], 3);
    const approved = changed(DEPLOYMENT, ["spec", "replicas"], 3);
    const match = matchOf(approved, { held: after, old: before, declared: [] });
    expect(match.against).toEqual([]);
    expect(match.standing.map(({ path }) => path.join("/"))).toEqual(["metadata/labels/old"]);
    expect(
      against(approved, changed(after, ["metadata", "labels", "old"], "y"), before),
    ).toHaveLength(1);
    expect(against(approved, before, before)).toEqual(["/spec/replicas is 2, approved is 3"]);
  });

  it("an update that changes nothing but what the server keeps", () => {
    const held = changed(changed(STORED, ["metadata", "resourceVersion"], "9"), ["status"], {
      a: 1,
    });
    expect(changesNothing({ held, old: STORED, declared: [] })).toBe(true);
    const scaled = changed(STORED, ["spec", "replicas"], 9);
    expect(changesNothing({ held: scaled, old: STORED, declared: [] })).toBe(false);
    const declared = [["spec", "replicas"]];
    expect(changesNothing({ held: scaled, old: STORED, declared })).toBe(true);
  });

  it("the copy that kubectl keeps is let in where it says what was approved", () => {
    const copy = (what: JsonMap) =>
      changed(STORED, ["metadata", "annotations"], {
        "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(what),
      });
    expect(against(DEPLOYMENT, copy(changed(DEPLOYMENT, ["metadata", "annotations"], {})))).toEqual(
      [],
    );
    expect(against(DEPLOYMENT, copy(changed(DEPLOYMENT, [...POD, "hostPID"], true)))).toHaveLength(
      1,
    );
  });
});

describe("other kinds", () => {
  const meta = { name: "one", namespace: "shop" };
  const config = { apiVersion: "v1", kind: "ConfigMap", metadata: meta, data: { a: "1" } };
  const own = { apiVersion: "example.com/v1", kind: "Shop", metadata: meta, spec: { a: [], b: 1 } };
  const service = (spec: JsonMap) => ({ apiVersion: "v1", kind: "Service", metadata: meta, spec });
  const pod = (spec: JsonMap) => ({ apiVersion: "v1", kind: "Pod", metadata: meta, spec });
  const ports = [{ port: 80 }];
  const stored = {
    ...{ type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster" },
    ...{ clusterIP: "10.0.0.7", clusterIPs: ["10.0.0.7"], ipFamilies: ["IPv4"] },
    ...{ ipFamilyPolicy: "SingleStack", ports: [{ port: 80, protocol: "TCP", targetPort: 80 }] },
  };
  const token = {
    name: "kube-api-access-x7k2p",
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
    },
  };
  const cases: readonly [string, JsonMap, JsonMap, readonly string[]][] = [
    ["a config map as it is", config, config, []],
    [
      "a config map with a key more",
      config,
      changed(config, ["data", "b"], "2"),
      ['/data/b is "2" and was not approved'],
    ],
    [
      "a config map with another value",
      config,
      changed(config, ["data", "a"], "2"),
      ['/data/a is "2", approved is "1"'],
    ],
    ["a kind of somebody's own as it is", own, own, []],
    [
      "a kind of somebody's own that says less",
      own,
      changed(own, ["spec", "a"], undefined),
      ["/spec/a is not there, approved is []"],
    ],
    [
      "a kind of somebody's own with a status",
      own,
      changed(own, ["status"], { x: 1 }),
      ['/status is {"x":1} and was not approved'],
    ],
    ["a service as it is stored", service({ ports }), service(stored), []],
    [
      "a service without an address",
      service({ ports }),
      service({ ...stored, clusterIP: "None", clusterIPs: ["None"] }),
      [
        '/spec/clusterIP is "None" and was not approved',
        '/spec/clusterIPs is ["None"] and was not approved',
      ],
    ],
    [
      "a service with addresses of others (CVE-2020-8554)",
      service({ ports }),
      service({ ...stored, externalIPs: ["1.1.1.1"] }),
      ['/spec/externalIPs is ["1.1.1.1"] and was not approved'],
    ],
    ["a pod with the token that it gets", pod({ containers: [] }), pod({ volumes: [token] }), []],
    [
      "a pod that wants no token",
      pod({ automountServiceAccountToken: false }),
      pod({ automountServiceAccountToken: false, volumes: [token] }),
      [expect.stringContaining("/spec/volumes")],
    ],
    [
      "a secret whose text is encoded",
      { apiVersion: "v1", kind: "Secret", metadata: meta, stringData: { a: "x" } },
      { apiVersion: "v1", kind: "Secret", metadata: meta, type: "Opaque", data: { a: "eA==" } },
      [],
    ],
    [
      "a secret is not repeated",
      { apiVersion: "v1", kind: "Secret", metadata: meta, data: { a: "eA==" } },
      { apiVersion: "v1", kind: "Secret", metadata: meta, data: { a: "eQ==" } },
      ["/data/a is …, approved is …"],
    ],
    [
      "a manifest of another version",
      changed(config, ["apiVersion"], "v2"),
      config,
      ['/apiVersion is "v1", approved is "v2"'],
    ],
  ];
  it.each(cases)("%s", (_, approved, held, says) => {
    expect(against(approved, held)).toEqual(says);
  });

  it("a job gets the labels of its own controller and no others", () => {
    const job = {
      ...{ apiVersion: "batch/v1", kind: "Job", metadata: meta },
      spec: { template: { metadata: { labels: { a: "b" } }, spec: { restartPolicy: "Never" } } },
    };
    const labels = {
      a: "b",
      "batch.kubernetes.io/controller-uid": "u1",
      "controller-uid": "u1",
      "batch.kubernetes.io/job-name": "one",
      "job-name": "one",
    };
    const held = {
      ...job,
      metadata: { ...meta, uid: "u1", labels: { a: "b" } },
      spec: {
        ...{ parallelism: 1, completions: 1, backoffLimit: 6, completionMode: "NonIndexed" },
        ...{ suspend: false, podReplacementPolicy: "TerminatingOrFailed" },
        selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u1" } },
        template: { metadata: { labels }, spec: { restartPolicy: "Never" } },
      },
    };
    expect(against(job, held)).toEqual([]);
    expect(
      against(job, changed(held, ["spec", "template", "metadata", "labels", "job-name"], "two")),
    ).toHaveLength(1);
    expect(
      against(
        { ...job, spec: { ...job.spec, parallelism: 3 } },
        changed(held, ["spec", "parallelism"], 3),
      ),
    ).toEqual(["/spec/completions is 1 and was not approved"]);
  });
});

it.each([
  ["1024Mi", "1Gi", true],
  ["0.5", "500m", true],
  ["1e3", "1k", true],
  [2, "2", true],
  ["1000m", "1", true],
  ["1Gi", "1G", false],
  ["1", "", false],
  ["x", "x", false],
])("the quantities %s and %s", (one, other, same) => {
  expect(sameQuantity(one, other)).toBe(same);
});
