// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { openTarget, planWrites, settingsFaults, type Target } from "@interlock/targets";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathFault } from "../src/key-path.ts";
import { bytes } from "./place.ts";

type Settings = Readonly<Record<string, Json>>;
const SECRETS: Readonly<Record<string, string>> = {
  "env:URL": "postgres://bo:hidden@db.example.com/config",
  "file:/run/token": "hidden\n",
};
const open = (kind: string, settings: Json) =>
  // A description is parsed elsewhere; here any kind and any settings may come.
  openTarget(
    { name: "t", kind: kind as Target["kind"], settings },
    async (name) => SECRETS[name] ?? null,
  );

const FILES: Settings = { root: "/srv", cells: { one: "one" } };
const ROWS: Settings = { url: "env:URL", cells: { one: "config" } };
const GIT: Settings = {
  repository: "https://git.example.com/config.git",
  token: "file:/run/token",
  cells: { one: { branch: "main", folder: "one" } },
};

const FAULTS: readonly (readonly [string, Json, string])[] = [
  ["redis", {}, "there is no kind `redis`"],
  ["__proto__", {}, "there is no kind `__proto__`"],
  ["files", null, "`settings` is no object"],
  ["files", [], "`settings` is no object"],
  ["files", { ...FILES, root: "srv" }, "`settings.root` is no absolute path"],
  ["files", { ...FILES, root: "/a\nb" }, "`settings.root` is no text"],
  ["files", { cells: { one: "one" } }, "`settings.root` is missing"],
  ["files", { ...FILES, root: 7 }, "`settings.root` is no text"],
  ["files", { ...FILES, cells: {} }, "`settings.cells` has 0 cells"],
  ["files", { ...FILES, cells: { one: "../x" } }, "`settings.cells.one` is no path"],
  [
    "files",
    { ...FILES, cells: { a: "x", b: "x/y" } },
    "`settings.cells` has one cell inside another",
  ],
  [
    "files",
    { ...FILES, cells: { a: "x", b: "x" } },
    "`settings.cells` has one cell inside another",
  ],
  ["files", { ...FILES, pollMs: 0 }, "`settings.pollMs` is no whole number from 5"],
  ["files", { ...FILES, rot: "/x" }, "`settings.rot` is not known"],
  ["files", { ...FILES, root: "env:ROOT" }, "`settings.root` names `env:ROOT`, and there is none"],
  ["postgres", { ...ROWS, url: "https://db.example.com" }, "`settings.url` does not begin"],
  ["postgres", { ...ROWS, url: "postgres://bo:hidden@db/c" }, "`settings.url` holds a password"],
  ["postgres", { ...ROWS, cells: { one: 1 } }, "`settings.cells.one` is not the name of a table"],
  ["postgres", { ...ROWS, cellColumn: "c" }, "`settings.table` is missing"],
  [
    "postgres",
    { ...ROWS, cells: { a: "t", b: "t" } },
    "`settings.cells` has two cells at one place",
  ],
  ["postgres", { ...ROWS, keyColumn: "k".repeat(64) }, "`settings.keyColumn` is longer than"],
  ["git", { ...GIT, token: "hidden" }, "`settings.token` is a secret"],
  [
    "git",
    { ...GIT, cells: { a: { branch: "a..b", folder: "x" } } },
    "`settings.cells.a.branch` is no name",
  ],
  [
    "git",
    { ...GIT, cells: { a: { branch: "-f", folder: "x" } } },
    "`settings.cells.a.branch` is no name",
  ],
  [
    "git",
    { ...GIT, cells: { a: { branch: "m", folder: ".git" } } },
    "`settings.cells.a.folder` is no path",
  ],
  ["git", { ...GIT, cells: { a: "main" } }, "`settings.cells.a` is no object"],
  [
    "git",
    { ...GIT, cells: { a: { branch: "m", folder: "x", z: 1 } } },
    "`settings.cells.a.z` is not known",
  ],
  ["git", { ...GIT, authorName: "<x>" }, "`settings.authorName` holds"],
];

