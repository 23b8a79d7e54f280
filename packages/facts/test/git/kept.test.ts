// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRepository } from "@interlock/facts";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { keptRepository, type Version } from "../../src/git/kept.ts";

const AUTHOR = "interlock guard <guard@invalid> 0 +0000";
const home = mkdtempSync(join(tmpdir(), "interlock-kept-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const git = (args: readonly string[], input?: Uint8Array): string => {
  const run = spawnSync("git", [...args], { cwd: home, input });
  if (run.status !== 0) throw new Error(String(run.stderr));
  return run.stdout.toString().trim();
};
git(["init", "-q", "--bare", "."]);

/** What `git fast-import` makes of the same files. */
function imported(versions: readonly Version[]): readonly string[] {
  const put = (path: string, bytes: Uint8Array) => [
    Buffer.from(`M 100644 inline "${path.replace(/["\\]/g, "\\$&")}"\ndata ${bytes.length}\n`),
    Buffer.from(bytes),
    Buffer.from("\n"),
  ];
  const stream = versions.flatMap((version, at) => [
    Buffer.from(
      `${at === 0 ? "reset refs/heads/x\n\n" : ""}commit refs/heads/x\nmark :${at + 1}\n`,
    ),
    Buffer.from(`committer ${AUTHOR}\ndata 0\n${at === 0 ? "" : `from :${at}\n`}deleteall\n`),
    ...[...version].flatMap(([path, bytes]) => put(path, bytes)),
  ]);
  git(
    ["fast-import", "--quiet", "--force", "--done"],
    Buffer.concat([...stream, Buffer.from("done\n")]),
  );
  return git(["rev-list", "--reverse", "refs/heads/x"]).split("\n");
}

const name = fc.constantFrom("a", "a-", "a.b", "a0", "B", "ü", "@value.json", "%2f", 'q"\\');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const version = fc
  .array(fc.tuple(path, fc.uint8Array({ maxLength: 20 })), { minLength: 1, maxLength: 8 })
  .map((files): Version => {
    const kept = new Map<string, Uint8Array>();
    const isBeside = (one: string): boolean =>
      ![...kept.keys()].some((two) => `${one}/`.startsWith(`${two}/`) || two.startsWith(`${one}/`));
    for (const [at, bytes] of files) if (kept.has(at) || isBeside(at)) kept.set(at, bytes);
    return kept;
  });

describe("files as commits in memory", () => {
  it("have git's own ids, and are read as from a repository", async () => {
    await fc.assert(
      fc.asyncProperty(version, version, async (one, two) => {
        const { repository, commits } = keptRepository([one, two], AUTHOR);
        expect(commits).toEqual(imported([one, two]));
        const real = await openRepository(home);
        const [before = "", after = ""] = commits;
        expect(await repository.compare(before, after, true)).toEqual(
          await real.compare(before, after, true),
        );
        for (const options of [{ to: after }, { to: after, not: before }, { to: after, max: 1 }])
          expect(await repository.history(options)).toEqual(await real.history(options));
        expect(await repository.listing(after, "a", 5)).toEqual(await real.listing(after, "a", 5));
        for (const limit of [0, 5, 100])
          for (const { oid } of await real.list(after, "")) {
            expect(await repository.blob(oid, limit)).toEqual(await real.blob(oid, limit));
            expect(await repository.object(oid, limit)).toEqual(await real.object(oid, limit));
          }
        real.close();
      }),
      { numRuns: 15 },
    );
  });

  it.each(["", "a//b", "../a", "a/.git/config", "x/.GIT", "a\0", "f/below"])(
    "refuse the path %j",
    (odd) => {
      const files = new Map([["f", new Uint8Array()]]).set(odd, new Uint8Array());
      expect(() => keptRepository([files], AUTHOR)).toThrow("write a tree");
    },
  );

  it("fail where a repository is needed", async () => {
    const { repository } = keptRepository([new Map()], AUTHOR);
    for (const asked of [repository.identity(), repository.mergeTree("a", "b")])
      await expect(asked).rejects.toMatchObject({ code: "GIT_UNUSABLE" });
    await expect(repository.resolve("HEAD")).rejects.toMatchObject({ code: "NO_SUCH_REVISION" });
  });
});
