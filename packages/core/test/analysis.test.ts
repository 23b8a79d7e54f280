// SPDX-License-Identifier: Apache-2.0
/** What is said of an expression without evaluating it: only what is certain may be said. */
import { analysisOf } from "@interlock/core";
import { describe, expect, it } from "vitest";

describe("the names that an expression reads", () => {
  it.each<[string, readonly string[]]>([
    ["true", []],
    ["sql == config && blast.cells > change.totals.files", ["blast", "change", "config", "sql"]],
    ["!(it.numeric) || -it.line < 1", ["it"]],
    ["it.line in [blast.cells, 2]", ["blast", "it"]],
    ["it.key.startsWith(change.subject)", ["change", "it"]],
    ["size(sql) > 1 ? config == [] : context == []", ["config", "context", "sql"]],
    ["has(change.reverts)", ["change"]],
    [".change.subject == ''", ["change"]],
    [".change == 1 && .sql.exists(s, .blast.cells == 1)", ["blast", "change", "sql"]],
    ["{change.subject: blast.cells} == {}", ["blast", "change"]],
    ["Some{field: blast.cells} == it", ["blast", "it"]],
    ["sql.exists(s, s.line == blast.cells)", ["blast", "sql"]],
    ["change.files.all(f, f.systems.exists(s, s == it.key))", ["change", "it"]],
    ["sql.exists(config, config.line == 1)", ["sql"]],
    ["sql.exists(config, config.line == 1) && config == []", ["config", "sql"]],
    ["config == [] && sql.exists(config, config.line == 1)", ["config", "sql"]],
    ["sql.filter(s, s.line == 1).map(s, blast.cells) == [1]", ["blast", "sql"]],
    ["config.exists(config, config.line == 1)", ["config"]],
  ])("%s", (source, reads) => {
    expect(analysisOf(source).reads).toEqual(reads);
  });
});

describe("the lists without which it is false", () => {
  it.each<[string, readonly string[]]>([
    ["sql.exists(s, s.line == 1)", ["sql"]],
    ["change.files.exists(f, f.kind == 'code')", ["change.files"]],
    [
      "sql.exists(s, s.line == 1) && (blast.cells > 1 && config.exists(c, c.line == 1))",
      ["config", "sql"],
    ],
    ["sql.exists(s, s.line == 1) && sql.exists(s, s.line == 2)", ["sql"]],
    ["sql.exists(s, s.line == 1) && config.all(c, c.line == 1)", ["sql"]],
    ["sql.exists(s, s.line == 1) || config.exists(c, c.line == 1)", []],
    ["!sql.exists(s, s.line == 1)", []],
    ["sql.exists(s, s.line == 1) == false", []],
    ["sql.all(s, s.line == 1)", []],
    ["sql.exists_one(s, s.line == 1)", []],
    ["sql.map(s, s.line) == [1]", []],
    ["sql.map(s, s.line)", []],
    ["sql.filter(s, s.line == 1)", []],
    ["[1, 2].exists(n, n == blast.cells)", []],
    ["sql.filter(s, s.line == 1).exists(s, s.line == 1)", []],
    ["sql[0].tags.exists(t, t == 'x')", []],
    ["has(change.files).exists(x, true)", []],
    ["change.files.exists(f, f.systems.exists(s, s == 'x'))", ["change.files"]],
    ["sql == []", []],
  ])("%s", (source, needs) => {
    expect(analysisOf(source).needs).toEqual(needs);
  });
});

describe("the text that an item must have", () => {
  const aspect = (...values: readonly string[]) => ({ field: "aspect", values: new Set(values) });

  it.each<[string, ReturnType<typeof aspect> | null]>([
    ["it.aspect == 'image'", aspect("image")],
    ["it.aspect in ['image', 'replicas']", aspect("image", "replicas")],
    ["it.aspect == 'image' && it.line > 1", aspect("image")],
    ["it.line > 1 && it.aspect == 'image'", aspect("image")],
    ["it.aspect in ['a', 'b'] && it.aspect == 'a'", aspect("a")],
    ["it.aspect == 'a' && it.aspect in ['a', 'b']", aspect("a")],
    ["it.aspect == 'a' && it.key == 'b'", aspect("a")],
    ["it.aspect == 'a' || it.aspect == 'b'", aspect("a", "b")],
    ["(it.aspect == 'a' && it.line > 1) || it.aspect in ['b', 'c']", aspect("a", "b", "c")],
    ["it.aspect == 'a' || it.aspect == 'b' || it.aspect == 'c'", aspect("a", "b", "c")],
    ["it.aspect == 'a' || it.key == 'a'", null],
    ["it.aspect == 'a' || it.line > 1", null],
    ["it.line > 1 || it.aspect == 'a'", null],
    ["!(it.aspect == 'a')", null],
    ["it.aspect != 'a'", null],
    ["it.aspect < 'a'", null],
    ["it.aspect != ['a']", null],
    ["it.aspect < ['a']", null],
    ["unknownFunction()", null],
    ["!it.aspect", null],
    ["it.aspect == 1", null],
    ["it.aspect == it.key", null],
    ["'a' == it.aspect", null],
    ["'a' in it.tags", null],
    ["it.aspect in it.tags", null],
    ["it.aspect in []", null],
    ["it.aspect in ['a', it.key]", null],
    ["it.aspect in ['a', 1]", null],
    ["it.aspect.inner == 'a'", null],
    ["x.aspect == 'a'", null],
    ["it == 'a'", null],
    ["has(it.aspect) == 'a'", null],
    ["it.tags.exists(t, t == 'a')", null],
    ["it.aspect.startsWith('a')", null],
    ["it.aspect == 'a' ? true : false", null],
    ["true", null],
  ])("%s", (source, key) => {
    expect(analysisOf(source).key).toEqual(key);
  });
});
