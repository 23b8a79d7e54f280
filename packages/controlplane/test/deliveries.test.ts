// SPDX-License-Identifier: Apache-2.0
import { type BranchChange, deliveriesOf, readDescription } from "@interlock/controlplane";
import type { ChangeEntry } from "@interlock/digest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exampleText } from "./example.ts";

const read = readDescription("cp.yaml", exampleText());
if (!read.ok) throw new Error("the example does not load");
const { description } = read;

const OLD = "a".repeat(64);
const NEW = "b".repeat(64);
const entry = (path: string, more: Partial<ChangeEntry> = {}): ChangeEntry => ({
  ...{ path, oldMode: "100644", newMode: "100644", oldContent: OLD, newContent: NEW },
  ...more,
});
const removed = (path: string) => entry(path, { newMode: null, newContent: null });
const change = (entries: readonly ChangeEntry[], more: Partial<BranchChange> = {}) =>
  deliveriesOf(description, {
    ...{ repository: "shop/config", ref: "refs/heads/main", entries },
    ...more,
  });
const told = (entries: readonly ChangeEntry[], more: Partial<BranchChange> = {}) => {
  const { deliveries, unmatched, problems } = change(entries, more);
  return {
    to: deliveries.map(
      (d) => `${d.cell}/${d.key}=${d.content === null ? "-" : d.content.slice(0, 1)}`,
    ),
    unmatched,
    problems: problems.map((p) => `${p.code} ${p.path}`),
  };
};
const NOTHING = { to: [], unmatched: [], problems: [] };

describe("a file becomes", () => {
  it("a key of every cell", () => {
    expect(told([entry("config/promise/de.json")])).toEqual({
      ...NOTHING,
      to: ["na-1/de=b", "na-2/de=b"],
    });
  });
  it("a key of the cell that its path names", () => {
    expect(told([entry("config/cells/na-2/de.json")])).toEqual({ ...NOTHING, to: ["na-2/de=b"] });
  });
  it("nothing where it is removed", () => {
    expect(told([removed("config/promise/de.json")])).toEqual({
      ...NOTHING,
      to: ["na-1/de=-", "na-2/de=-"],
    });
  });
  it("its key still, where it moved", () => {
    const moved = [removed("config/promise/de.json"), entry("config/cells/na-1/de.json")];
    expect(told(moved)).toEqual({ ...NOTHING, to: ["na-1/de=b", "na-2/de=-"] });
  });
  it("nobody's where no set names it, or on another branch", () => {
    expect(told([entry("src/de.json")])).toEqual({ ...NOTHING, unmatched: ["src/de.json"] });
    expect(told([entry("config/promise/de.json")], { ref: "refs/heads/dev" }).to).toEqual([]);
  });
});

describe("refuses", () => {
  const REFUSED: readonly (readonly [string, ChangeEntry, string])[] = [
    ["a way up", entry("config/promise/../x.json"), "PATH_REFUSED"],
    ["an empty part", entry("config//promise/de.json"), "PATH_REFUSED"],
    ["a backslash", entry("config/promise/..\\x.json"), "PATH_REFUSED"],
    ["a control character", entry("config/promise/d\u0000e.json"), "PATH_REFUSED"],
    ["an empty key", entry("config/promise/.json"), "PATH_REFUSED"],
    ["a hidden key", entry("config/promise/.de.json"), "PATH_REFUSED"],
    ["a key with a blank", entry("config/promise/d e.json"), "PATH_REFUSED"],
    ["a letter that looks like another", entry("config/promise/d\u0435.json"), "PATH_REFUSED"],
    ["a folder that looks like another", entry("c\u043enfig/promise/de.json"), "PATH_REFUSED"],
    ["a folder in capitals", entry("Config/promise/de.json"), "PATH_REFUSED"],
    ["a cell that nobody described", entry("config/cells/eu-1/de.json"), "CELL_UNKNOWN"],
    ["a link", entry("config/promise/de.json", { newMode: "120000" }), "NO_FILE"],
    ["a submodule", entry("config/promise/de.json", { newMode: "160000" }), "NO_FILE"],
  ];
  it.each(REFUSED)("%s", (_what, one, code) => {
    expect(told([one])).toEqual({ ...NOTHING, problems: [`${code} ${one.path}`] });
  });
  it("two files for one key, changed both or one", () => {
    const [all, one] = ["config/promise/de.json", "config/cells/na-1/de.json"];
    expect(told([entry(all), entry(one)]).problems).toEqual([`KEY_TWICE ${all}`]);
    expect(told([entry(one)], { unchanged: [all] }).problems).toEqual([`KEY_TWICE ${one}`]);
  });
  it("two keys that differ in case alone", () => {
    const two = [entry("config/promise/de.json"), entry("config/promise/DE.json")];
    expect(told(two).problems).toEqual(["KEY_TWICE config/promise/de.json"]);
  });
});

it("gives plain keys of described cells, whatever the paths", () => {
  const path = fc.oneof(
    fc.string({ maxLength: 30, unit: "binary" }),
    fc
      .array(
        fc.constantFrom(
          "config",
          "promise",
          "cells",
          "na-1",
          "..",
          "",
          "a.json",
          "{key}.json",
          "é.json",
        ),
        { maxLength: 5 },
      )
      .map((p) => p.join("/")),
    fc.string({ maxLength: 8, unit: "binary" }).map((key) => `config/promise/${key}.json`),
  );
  fc.assert(
    fc.property(fc.uniqueArray(path, { maxLength: 6 }), (paths) => {
      const { deliveries, unmatched, problems } = change(paths.map((one) => entry(one)));
      for (const { key, cell } of deliveries) {
        expect(key).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
        expect(["na-1", "na-2"]).toContain(cell);
      }
      const answered = [...deliveries, ...problems].map((one) => one.path).concat(unmatched);
      expect(new Set(answered)).toEqual(new Set(paths));
    }),
  );
});
