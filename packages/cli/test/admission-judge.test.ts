/** Requests as the API server sends them, against what was allowed: each case with its reason. */
import type { Json } from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allowedFrom, type ToldChange } from "../src/admission/allowed.ts";
import { judge } from "../src/admission/judge.ts";
import { readManifests } from "../src/admission/manifests.ts";
import { answerTo, readReview } from "../src/admission/review.ts";

const manifest = (value: string, more = ""): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: promise\ndata:\n  days: "${value}"\n${more}`;
const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { replicas: 3, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: web, image: "web:1" }] } } }
`;

/** Contents by a letter; `?` is not kept. */
const CONTENTS: Readonly<Record<string, string>> = {
  a: manifest("1"),
  b: manifest("2"),
  c: manifest("3"),
  w: `${WEB}---\n${manifest("1")}`,
  n: "",
  x: "kind: [",
};

/** Changes as `index path before>after`; `-` is nothing; a `!` before it: not allowed. */
function told(...changes: readonly string[]): readonly ToldChange[] {
  return changes.map((text) => {
    const [, no, index, path = "", before, after] = /^(!?)(\d+) (\S+) (\S)>(\S)$/.exec(text) ?? [];
    const side = (one: string | undefined) => (one === undefined || one === "-" ? null : one);
    return {
      ...{ change: `change-${index}`, index: Number(index), allowed: no === "" },
      entries: [{ path, before: side(before), after: side(after) }],
    };
  });
}

function allowed(...changes: readonly string[]) {
  return allowedFrom(told(...changes), {
    namespaceOf: () => "shop",
    contentOf: (content) => {
      const text = CONTENTS[content];
      const read = text === undefined ? null : readManifests(text);
      return read === null ? "it is not kept" : read.ok ? read.manifests : read.says;
    },
  });
}

const days = (value: string) => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", data: { days: value } },
  metadata: { name: "promise", namespace: "shop", uid: "u", creationTimestamp: "2026-03-02" },
});

/** With the members of https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request */
function review(request: Record<string, Json>): string {
  return JSON.stringify({
    ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
    request: {
      uid: "5a3c9d4e-0000-4b6f-9d7e-d1f0c0ffee00",
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      requestKind: { group: "", version: "v1", kind: "ConfigMap" },
      requestResource: { group: "", version: "v1", resource: "configmaps" },
      ...{ name: "promise", namespace: "shop", operation: "CREATE", dryRun: false },
      userInfo: { username: "ana", uid: "014", groups: ["deployers"], extra: { k: ["v"] } },
      options: { apiVersion: "meta.k8s.io/v1", kind: "CreateOptions" },
      ...{ object: null, oldObject: null, ...request },
    },
  });
}

function ask(request: Record<string, Json>, changes: readonly string[], rules = {}) {
  const read = readReview(review(request));
  if (!read.ok) throw new Error(read.says);
  const { admitted, because, change } = judge(read.review, allowed(...changes), rules);
  return { admitted, because, change };
}

const HPA = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";
const scale = (replicas: number, old: number, username = "ana"): Record<string, Json> => ({
  kind: { group: "autoscaling", version: "v1", kind: "Scale" },
  resource: { group: "apps", version: "v1", resource: "deployments" },
  ...{ subResource: "scale", name: "web", operation: "UPDATE", userInfo: { username } },
  object: { kind: "Scale", spec: { replicas } },
  oldObject: { kind: "Scale", spec: { replicas: old } },
});
const exec: Record<string, Json> = {
  kind: { group: "", version: "v1", kind: "PodExecOptions" },
  resource: { group: "", version: "v1", resource: "pods" },
  ...{ subResource: "exec", name: "web-1", operation: "CONNECT", object: { stdin: true } },
};
const gone = (old: Json = days("1")) => ({ operation: "DELETE", oldObject: old });
const EXEMPT = {
  exemptions: [
    {
      ...{ group: "oncall", operations: ["CONNECT" as const], resources: ["pods/exec"] },
      because: "incidents",
    },
  ],
};

