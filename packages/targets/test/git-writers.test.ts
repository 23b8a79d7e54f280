// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { openTarget, type Target } from "@interlock/targets";
import { expect, it, onTestFinished } from "vitest";
import { COMMITS_MAX } from "../src/git/writer.ts";
import { type GitPlace, gitIn, gitPlace } from "./git-place.ts";
import { gitServer, tipOf } from "./git-server.ts";
import { set, versionAt } from "./place.ts";

const AT = 1_770_091_506;

async function placed(): Promise<GitPlace> {
  const place = await gitPlace();
  onTestFinished(() => place.remove());
  return place;
}

/** Commits to `main`, or to another branch from where it stands, as whoever it says. */
function commit(
  repository: string,
  change: string,
  by: { readonly author: string; readonly committer?: string; readonly merge?: string },
): void {
  const { author, committer = author, merge } = by;
  const [from] = gitIn(repository, ["for-each-ref", "--format=%(objectname)", "refs/heads/main"])
    .split("\n")
    .filter((line) => line !== "");
  const lines = [
    "commit refs/heads/main",
    `author ${author} ${AT} +0100`,
    `committer ${committer} ${AT + 60} +0000`,
    "data 0",
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(merge === undefined ? [] : [`merge ${merge}`]),
    change,
  ];
  gitIn(repository, ["fast-import", "--quiet", "--force"], `${lines.join("\n")}\n`);
}

const put = (key: string, text: string): string =>
  `M 100644 inline clusters/one/${key}\ndata ${Buffer.byteLength(text)}\n${text}\n`;

const asked = async (target: Target, key: string) =>
  await target.lastWriter?.({ cell: "one", key, version: await versionAt(target, "one", key) });

it("the last commit that touched a file is told, as what its author claims", async () => {
  const { repository, target } = await placed();
  commit(repository, put("a", "1"), { author: "Ana <ana@example.com>" });
  const brought = tipOf(repository);
  commit(repository, put("b", "1"), { author: "Bo <bo@example.com>", committer: "CI <ci@x>" });
  const value = {
    ...{ trust: "claimed", name: "Ana <ana@example.com>", at: (AT + 60) * 1_000, write: brought },
  };
  expect(await asked(target, "a")).toEqual({ ok: true, value });
  expect(await asked(target, "b")).toMatchObject({
    ...{ value: { name: "Bo <bo@example.com>", how: "committed by CI <ci@x>" } },
  });
  commit(repository, "D clusters/one/a\n", { author: "\u202eeve\u0007 <\u200be@x>" });
  expect(await asked(target, "a")).toMatchObject({
    ...{ value: { name: "\\u{202e}eve\\u{7} <\\u{200b}e@x>", write: tipOf(repository) } },
  });
  expect(await asked(target, "never")).toEqual({ ok: true, value: null });
});

it("a merge is passed over for the commit that it brought", async () => {
  const { repository, target } = await placed();
  commit(repository, put("a", "1"), { author: "Ana <a@x>" });
  const base = tipOf(repository);
  commit(repository, put("a", "2"), { author: "Bo <b@x>" });
  const side = tipOf(repository);
  gitIn(repository, ["update-ref", "refs/heads/main", base]);
  commit(repository, put("b", "1"), { author: "Cy <c@x>" });
  commit(repository, put("a", "2"), { author: "Dee <d@x>", merge: side });
  expect(await asked(target, "a")).toMatchObject({ value: { name: "Bo <b@x>", write: side } });
});

it("of a repository elsewhere as far as its history is fetched, and reading goes on as before", async () => {
  const { repository, target: near } = await placed();
  const server = await gitServer();
  server.serve(join(repository, ".."));
  const opened = await openTarget(
    {
      ...{ name: "far", kind: "git" },
      settings: {
        repository: `http://127.0.0.1:${server.port}/config.git`,
        cells: { one: { branch: "main", folder: "clusters/one" } },
        pollMs: 60_000,
      },
    },
    async () => null,
  );
  if (!opened.ok) throw new Error(opened.failure.message);
  const far = opened.value;
  onTestFinished(async () => {
    await far.close();
    await server.close();
  });
  commit(repository, put("old", "1"), { author: "Ana <a@x>" });
  for (let nth = 0; nth < 3; nth++)
    commit(repository, put("a", `${nth}`), { author: `N${nth} <n@x>` });
  const brought = tipOf(repository);
  commit(repository, put("b", "1"), { author: "Bo <b@x>" });
  expect(await asked(far, "a")).toMatchObject({ value: { name: "N2 <n@x>", write: brought } });
  expect(await asked(far, "old")).toMatchObject({ value: { name: "Ana <a@x>" } });
  for (let nth = 0; nth < COMMITS_MAX; nth++)
    commit(repository, put("b", `${nth}`), { author: "Bo <b@x>" });
  expect(await asked(near, "old")).toMatchObject({ value: { name: "Ana <a@x>" } });
  expect(await asked(far, "old")).toEqual({ ok: true, value: null });
  expect(await asked(far, "b")).toMatchObject({ value: { write: tipOf(repository) } });
  await set(far, "one", "b", "ours");
  expect(await asked(far, "b")).toMatchObject({
    value: { name: "Interlock <interlock@localhost>" },
  });
});
