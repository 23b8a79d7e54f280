// SPDX-License-Identifier: Apache-2.0
import { FACTS, isUnknown } from "@interlock/core";
import { describe, expect, it } from "vitest";
import { kubernetesSource } from "../../src/kubernetes/source.ts";
import { changedFiles, names, readBy, type Tree } from "./given.ts";

const read = (before: Tree, after: Tree) => readBy(kubernetesSource, before, after);

const deployment = (spec: string, image = "shop/web:1"): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
${spec}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: ${image}
`;

describe("identity", () => {
  it("pairs an object that moves to another file, into a List and into JSON", async () => {
    const before = { "a.yaml": deployment("  replicas: 3") };
    const list = `kind: List\napiVersion: v1\nitems:\n${deployment("  replicas: 3")
      .split("\n")
      .map((line, i) => (line === "" ? "" : `  ${i === 0 ? "- " : "  "}${line}`))
      .join("\n")}`;
    const json = JSON.stringify({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace: "shop", name: "web" },
      spec: {
        template: {
          metadata: { labels: { app: "web" } },
          spec: { containers: [{ image: "shop/web:1", name: "web" }] },
        },
        replicas: 3,
      },
    });
    for (const after of [{ "b.yaml": before["a.yaml"] }, { "b.yaml": list }, { "b.json": json }]) {
      const { deltas, effects, gaps } = await read(before, after);
      expect(names(deltas)).toEqual([]);
      expect([effects, gaps]).toEqual([[], []]);
    }
  });

  it("keeps the same object of two environments apart by file", async () => {
    const { deltas } = await read(
      { "prod/web.yaml": deployment("  replicas: 9"), "dev/web.yaml": deployment("  replicas: 1") },
      { "prod/web.yaml": deployment("  replicas: 9"), "dev/web.yaml": deployment("  replicas: 2") },
    );
    expect(deltas.map((d) => [d.path, d.before, d.after, d.environment])).toEqual([
      ["dev/web.yaml", "1", "2", "non-production"],
    ]);
  });

  it("knows the same object under a newer API version", async () => {
    const old = deployment("  replicas: 2").replace("apps/v1", "extensions/v1beta1");
    const { deltas } = await read({ "a.yaml": old }, { "a.yaml": deployment("  replicas: 2") });
    expect(deltas).toEqual([]);
  });
});

describe("numbers", () => {
  it.each([
    ["1Gi", "512Mi", 500_000],
    ["16Gi", "8192Mi", 500_000],
    ["1000Ki", "1024000", 1_000_000],
    ["2G", "1500M", 750_000],
  ])("memory from %s to %s is a ratio of %i ppm", async (from, to, ratio) => {
    const limits = (amount: string) =>
      `${deployment("  replicas: 2")}          resources: {limits: {memory: "${amount}"}}\n`;
    const { deltas } = await read({ "a.yaml": limits(from) }, { "a.yaml": limits(to) });
    const [found] = deltas;
    expect(found?.aspect).toBe("memory");
    expect(found?.ratioPpm).toBe(ratio);
    expect(found?.unit).toBe("MiB");
    expect(Number.isSafeInteger(found?.beforeMicro)).toBe(true);
  });

  it("counts what goes away", async () => {
    const { effects } = await read(
      {
        "a.yaml": deployment("  replicas: 10"),
        "ns.yaml": "kind: Namespace\nmetadata: {name: old}\n",
      },
      { "a.yaml": deployment("  replicas: 4") },
    );
    expect(effects.map((e) => [e.verb, e.what, e.count, e.of, e.certainty])).toEqual([
      ["removes", "objects", 1, 2, "certain"],
      ["removes", "replicas", 6, 10, "certain"],
    ]);
  });
});

describe("templates and charts", () => {
  const template = (replicas: string, probe: string) => `{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.fullname" . }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
    tier: front
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          ports: [{containerPort: 80}]
${probe}          resources:
            {{- toYaml .Values.resources | nindent 12 }}
{{- end }}
`;
  const ready = "          readinessProbe:\n            httpGet: {path: /ready, port: 80}\n";

  it("reads an unrendered template line for line and says that it is approximate", async () => {
    const path = "chart/templates/web.yaml";
    const { deltas, gaps } = await read(
      { [path]: template("{{ .Values.replicas }}", ready) },
      { [path]: template("{{ .Values.replicas }}", "") },
    );
    expect(gaps).toEqual([]);
    expect(deltas.map((d) => [d.aspect, d.op, d.line, d.tags])).toEqual([
      ["readiness", "removed", 14, ["approximate", "serves", "template"]],
    ]);
  });

  it("reads values where a GitOps object carries them", async () => {
    const release = (n: number) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  values:
    web:
      replicaCount: ${n}
`;
    const { deltas } = await read({ "r.yaml": release(6) }, { "r.yaml": release(0) });
    expect(deltas.map((d) => [d.subject, d.line, d.afterMicro])).toEqual([
      ["HelmRelease/shop/web[web.replicaCount]", 7, 0],
    ]);
  });

  it("gives no number to a value that falls back to the default of its chart", async () => {
    const path = "chart/values.yaml";
    const { deltas, effects } = await read(
      { [path]: "name: a\nreplicaCount: 3\n" },
      { [path]: "name: a\n" },
    );
    expect(deltas.map((d) => [d.op, d.numeric, d.beforeMicro, d.afterMicro, d.tags])).toEqual([
      ["removed", false, 3_000_000, 0, ["approximate", "fallback", "template"]],
    ]);
    expect(effects).toEqual([]);
  });
});

