import { describe, expect, it } from "vitest";
import { diffConfig } from "../../src/config/diff.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { changedFile } from "../../src/gather/changed-file.ts";
import { SETTINGS_SOURCE } from "../../src/settings/source.ts";

const told = async (path: string, before: string | null, after: string | null) => {
  const file = changedFile({
    ...{ path, oldPath: null, status: "modified", mode: "100644", oldMode: "100644" },
    ...{ before, after, added: 1, deleted: 1, binary: false, bytesBefore: 1, bytesAfter: 1 },
    ...{ unread: null, oid: "", oldOid: "", attributes: {} },
  });
  const world = { readAfter: async () => null, listAfter: async () => [] };
  return SETTINGS_SOURCE.read([file], world);
};

describe("what a key means", () => {
  it.each<[string, string, string, string, readonly string[]]>([
    [
      "a slash in a key parts words, its escape in the pointer is none of them",
      "metadata:\n  annotations:\n    operator.example.com/version: 0.93.0\n",
      "metadata:\n  annotations:\n    operator.example.com/version: 0.93.1\n",
      "version",
      ["annotations", "com", "example", "metadata", "operator", "version"],
    ],
    [
      "so does a tilde",
      "envs:\n  ansible~0: 8\n",
      "envs:\n  ansible~0: 9\n",
      "other",
      ["0", "ansible", "envs"],
    ],
    [
      "the nearest key counts",
      "retry:\n  timeout: 3s\n",
      "retry:\n  timeout: 4s\n",
      "timeout",
      ["retry", "timeout"],
    ],
  ])("%s", async (_name, before, after, aspect, words) => {
    const { deltas } = await told("app/settings.yaml", before, after);
    const changed = deltas.filter((d) => d.aspect !== "file-size");
    expect(changed.map((d) => [d.aspect, d.words])).toEqual([[aspect, words]]);
  });

  it("is the same for thousands of members of one list, whose neighbours are looked at once", async () => {
    const rows = (n: number) =>
      Array.from({ length: n }, (_, i) => ({
        name: `r${i}`,
        port: i,
        host: i === 5 ? "" : `h${i}`,
      }));
    const { deltas } = await told(
      "app/rows.json",
      JSON.stringify({ rows: rows(4) }),
      JSON.stringify({ rows: rows(2_500) }),
    );
    const tagged = deltas.filter((d) => d.tags.includes("blank-unlike-siblings"));
    expect(tagged.map((d) => d.subject)).toEqual(["/rows/[name=r5]/host"]);
  });

  it("a place is shared by the members of a container", () => {
    const { deltas } = diffConfig(
      parseConfig("json", '{"a": {"b": 1, "c": 2}}'),
      parseConfig("json", '{"a": {"b": 3, "c": 4}}'),
    );
    expect(new Set(deltas.map((d) => d.place.above)).size).toBe(1);
    expect(deltas.map((d) => d.place.pointer)).toEqual(deltas.map((d) => d.pointer));
  });
});

describe("what cannot be read is said", () => {
  it.each<[string, string, string, readonly string[], readonly string[]]>([
    ["breaks", '{"a": 1}', '{"a": }', ["unreadable"], ["line 1: a value is missing before `}`"]],
    ["stays broken", '{"a": }', '{"b": }', ["still-unreadable"], []],
    ["is mended", '{"a": }', "[]", ["file-size", "other"], []],
  ])("a file that %s", async (_name, before, after, aspects, gaps) => {
    const found = await told("app/settings.json", before, after);
    expect(found.deltas.map((d) => d.aspect)).toEqual(aspects);
    expect(found.gaps.map((g) => g.detail)).toEqual(gaps);
  });
});
