// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { kubernetesSource } from "../../src/kubernetes/source.ts";
import { withoutActions } from "../../src/kubernetes/template.ts";
import { readBy } from "./given.ts";

const word = fc.constantFrom(
  "web",
  "api",
  "db",
  "shop",
  "{{ .Values.x }}",
  "",
  "*",
  "0",
  "100%",
  "1Gi",
);
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    word,
    fc.integer({ min: -5, max: 50 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("node"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "replicas",
        "selector",
        "matchLabels",
        "app",
        "template",
        "spec",
        "containers",
        "metadata",
        "labels",
        "name",
        "image",
        "resources",
        "limits",
        "memory",
        "ingress",
        "from",
        "rules",
        "verbs",
        "webhooks",
        "strategy",
        "rollingUpdate",
        "maxUnavailable",
        "data",
        "minAvailable",
      ),
      tie("node"),
      { maxKeys: 6 },
    ),
  ),
})).node;
const object = fc.record({
  apiVersion: fc.constantFrom("v1", "apps/v1", "policy/v1"),
  kind: fc.constantFrom(
    "Deployment",
    "Service",
    "DaemonSet",
    "CronJob",
    "ClusterRole",
    "NetworkPolicy",
    "Namespace",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "ValidatingWebhookConfiguration",
    "Kustomization",
  ),
  metadata: fc.record({
    name: fc.constantFrom("web", "api"),
    namespace: fc.constantFrom("shop", ""),
  }),
  spec: value,
  rules: value,
  webhooks: value,
});
const file = fc
  .array(object, { maxLength: 4 })
  .map((list) => list.map((o) => stringify(o)).join("---\n"));

describe("the source", () => {
  it("never throws, whatever stands in the fields, and says nothing when nothing changes", async () => {
    await fc.assert(
      fc.asyncProperty(file, file, async (before, after) => {
        const { deltas } = await readBy(
          kubernetesSource,
          { "a.yaml": before },
          { "a.yaml": after },
        );
        for (const found of deltas) {
          expect(found.path).toBe("a.yaml");
          expect(found.line).toBeGreaterThan(0);
          expect(
            [found.beforeMicro, found.afterMicro, found.ratioPpm].every(Number.isSafeInteger),
          ).toBe(true);
        }
        const same = await readBy(kubernetesSource, { "a.yaml": before }, { "b.yaml": before });
        const kinds = same.deltas.map((d) => d.aspect);
        expect(kinds.filter((aspect) => aspect === "object-removed")).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("does not depend on the order of files", async () => {
    await fc.assert(
      fc.asyncProperty(file, file, file, file, async (a, b, c, d) => {
        const one = await readBy(
          kubernetesSource,
          { "a.yaml": a, "b.yaml": b },
          { "a.yaml": c, "b.yaml": d },
        );
        const two = await readBy(
          kubernetesSource,
          { "b.yaml": b, "a.yaml": a },
          { "b.yaml": d, "a.yaml": c },
        );
        expect(two).toEqual(one);
      }),
      { numRuns: 50 },
    );
  });

  it("reads any text as a template line for line", () => {
    const piece = fc.constantFrom(
      "{{",
      "}}",
      "{%",
      "%}",
      "<%",
      "%>",
      "/*",
      "*/",
      "a:",
      "\n",
      '"',
      "`",
      "- ",
      " ",
      "if",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join("");
        expect(withoutActions(text).split("\n").length).toBe(text.split("\n").length);
      }),
    );
  });

  it.each([
    ["openings without end", "{{ ".repeat(50_000)],
    ["comments without end", "{{/* a ".repeat(20_000)],
    ["percent signs", "{% % ".repeat(20_000)],
    ["raw texts without end", `a: ${"{{ ` }} ".repeat(20_001)}`],
    ["raw texts of comments", `${"{{/*`}} ".repeat(20_000)}*/\``],
  ])("is linear on %s", (_, text) => {
    expect(withoutActions(text).length).toBeGreaterThan(0);
  });
});