describe("what cannot be read", () => {
  it("reports a broken manifest instead of taking its objects as gone", async () => {
    const { deltas, gaps } = await read(
      { "a.yaml": deployment("  replicas: 3") },
      { "a.yaml": `${deployment("  replicas: 3")}  bad: [1, 2\n: }` },
    );
    expect(deltas).toEqual([]);
    expect(gaps.map((g) => [g.group, g.path, g.code])).toEqual([
      ["kubernetes", "a.yaml", "unparsable"],
    ]);
    expect(gaps[0]?.help).not.toBe("");
  });

  it("reports broken values of a chart", async () => {
    const path = "chart/values.yaml";
    const { gaps } = await read({ [path]: "a: 1\n" }, { [path]: "a: [1\n" });
    expect(gaps.map((g) => [g.path, g.code])).toEqual([[path, "unparsable"]]);
  });

  it("says nothing of a side that was not read: the gatherer has", async () => {
    const half = changedFiles({}, { "a.yaml": deployment("") }).map((file) => ({
      ...file,
      status: "modified" as const,
    }));
    const world = { readAfter: async () => null, listAfter: async () => [] };
    expect((await kubernetesSource.read(half, world)).deltas).toEqual([]);
  });

  it("leaves YAML alone that holds no objects", async () => {
    const { deltas, gaps } = await read({ "a.yaml": "a: [1" }, { "a.yaml": "a: [2" });
    expect([deltas, gaps]).toEqual([[], []]);
  });
});

describe("who else is concerned", () => {
  it("looks beside the changed file, and only there", async () => {
    const service =
      "kind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}}\n";
    const tree = (label: string, where: string) => ({
      "k8s/web.yaml": deployment("  replicas: 2").replace("{app: web}", `{app: ${label}}`),
      [where]: service,
    });
    const near = await read(tree("web", "k8s/svc.yaml"), tree("site", "k8s/svc.yaml"));
    expect(names(near.deltas)).toEqual(["selector-orphaned changed Service/shop/web"]);
    expect(near.effects.map((e) => [e.verb, e.what])).toEqual([["stops", "services"]]);
    const far = await read(tree("web", "other/svc.yaml"), tree("site", "other/svc.yaml"));
    expect(far.deltas).toEqual([]);
  });

  it("reports a folder that is too large to search", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 400 }, (_, i) => [
        `k8s/x${i}.yaml`,
        "kind: Service\nmetadata: {name: x}\n",
      ]),
    );
    const { gaps } = await read(
      { ...many, "k8s/web.yaml": deployment("  replicas: 2") },
      { ...many, "k8s/web.yaml": deployment("  replicas: 1") },
    );
    expect(gaps.map((g) => [g.code, g.path])).toEqual([["truncated", "k8s"]]);
  });
});

describe("rewrites that mean the same", () => {
  const stack = `${deployment("  replicas: 2")}---
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;
  it.each([
    ["comments", `# why\n${stack}`],
    ["order of documents", stack.split("---\n").reverse().join("---\n").replace(/^/, "")],
    [
      "quotes",
      stack.replace("name: web", 'name: "web"').replace("replicas: 2", "replicas: 2 # two"),
    ],
  ])("%s are no difference", async (_, after) => {
    const { deltas, effects, gaps } = await read({ "a.yaml": stack }, { "a.yaml": after });
    expect([names(deltas), effects, gaps]).toEqual([[], [], []]);
  });

  it("gives deltas that fit the facts schema", async () => {
    const { deltas } = await read(
      { "a.yaml": stack },
      { "a.yaml": stack.replace("replicas: 2", "replicas: 0").replace("web:1", "web:latest") },
    );
    expect(deltas.length).toBeGreaterThan(1);
    const fields = Object.keys(FACTS.fields.kubernetes.of.fields);
    for (const found of deltas) expect(Object.keys(found).sort()).toEqual([...fields].sort());
    expect(isUnknown(deltas)).toBe(false);
  });
});
