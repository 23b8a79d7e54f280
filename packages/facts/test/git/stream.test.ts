// SPDX-License-Identifier: Apache-2.0
/** The parser of git's answers, the programme itself, and the private directory. */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { readLayout } from "../../src/git/layout.ts";
import { locate } from "../../src/git/locate.ts";
import {
  type ObjectAnswer,
  type ObjectRequest,
  ObjectStream,
} from "../../src/git/object-stream.ts";
import { openRepository } from "../../src/git/repository.ts";
import { scratch, scratchFolder } from "./scratch.ts";

const oidOf = (content: Uint8Array) =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

/** Feeds bytes in pieces and gives the answers, and whether the stream could be followed. */
function answers(requests: readonly ObjectRequest[], bytes: Buffer, cuts: readonly number[]) {
  const waiting = [...requests];
  const given: ObjectAnswer[] = [];
  const stream = new ObjectStream(
    () => waiting[0],
    (answer) => {
      waiting.shift();
      given.push(answer);
    },
  );
  const ends = [...new Set([...cuts.map((c) => c % (bytes.length + 1)), bytes.length])];
  let from = 0;
  let followed = true;
  for (const to of ends.sort((a, b) => a - b)) {
    followed &&= stream.feed(bytes.subarray(from, to));
    from = to;
  }
  return { given, followed };
}

const request = (name: string, keepBytes = 1_000): ObjectRequest => ({
  ...{ command: "contents", name, keepBytes, sha256: true },
});

describe("the parser of git's answers", () => {
  const content = fc.uint8Array({ maxLength: 60 }).map((b) => Buffer.from(b));

  test("gives the same whatever the pieces in which they arrive", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(content), { maxLength: 6 }),
        fc.array(fc.nat()),
        (contents, cuts) => {
          const names = contents.map((c, i) =>
            c === null ? String(i).padStart(40, "0") : oidOf(c),
          );
          const bytes = contents.map((c, i) =>
            c === null
              ? Buffer.from(`${names[i]} missing\n`)
              : Buffer.concat([
                  Buffer.from(`${names[i]} blob ${c.length}\n`),
                  c,
                  Buffer.from("\n"),
                ]),
          );
          const { given, followed } = answers(
            names.map((name, i) => request(name, i % 2 === 0 ? 1_000 : 10)),
            Buffer.concat(bytes),
            cuts,
          );
          expect(followed).toBe(true);
          expect(given).toHaveLength(contents.length);
          for (const [i, c] of contents.entries()) {
            const limit = i % 2 === 0 ? 1_000 : 10;
            expect(given[i]).toEqual(
              c === null
                ? { kind: "missing" }
                : {
                    ...{ kind: "object", oid: names[i], type: "blob", size: c.length },
                    bytes: c.length <= limit ? c : null,
                    binary: c.includes(0),
                    sha256: createHash("sha256").update(c).digest("hex"),
                  },
            );
          }
        },
      ),
    );
  });

  test("never throws, and never believes content that is not what its id says", () => {
    const name = oidOf(Buffer.from("true\n"));
    const piece = fc.oneof(
      fc
        .constantFrom(
          `${name} blob 5\n`,
          `${name} blob 0\n`,
          "true\n",
          `${name} missing\n`,
          "\n",
          `${name} blob 99999999999999999\n`,
        )
        .map((t) => Buffer.from(t)),
      content,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat()), (pieces, cuts) => {
        const { given } = answers([request(name), request(name)], Buffer.concat(pieces), cuts);
        for (const answer of given)
          if (answer.kind === "object") expect(answer.bytes?.toString()).toBe("true\n");
      }),
      { numRuns: 300 },
    );
  });
});

describe("the programme", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  async function withGit(script: string | null): Promise<{ code: string; message: string }> {
    const repo = scratch();
    repo.commit({ a: "1\n" });
    const folder = scratchFolder();
    if (script !== null) {
      writeFileSync(join(folder, "git"), script);
      chmodSync(join(folder, "git"), 0o755);
    }
    vi.stubEnv("PATH", `${folder}:relative:`);
    vi.resetModules();
    const fresh = await import("../../src/git/repository.ts");
    const repository = await fresh.openRepository(repo.dir);
    try {
      await repository.resolve("HEAD");
    } catch (error) {
      const { code, message } = error as { code: string; message: string }; // a GateError of the fresh modules
      return { code, message };
    } finally {
      repository.close();
    }
    throw new Error("it did not fail");
  }

  test.each<readonly [string, string | null, string]>([
    ["is missing", null, "git could not be started: no `git` on PATH"],
    ["is too old to know what is asked", "#!/bin/sh\nexit 129\n", "the installed git is too old"],
    [
      "refuses the repository",
      "#!/bin/sh\necho 'fatal: not a git repository' >&2\nexit 128\n",
      "git could not read the repository: fatal: not a git repository",
    ],
    [
      "dies",
      "#!/bin/sh\necho 'fatal: \u001b[2Kbroken' >&2\nexit 1\n",
      "git could not find `HEAD`: fatal: \\u{1b}[2Kbroken",
    ],
    [
      "talks nonsense",
      "#!/bin/sh\nread x\necho nonsense\nread y\n",
      "git could not find `HEAD`: git gave no answer to it",
    ],
  ])("%s", async (_name, script, message) => {
    expect(await withGit(script)).toEqual({ code: "GIT_UNUSABLE", message });
  });
});

describe("the private directory", () => {
  test("goes away when the repository is closed, and leaves the repository as it was", async () => {
    const repo = scratch();
    const id = repo.commit({ a: "1\n" });
    const before = readdirSync(join(repo.dir, ".git"), { recursive: true }).sort();
    const temporary = scratchFolder();
    vi.stubEnv("TMPDIR", temporary);
    const repository = await openRepository(repo.dir);
    vi.unstubAllEnvs();
    expect(readdirSync(temporary)).toHaveLength(1);
    await repository.compare(id, (await repository.stagedTree()) ?? "", true);
    repository.close();
    expect(readdirSync(temporary)).toEqual([]);
    expect(readdirSync(join(repo.dir, ".git"), { recursive: true }).sort()).toEqual(before);
  });

  test("takes the quarantine of a push into account when it is named", async () => {
    const repo = scratch();
    repo.commit({ a: "1\n" });
    const quarantine = join(scratchFolder(), "objects");
    mkdirSync(quarantine);
    const other = scratch();
    const id = other.commit({ b: "2\n" });
    other.git("repack", "-adq");
    const opened = await openRepository(repo.dir, {
      objectFolders: [join(other.dir, ".git/objects"), quarantine],
    });
    expect(await opened.commit(id)).not.toBeNull();
    opened.close();
    const plain = await openRepository(repo.dir);
    expect(await plain.commit(id)).toBeNull();
    plain.close();
  });

  test("any configuration text is read or refused, never thrown over", () => {
    const repo = scratch();
    const piece = fc.constantFrom(
      "[core]",
      "[extensions]",
      "objectFormat",
      "=",
      "sha256",
      "\n",
      '"',
      "\\",
      "#",
      '[remote "x"]',
      "promisor",
      "repositoryformatversion",
      "1",
      "9",
      " ",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (pieces) => {
        writeFileSync(join(repo.dir, ".git/config"), pieces.join(""));
        const location = locate(repo.dir);
        if (location === null) throw new Error("lost");
        try {
          expect(["sha1", "sha256"]).toContain(readLayout(location, []).format);
        } catch (error) {
          expect(error).toBeInstanceOf(GateError);
        }
      }),
    );
    expect(existsSync(repo.dir)).toBe(true);
  });
});
