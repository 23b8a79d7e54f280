// SPDX-License-Identifier: Apache-2.0
import { loadPolicy } from "@interlock/policy";
import { describe, expect, it } from "vitest";

const codes = (text: string, read?: (path: string) => string): readonly string[] => {
  const loaded = loadPolicy("policy.yaml", text, {
    read: (path) => (read === undefined ? { kind: "missing" } : { kind: "text", text: read(path) }),
  });
  return loaded.ok ? [] : [...new Set(loaded.problems.map((p) => p.code))];
};

describe("the limits of a policy", () => {
  it("a file of a megabyte is not read", () => {
    expect(codes(`policy: shop\n# ${"x".repeat(1_000_000)}\n`)).toEqual(["TOO_LARGE"]);
  });
  it("no more rules than a list may have", () => {
    const rules = (n: number) =>
      `policy: shop\nmode: enforce\nrules:\n${Array.from({ length: n }, (_, i) => `- { id: r${i}, class: n }\n`).join("")}`;
    expect(codes(rules(5_000))).toEqual([]);
    expect(codes(rules(5_001))).toEqual(["TOO_MANY"]);
  });
  it("no more files than a policy may have", () => {
    // Each file includes the next one, without an end.
    const next = (path: string) => `include: f${Number(/\d+/.exec(path)?.[0]) + 1}.yaml\n`;
    expect(codes("policy: shop\nmode: enforce\ninclude: f1.yaml\n", next)).toEqual(["TOO_MANY"]);
  });
});