const URLS: readonly string[] = [
  "file:///srv/config.git",
  "ssh://git@git.example.com/config.git",
  "git://git.example.com/config.git",
  "ext::sh -c touch% /tmp/x",
  "gopher://git.example.com/x",
  "http://git.example.com/config.git",
  "https://bo@git.example.com/config.git",
  "https://bo:hidden@git.example.com/config.git",
  "https://git.example.com/config.git\r\nx: y",
  "https://git.example.com/config.git?x=y",
  "git@git.example.com:config.git",
  "--upload-pack=touch",
  "config.git",
];

describe("opening", () => {
  it.each(FAULTS)("%s %j: %s", async (kind, settings, says) => {
    const opened = await open(kind, settings);
    const message = expect.stringContaining(says);
    expect(opened).toMatchObject({ ok: false, failure: { code: "TARGET_REFUSED", message } });
    expect(JSON.stringify(opened)).not.toContain("hidden");
    if (/is no kind|there is none/.test(says)) return;
    // Without what references name, the same is told; here no faulty value is named by one.
    const faults = settingsFaults({ kind: kind as Target["kind"], settings });
    expect(faults.map((fault) => `\`${fault.path}\` ${fault.says}`)).toContainEqual(message);
  });

  it.each(URLS)("SS6 the repository %j is refused", async (repository) => {
    const opened = await open("git", { ...GIT, repository });
    const message = expect.stringContaining("`settings.repository`");
    expect(opened).toMatchObject({ ok: false, failure: { code: "TARGET_REFUSED", message } });
    expect(JSON.stringify(opened)).not.toContain("hidden");
  });

  it("needs nothing that answers", async () => {
    for (const [kind, settings] of [
      ["files", FILES],
      ["postgres", ROWS],
      ["git", GIT],
    ] as const) {
      const opened = await open(kind, settings);
      expect(opened.ok).toBe(true);
      if (opened.ok) await opened.value.close();
    }
  });

  it("settings of any form are taken or refused", async () => {
    const kinds = fc.constantFrom("files", "postgres", "git");
    await fc.assert(
      fc.asyncProperty(kinds, fc.jsonValue(), fc.string(), async (kind, value, name) => {
        // Whatever JSON there is has the type; fast-check's is only written differently.
        const settings = JSON.parse(JSON.stringify({ ...FILES, [name]: value })) as Json;
        const opened = await open(kind, settings);
        const faults = settingsFaults({ kind, settings });
        if (opened.ok) await opened.value.close();
        else expect(opened.failure.code).toBe("TARGET_REFUSED");
        // There are no references in them but by chance, and those are told when they are looked up.
        if (!/"(?:env|file):/.test(JSON.stringify(settings)))
          expect(faults.length === 0).toBe(opened.ok);
      }),
    );
  });
});

describe("a key as a path", () => {
  it("never leads out of its folder", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "", ".git", "a"), fc.string());
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), (parts) => {
        const key = parts.join("/");
        if (pathFault(key) !== null) return;
        expect(
          new URL(`file:///cell/${key.split("/").map(encodeURIComponent).join("/")}`).pathname,
        ).toMatch(/^\/cell\/./);
        expect(key.split("/")).not.toContain("..");
        expect(key.toLowerCase()).not.toMatch(/(?:^|\/)\.git/);
      }),
    );
  });
});

describe("a plan of writes", () => {
  const held = (text: string, version: string) => ({ value: bytes(text), version });
  const read = {
    fence: 1,
    items: new Map([
      ["same", held("1", "v1")],
      ["changed", held("1", "v2")],
      ["gone", held("1", "v3")],
      ["absent", null],
      ["new", null],
    ]),
  };

  it("names what changes, over what, and what was there", () => {
    const plan = planWrites(
      read,
      new Map([
        ["same", bytes("1")],
        ["new", bytes("2")],
        ["changed", bytes("2")],
        ["absent", null],
        ["gone", null],
      ]),
    );
    const hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    expect(plan).toEqual({
      items: [
        { key: "changed", value: bytes("2"), over: "v2" },
        { key: "gone", value: null, over: "v3" },
        { key: "new", value: bytes("2"), over: null },
      ],
      before: new Map([
        ["changed", hash],
        ["gone", hash],
        ["new", null],
      ]),
    });
  });

  it("does not guess what was not read", () => {
    expect(() => planWrites(read, new Map([["other", null]]))).toThrow("was not read");
  });
});
