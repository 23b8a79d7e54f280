/** What an admission webhook reads: manifests and settings. */
import { expect, it } from "vitest";
import { readManifests } from "../src/admission/manifests.ts";
import { settingsProblem } from "../src/admission/settings.ts";

it.each([
  ["a: 0644", { a: 420 }],
  ["a: on", { a: true }],
  ["a: 2026-03-02", { a: "2026-03-02" }],
  ["a: 12:30", { a: "12:30" }],
  ['a: "on"', { a: "on" }],
  ["a: &x {b: 1}\nc: *x", { a: { b: 1 }, c: { b: 1 } }],
])("manifests are read as Kubernetes reads them: %s", (line, says) => {
  const read = readManifests(`apiVersion: v1\nkind: A\nmetadata: {name: x}\n${line}\n`);
  expect(read.ok && read.manifests[0]?.object).toMatchObject(says);
});

it.each([
  ["apiVersion: v1\nkind: A\n", "has no `apiVersion`, `kind` or `metadata.name`"],
  ["apiVersion: v1\nkind: A\nkind: B\nmetadata: {name: x}\n", "unique"],
  ["apiVersion: v1\nkind: A\nmetadata: {name: x}\na: .inf\n", "no JSON"],
  ["- 1\n", "no object"],
])("a file that is not read whole is not read: %s", (text, says) => {
  expect(readManifests(text)).toEqual({ ok: false, says: expect.stringContaining(says) });
});

it.each([
  [
    {
      exemptions: [
        {
          group: "system:authenticated",
          operations: ["CREATE"],
          resources: ["pods"],
          because: "x",
        },
      ],
    },
    "is everybody",
  ],
  [
    {
      exemptions: [{ user: "system:*", operations: ["CREATE"], resources: ["pods"], because: "x" }],
    },
    "no wildcard",
  ],
  [
    {
      exemptions: [
        { user: "a", group: "b", operations: ["CREATE"], resources: ["pods"], because: "x" },
      ],
    },
    "either a `user` or a `group`",
  ],
  [
    { exemptions: [{ user: "a", operations: ["CREATE"], resources: ["*"], because: "x" }] },
    "is no resource",
  ],
  [{ mutations: [{ resources: ["pods"], path: "spec", because: "x" }] }, "is no path"],
  [{ allowIfDown: [1] }, "Tier 1 never"],
  [{ manifests: [] }, "names no paths"],
  [{ server: "http://interlock.example.com" }, "https"],
])("settings that do not fit: %j", (more, says) => {
  const settings = {
    ...{ version: 1, name: "eu", mode: "enforce", ref: "refs/heads/main", state: "s" },
    ...{ listen: { address: "0.0.0.0:8443", cert: "c", key: "k" }, tokenFile: "t" },
    ...{ server: "https://interlock.example.com", manifests: [{ prefix: "deploy/" }] },
  };
  const problem = settingsProblem({ ...settings, ...more } as Parameters<
    typeof settingsProblem
  >[0]); // cases of tests
  expect(problem).toContain(says);
});
