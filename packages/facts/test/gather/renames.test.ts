// SPDX-License-Identifier: Apache-2.0
import { isUnknown } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCatalog } from "../../src/catalog/read.ts";
import { environmentOf } from "../../src/files/environment.ts";
import { gatePartsOf } from "../../src/files/kind.ts";
import type { RawFile } from "../../src/gather/input.ts";
import { withoutEscapes } from "../../src/gather/renames.ts";
import { SOURCES } from "../../src/sources.ts";

const catalog = readCatalog(
  "catalog.yaml",
  "systems: [{ id: pay, tier: 1, owner: payments, paths: ['pay/**'] }]\n",
);
const ownersOf = (path: string) => (path.startsWith("mine/") ? ["mallory"] : ["payments"]);
const around = { catalog, ownersOf, sources: SOURCES };

const renamed = (oldPath: string, path: string): RawFile => ({
  ...{ path, oldPath, status: "renamed", mode: "100644", oldMode: "100644" },
  ...{ oid: "b".repeat(40), oldOid: "a".repeat(40), attributes: {}, added: 1, deleted: 2 },
  ...{ binary: false, bytesBefore: 3, bytesAfter: 4, before: "a\n", after: "b\n", unread: null },
});

const told = (from: string, to: string) =>
  withoutEscapes([renamed(from, to)], around).map((f) => `${f.status} ${f.path}`);

describe("a file that is moved", () => {
  it.each([
    ["the owners of the repository", ".github/CODEOWNERS", "attic/notes.txt"],
    ["names of owners", "OWNERS_ALIASES", "docs/aliases"],
    ["the people of the gate", "interlock/people.yaml", "attic/p.yaml"],
    ["a manifest that is read no more", "k8s/web.yaml", "k8s/web.txt"],
    ["a system of the first tier", "pay/app.yaml", "lib/app.yaml"],
    ["what others own", "src/a.ts", "mine/a.ts"],
    ["production", "config/production/a.yaml", "config/staging/a.yaml"],
    ["a program into the tests", "src/pay.ts", "test/pay.ts"],
  ])("%s: leaves what it was", (_, from, to) => {
    expect(told(from, to)).toEqual([`deleted ${from}`, `added ${to}`]);
  });
  it.each([
    ["a better name", "src/a.ts", "src/b.ts"],
    ["another folder of the same", "lib/a.yaml", "lib/sub/a.yaml"],
  ])("%s: stays what it is", (_, from, to) => {
    expect(told(from, to)).toEqual([`renamed ${to}`]);
  });
  it("has both sides, each once, and as many lines as before", () => {
    const [gone, come] = withoutEscapes([renamed("k8s/web.yaml", "k8s/web.txt")], around);
    expect([gone?.before, gone?.after, come?.before, come?.after]).toEqual([
      "a\n",
      null,
      null,
      "b\n",
    ]);
    expect([gone?.added, gone?.deleted, come?.added, come?.deleted]).toEqual([0, 2, 1, 0]);
    expect([gone?.oldPath, come?.oldPath]).toEqual([null, null]);
  });
  it("fail-closed: escapes no owner, no system, no environment and no part of the gate", () => {
    const path = fc
      .tuple(
        fc.constantFrom(
          "",
          "pay/",
          "mine/",
          "interlock/",
          ".github/",
          "config/production/",
          "test/",
        ),
        fc.constantFrom("CODEOWNERS", "OWNERS", "a.yaml", "a.txt", "main.tf", "AGENTS.md", "a.ts"),
      )
      .map(([folder, name]) => folder + name);
    fc.assert(
      fc.property(path, path, (from, to) => {
        fc.pre(from !== to);
        const paths = withoutEscapes([renamed(from, to)], around).map((f) => f.path);
        const seen = (of: (path: string) => readonly string[]) => new Set(paths.flatMap(of));
        for (const of of [gatePartsOf, ownersOf, (p: string) => [environmentOf(p)]])
          for (const one of of(from)) expect(seen(of)).toContain(one);
      }),
    );
  });
  it("an unknown owner is told apart too", () => {
    const unknownOwner = { $unknown: { because: "too large", help: "make it smaller" } };
    const owned = { ...around, ownersOf: (p: string) => (p === "a.md" ? unknownOwner : ["x"]) };
    expect(isUnknown(owned.ownersOf("a.md"))).toBe(true);
    expect(withoutEscapes([renamed("a.md", "b.md")], owned)).toHaveLength(2);
  });
});
