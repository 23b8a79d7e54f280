/** What a hook is given: lines, an environment, settings, and an answer, from whoever wrote them. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { factsOf } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readAnswer } from "../src/hook/answer.ts";
import { pusherOf, quarantineOf, readPush } from "../src/hook/push.ts";
import { problemOf, protectionOf, readSettings, type Settings } from "../src/hook/settings.ts";
import { folder } from "./scratch.ts";

const SETTINGS: Settings = {
  version: 1,
  server: "https://interlock.example.com",
  token: "abc",
  protect: [{ ref: "refs/heads/main", tier: 1 }],
  allowIfDown: [4],
  timeoutMs: 1_000,
};

/** Whatever is read, nothing but a `GateError` is thrown. */
function orRefused<T>(read: () => T): T | "refused" {
  try {
    return read();
  } catch (error) {
    if (error instanceof GateError) return "refused";
    throw error;
  }
}

const idText = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef"),
  minLength: 40,
  maxLength: 40,
});
const lineLike = fc
  .tuple(idText, idText, fc.string({ maxLength: 20, unit: "binary" }))
  .map(([old, fresh, name]) => `${old} ${fresh} refs/${name}\n`);

describe("the lines of a push", () => {
  it("are read or refused, whatever they hold", () => {
    const gitDir = folder();
    fc.assert(
      fc.property(fc.oneof(lineLike, fc.string({ unit: "binary" })), (content) => {
        const read = orRefused(() => readPush(Buffer.from(content), gitDir));
        if (read === "refused") return;
        // Each line is one update, and none leads out of the repository.
        expect(read.length).toBe(content.split("\n").length - 1);
        for (const { ref } of read)
          expect([ref.startsWith("refs/"), ref.includes("..")]).toEqual([true, false]);
      }),
    );
  });

  it("a symbolic ref is followed; a chain, a circle and a link are refused or followed to the end", () => {
    const gitDir = folder();
    const ids = `${"1".repeat(40)} ${"2".repeat(40)}`;
    mkdirSync(join(gitDir, "refs/heads"), { recursive: true });
    const put = (name: string, content: string) =>
      writeFileSync(join(gitDir, "refs/heads", name), content);
    put("a", "ref: refs/heads/b\n");
    put("b", "ref: refs/heads/main\n");
    put("x", "ref: refs/heads/y\n");
    put("y", "ref: refs/heads/x\n");
    put("out", "ref: refs/../config\n");
    symlinkSync("main", join(gitDir, "refs/heads/link"));
    const refOf = (name: string) =>
      orRefused(() => readPush(Buffer.from(`${ids} refs/heads/${name}\n`), gitDir)[0]?.ref);
    expect(["a", "b", "x", "out", "link", "main", "new"].map(refOf)).toEqual([
      "refs/heads/main",
      "refs/heads/main",
      "refused",
      "refused",
      "refused",
      "refs/heads/main",
      "refs/heads/new",
    ]);
  });
});

describe("settings", () => {
  it.each<[string, Partial<Settings>, RegExp | null]>([
    ["are well", {}, null],
    ["http to another machine", { server: "http://10.0.0.1" }, /is not `https/],
    ["http to this machine", { server: "http://[::1]:8080" }, null],
    ["a file", { server: "file:///etc/passwd" }, /is not `https/],
    ["a query", { server: "https://x.example.com/?a" }, /query/],
    ["a token that would end a header", { token: "a\nb" }, /the token is not/],
    ["nothing protected", { protect: [] }, /no ref is protected/],
    ["a short name", { protect: [{ ref: "main" }] }, /no full name/],
    ["a star inside", { protect: [{ ref: "refs/*/main" }] }, /no full name/],
    ["Tier 1 without the server", { allowIfDown: [1] }, /Tier 1 ref never goes on/],
  ])("%s", (_name, change, says) => {
    const why = problemOf({ ...SETTINGS, ...change });
    if (says === null) expect(why).toBeNull();
    else expect(why).toMatch(says);
  });

  it("are read or refused, whatever the file holds", () => {
    const dir = folder();
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string(), fc.constant(JSON.stringify(SETTINGS))),
        (text) => {
          writeFileSync(join(dir, "interlock.json"), text);
          orRefused(() => readSettings(dir));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("protect by name or by folder, in any case, and the strictest of several counts", () => {
    const settings = {
      ...SETTINGS,
      protect: [
        { ref: "refs/heads/main", tier: 4 },
        { ref: "refs/heads/*", tier: 2 },
        { ref: "refs/heads/db/*" },
      ],
    };
    const tierOf = (ref: string) => protectionOf(ref, settings)?.tier;
    expect(tierOf("refs/heads/main")).toBe(2);
    expect(tierOf("refs/heads/MAIN")).toBe(2);
    expect(protectionOf("refs/heads/db/x", settings)).toEqual({ ref: "refs/heads/db/*" });
    expect(protectionOf("refs/headsmain", settings)).toBeNull();
    expect(protectionOf("refs/heads", settings)).toBeNull();
    expect(protectionOf("refs/tags/main", settings)).toBeNull();
  });
});

describe("who pushed", () => {
  it.each<[string | undefined, Record<string, string>, readonly string[] | null]>([
    [undefined, {}, null],
    [undefined, { REMOTE_USER: " " }, null],
    [undefined, { REMOTE_USER: "Ana@Example.com" }, ["email:ana@example.com"]],
    [undefined, { GL_USERNAME: "bo" }, ["gitlab:bo"]],
    [undefined, { GITEA_PUSHER_NAME: "cy" }, ["account:cy"]],
    [undefined, { REMOTE_USER: "dee", GL_USER: "bo" }, ["account:bo", "account:dee"]],
    ["github:ana", { REMOTE_USER: "bo" }, ["github:ana"]],
  ])("--pusher %s with %j", (given, env, accounts) => {
    expect(pusherOf(given, env)).toEqual(accounts);
  });
});

it("the quarantine is one folder of the repository's own objects", () => {
  const objects = join(folder(), "objects");
  mkdirSync(join(objects, "incoming/pack"), { recursive: true });
  const of = (path: string) =>
    orRefused(() => quarantineOf({ GIT_QUARANTINE_PATH: path }, objects));
  expect(quarantineOf({}, objects)).toEqual([]);
  expect(of(join(objects, "incoming"))).toEqual([join(objects, "incoming")]);
  symlinkSync("/tmp", join(objects, "tmp"));
  for (const path of ["tmp", "..", "incoming/pack", "none"])
    expect([path, of(join(objects, path))]).toEqual([path, "refused"]);
});

it("an answer is read or called none, whatever it holds", () => {
  const facts = factsOf({});
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (content) => {
      expect(typeof readAnswer(content, facts)).toBe("string");
    }),
  );
});
