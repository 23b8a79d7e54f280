/** The doctor on an admission webhook: every door open and closed, and the manifests that we ship. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { readSettings } from "../src/admission/settings.ts";
import { examineAdmission } from "../src/doctor/admission-doors.ts";
import { ADMISSION_DOORS } from "../src/doctor/door.ts";
import { textOf } from "./deployed.ts";
import { folder, interlock, put } from "./scratch.ts";

const SETTINGS = {
  ...{ version: 1, name: "eu", mode: "enforce", ref: "refs/heads/main", state: "s" },
  ...{ listen: { address: "0.0.0.0:8443", cert: "c", key: "k" }, tokenFile: "t" },
  ...{ server: "https://interlock.example.com", manifests: [{ prefix: "deploy/" }] },
};
const RULES = [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }];
const HOOK = {
  name: "a.example.com",
  clientConfig: { service: { path: "/validate" } },
  rules: RULES,
};

function doors(settings: object, ...webhooks: readonly object[]): readonly string[] {
  const home = folder();
  const metadata = { name: "one" };
  put(home, {
    "admission.json": JSON.stringify({ ...SETTINGS, ...settings }),
    "webhook.yaml": JSON.stringify({
      ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration" },
      ...{ metadata, webhooks },
    }),
  });
  const look = examineAdmission(join(home, "admission.json"), join(home, "webhook.yaml"));
  return look.doors.map(({ id, says }) => `${id}: ${says}`);
}

const because = "x";
const CASES: readonly [keyof typeof ADMISSION_DOORS, object, object | null, string][] = [
  ["webhook-missing", {}, null, "no webhook is asked"],
  ["webhook-selects", {}, { objectSelector: { matchLabels: { a: "b" } } }, "certain labels"],
  ["admission-observes", { mode: "observe" }, {}, "everything is let in"],
  ["webhook-exact", {}, { matchPolicy: "Exact" }, "named versions only"],
  ["webhook-ignores", {}, { failurePolicy: "Ignore" }, "passed over"],
  [
    "webhook-kinds",
    {},
    { rules: [{ ...RULES[0], resources: ["*"] }] },
    "no rule asks about `UPDATE pods/ephemeralcontainers`, `UPDATE deployments/scale`",
  ],
  [
    "admission-if-down",
    { allowIfDown: [3], tiers: [{ namespace: "reports", tier: 3 }] },
    {},
    "anything goes into `reports`",
  ],
  [
    "webhook-conditions",
    {},
    { matchConditions: [{ name: "c", expression: "a\n in b" }] },
    "only if `a in b`",
  ],
  ["webhook-namespaces", {}, { namespaceSelector: { matchLabels: { x: "y" } } }, "the labels `x`"],
  [
    "admission-declared",
    { mutations: [{ resources: ["pods"], path: "/spec/a", because }] },
    {},
    "anybody may write `/spec/a` of `pods`",
  ],
  [
    "admission-exempt",
    { exemptions: [{ group: "g", operations: ["CREATE"], resources: ["pods"], because }] },
    {},
    "group `g` may CREATE `pods`",
  ],
];

it.each(CASES)("%s", (id, settings, webhook, says) => {
  const found = doors(settings, ...(webhook === null ? [] : [{ ...HOOK, ...webhook }]));
  expect(found).toEqual([expect.stringMatching(new RegExp(`^${id}: `))]);
  expect(found[0]).toContain(says);
});

it("none is open where nothing is, every one is tried, and docs/operate/admission.md has them", () => {
  expect(doors({}, HOOK)).toEqual([]);
  expect(new Set(CASES.map(([id]) => id))).toEqual(new Set(Object.keys(ADMISSION_DOORS)));
  const page = textOf("docs/operate/admission.md");
  for (const [id, severity] of Object.entries(ADMISSION_DOORS))
    expect(page).toContain(`| \`${id}\` | ${severity} |`);
});

it("the manifests that are shipped: settings that fit, files that are mounted, doors that are meant", () => {
  const home = folder();
  const all = parseAllDocuments(textOf("deploy/kubernetes/admission/workload.yaml")).map(
    // biome-ignore lint/suspicious/noExplicitAny: of this repository
    (one) => one.toJS() as any,
  );
  const of = (kind: string) => all.find((one) => one.kind === kind);
  put(home, {
    "admission.json": of("ConfigMap").data["admission.json"],
    "webhook.yaml": textOf("deploy/kubernetes/admission/webhook.yaml"),
  });
  const settings = readSettings(join(home, "admission.json"));
  const [container] = of("StatefulSet").spec.template.spec.containers;
  const mounted = container.volumeMounts.map((one: { mountPath: string }) => one.mountPath);
  for (const path of [settings.listen.cert, settings.tokenFile, settings.state, container.args[2]])
    expect(mounted.some((mount: string) => path === mount || path.startsWith(`${mount}/`))).toBe(
      true,
    );
  expect(settings.listen.address).toBe(`0.0.0.0:${container.ports[0].containerPort}`);
  const look = examineAdmission(join(home, "admission.json"), join(home, "webhook.yaml"));
  expect(look.doors.map(({ id }) => id)).toEqual([
    ...["admission-observes", "webhook-conditions", "webhook-namespaces", "admission-declared"],
  ]);
  const shown = interlock(
    home,
    "doctor",
    "--admission",
    "admission.json",
    "--webhook",
    "webhook.yaml",
  );
  expect([shown.status, shown.stdout]).toEqual([1, expect.stringContaining("kube-system")]);
  // A line of docs/operate/admission.md.
  expect(interlock(home, "admission", "--settings", "admission.json", "--check").status).toBe(0);
});