describe("(newest) what is let in", () => {
  const create = (value: string) => ({ object: days(value) });
  const cases: readonly [string, Record<string, Json>, readonly string[], string | null, string][] =
    [
      ["what an allowed change made", create("1"), ["1 p ->a"], "change-1", "it is as in `p`"],
      ["another value", create("2"), ["1 p ->a"], null, '/data/days is "2", approved is "1"'],
      ["what was not allowed", create("2"), ["1 p ->a", "!2 p a>b"], null, 'approved is "1"'],
      ["the new content", create("2"), ["1 p ->a", "2 p a>b"], "change-2", "it is as in"],
      [
        "one step back, which may not be replaced yet",
        create("1"),
        ["1 p ->a", "2 p a>b"],
        "change-1",
        "it is as in",
      ],
      ["two steps back", create("1"), ["1 p ->a", "2 p a>b", "3 p b>c"], null, 'approved is "3"'],
      [
        "two changes of one state, the first",
        create("2"),
        ["1 p ->a", "2 p a>b", "3 p a>c"],
        "change-2",
        "it is as in",
      ],
      [
        "one that the ref went past",
        create("3"),
        ["1 p ->a", "2 p a>c", "3 p a>b", "4 p b>a"],
        null,
        "not as in",
      ],
      [
        "what stood there before anything was allowed",
        create("1"),
        ["2 p a>b"],
        null,
        'approved is "2"',
      ],
      [
        "what nobody knows",
        create("1"),
        [],
        null,
        "no allowed change contains ConfigMap `shop/promise`",
      ],
      [
        "what is not kept",
        create("1"),
        ["1 p ->?"],
        null,
        "of `p` it is not known what it holds: it is not kept",
      ],
      [
        "a file that is no YAML",
        create("1"),
        ["1 p ->x"],
        null,
        "of `p` it is not known what it holds",
      ],
      [
        "a generated name",
        {
          name: "",
          object: {
            ...days("1"),
            metadata: { name: "promise-x1", generateName: "promise-", namespace: "shop" },
          },
        },
        ["1 p ->a"],
        null,
        "generated name",
      ],
      [
        "an object that calls itself otherwise",
        { name: "other", object: days("1") },
        ["1 p ->a"],
        null,
        "another name than the request",
      ],
      [
        "an object of another namespace",
        { namespace: "bank", object: days("1") },
        ["1 p ->a"],
        null,
        "another namespace than the request",
      ],
      [
        "an object of another kind",
        { object: { ...days("1"), kind: "Secret" } },
        ["1 p ->a"],
        null,
        "another kind than the request",
      ],
      ["no object", {}, ["1 p ->a"], null, "the request has no object"],
      [
        "an update without what was there",
        { operation: "UPDATE", object: days("1") },
        ["1 p ->a"],
        null,
        "no old object",
      ],
      [
        "a deletion of what stands",
        gone(),
        ["1 p ->a"],
        null,
        "stands in `p`: remove it there first",
      ],
      [
        "a deletion of what was removed",
        gone(),
        ["1 p ->a", "2 p a>n"],
        "change-2",
        "a change removed it",
      ],
      [
        "a deletion with the file",
        gone(),
        ["1 p ->a", "2 p a>-"],
        "change-2",
        "a change removed it",
      ],
      [
        "a deletion of one of many, which names none",
        { ...gone(), name: "" },
        ["1 p ->a", "2 p a>-"],
        "change-2",
        "a change removed it",
      ],
      [
        "a deletion long after",
        gone(),
        ["1 p ->w", "2 p w>a", "3 p a>n", "4 p n>x", "5 p x>-"],
        "change-5",
        "a change removed it",
      ],
      [
        "a deletion of what moved to another file",
        gone(),
        ["1 p ->a", "2 p a>-", "3 q ->a"],
        null,
        "stands in `q`",
      ],
      [
        "a deletion where nobody knows what is left",
        gone(),
        ["1 p ->a", "2 p a>?"],
        null,
        "remove it there first",
      ],
      [
        "a deletion of what nobody knows",
        gone({ ...days("1"), metadata: { name: "promise" } }),
        [],
        null,
        "no allowed change removed",
      ],
      ["as many as approved", scale(3, 1), ["1 p ->w"], "change-1", "it is as in `p`"],
      ["more than approved", scale(30, 3), ["1 p ->w"], null, "is to have 30 replicas; `p` says 3"],
      ["a shell", exec, ["1 p ->w"], null, "only an exemption lets `pods/exec` be used"],
      [
        "an eviction",
        { ...exec, subResource: "eviction", operation: "CREATE" },
        [],
        null,
        "only an exemption lets `pods/eviction`",
      ],
      [
        "a container for debugging",
        { ...exec, subResource: "ephemeralcontainers", operation: "UPDATE" },
        [],
        null,
        "only an exemption",
      ],
    ];
  it.each(cases)("%s", (_, request, changes, change, because) => {
    expect(ask(request, changes)).toEqual({
      ...{ admitted: change !== null, change },
      because: expect.stringContaining(because),
    });
  });

  it("what changes nothing, a status, what is declared, and who is exempt", () => {
    const same = { operation: "UPDATE", object: days("9"), oldObject: days("9") };
    expect(ask(same, [])).toMatchObject({ admitted: true, change: null });
    const status = { ...same, subResource: "status", object: days("1") };
    expect(ask(status, [])).toMatchObject({
      admitted: true,
      because: "a status is no desired state",
    });
    const because = "the autoscaler";
    const mutations = [
      { resources: ["deployments.apps"], path: "/spec/replicas", users: [HPA], because },
    ];
    expect(ask(scale(30, 3, HPA), ["1 p ->w"], { mutations }).admitted).toBe(true);
    expect(ask(scale(30, 3), ["1 p ->w"], { mutations }).admitted).toBe(false);
    const by = (group: string) => ({ ...exec, userInfo: { username: "bo", groups: [group] } });
    expect(ask(by("oncall"), [], EXEMPT)).toMatchObject({
      admitted: true,
      because: "exempt: incidents",
    });
    for (const group of ["ONCALL", "oncall-x", ""])
      expect(ask(by(group), [], EXEMPT).admitted).toBe(false);
    expect(ask({ ...by("oncall"), subResource: "attach" }, [], EXEMPT).admitted).toBe(false);
  });
});

describe("a review", () => {
  it.each([
    ["", "no JSON"],
    ["[]", "no AdmissionReview"],
    ['{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}', "admission.k8s.io/v1"],
    [review({ uid: "" }), "`request.uid`"],
    [review({ operation: "PATCH" }), "`request.operation`"],
    [review({ kind: {} }), "`request.kind`"],
    [review({ object: "x" }), "`request.object`"],
    [review({ userInfo: { groups: [1] } }), "groups"],
    [
      `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","a":${"[".repeat(9_000)}${"]".repeat(9_000)}}`,
      "no AdmissionReview",
    ],
  ])("%s", (text, says) => {
    expect(readReview(text)).toEqual({ ok: false, says: expect.stringContaining(says) });
  });

  it("fuzz: whatever comes is read or refused, and is never let in by accident", () => {
    const none = allowed();
    const part = fc.jsonValue() as fc.Arbitrary<Json>; // it is JSON
    const names = fc.constantFrom("kind", "resource", "object", "oldObject", "userInfo", "name");
    fc.assert(
      fc.property(
        names,
        part,
        fc.constantFrom("CREATE", "DELETE", "CONNECT"),
        (name, value, operation) => {
          const read = readReview(review({ operation, object: days("1"), [name]: value }));
          if (read.ok) expect(judge(read.review, none, {}).admitted).toBe(false);
        },
      ),
    );
    fc.assert(fc.property(fc.string(), (text) => void readReview(text)));
    fc.assert(fc.property(fc.string(), (text) => void readManifests(text)));
  });

  it("is answered with its uid, in lines that fit", () => {
    const warnings = Array.from({ length: 30 }, () => `a\nb ${"x".repeat(300)}`);
    const annotations = { outcome: "refused" };
    const refused = answerTo("u", { allowed: false, message: "no\r\nway", warnings, annotations });
    expect(refused).toMatchObject({
      ...{ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" },
      response: {
        ...{ uid: "u", allowed: false, auditAnnotations: annotations },
        status: { status: "Failure", reason: "Forbidden", code: 403, message: "no way" },
      },
    });
    const shown = (refused as { response: { warnings: string[] } }).response.warnings;
    expect(shown.length).toBe(21);
    expect(Math.max(...shown.map((one) => one.length))).toBe(120);
    expect(shown.join("").length).toBeLessThan(4_096);
    expect(shown.at(-1)).toBe("interlock: and 10 more");
  });
});
