// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { openTarget } from "@interlock/targets";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultyPlace, faultsOf } from "./faults.ts";
import { commitAround, type GitPlace, gitIn, gitPlace } from "./git-place.ts";
import { gitServer, hookText, tipOf } from "./git-server.ts";
import { lineTo } from "./line.ts";
import { batchOf, bytes, put, set, textAt, versionAt, written } from "./place.ts";

async function open(repository: string) {
  const settings = {
    repository,
    cells: {
      one: { branch: "main", folder: "clusters/one" },
      two: { branch: "main", folder: "clusters/two" },
    },
    pollMs: 10,
  };
  const opened = await openTarget({ name: "gitops", kind: "git", settings }, async () => null);
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

async function faultyPlace(): Promise<FaultyPlace> {
  const server = await gitServer();
  const line = await lineTo(() => createConnection(server.port, "127.0.0.1"));
  const place = await gitPlace();
  server.serve(join(place.repository, ".."));
  const far = await open(`http://127.0.0.1:${line.port}/config.git`);
  return {
    ...place,
    line,
    far,
    decides: (data) => data.includes("POST /config.git/git-receive-pack"),
    remove: async () => {
      await far.close();
      await line.close();
      await server.close();
      await place.remove();
    },
  };
}

faultsOf("a Git server", faultyPlace);

describe("git on a server", () => {
  let place: FaultyPlace;
  beforeEach(async () => {
    place = await faultyPlace();
  });
  afterEach(() => place.remove());

  it("writes over what others pushed meanwhile, except to the same key", async () => {
    const { far, target } = place;
    await set(far, "one", "a", "one");
    const over = await versionAt(far, "one", "a");
    await set(target, "two", "b", "elsewhere");
    await written(far, batchOf("one", [put("a", "two", over)]));
    await set(target, "one", "a", "three");
    const late = await far.write(batchOf("one", [put("a", "four", over)]));
    expect(late).toEqual({ kind: "conflict", keys: ["a"], done: [] });
    expect(await textAt(target, "two", "b")).toBe("elsewhere");
  });
});

describe("git in a hostile repository", () => {
  let place: GitPlace;
  beforeEach(async () => {
    place = await gitPlace();
  });
  afterEach(() => place.remove());

  it("runs no hook and follows no configuration of it", async () => {
    const ran = join(place.repository, "ran");
    const hooks = join(place.repository, "hooks");
    mkdirSync(hooks, { recursive: true });
    for (const name of ["reference-transaction", "update", "pre-receive", "post-update"]) {
      writeFileSync(join(hooks, name), hookText(`touch ${ran}`));
      chmodSync(join(hooks, name), 0o755);
    }
    const config = `[core]\n\tfsmonitor = "touch ${ran}"\n\tsshCommand = "touch ${ran}"\n`;
    writeFileSync(join(place.repository, "config"), `${config}\tbare = true\n`);
    await set(place.target, "one", "a", "one");
    expect(await textAt(place.target, "one", "a")).toBe("one");
    expect(existsSync(ran)).toBe(false);
  });

  it("says what a commit was for, and leaves other folders alone", async () => {
    commitAround(place.repository, "README", bytes("read me"));
    await set(place.target, "one", "a", "one");
    expect(gitIn(place.repository, ["show", "main:README"])).toBe("read me");
    const message = gitIn(place.repository, ["log", "-1", "--format=%an %s %(trailers)", "main"]);
    expect(message).toMatch(/^Interlock clusters\/one: 1 key Interlock-Idempotency-Key: sha256:/);
    expect(gitIn(place.repository, ["fsck", "--strict"])).toBe("");
  });

  it("a link or a file in place of the folder is not followed and not replaced", async () => {
    commitAround(place.repository, "clusters", bytes("a file"));
    const tip = tipOf(place.repository);
    for (const outcome of [
      await place.target.write(batchOf("one", [put("a", "one", null)])),
      await place.target.write(batchOf("two", [put("a", "one", null)])),
    ])
      expect(outcome).toMatchObject({ kind: "refused", failure: { code: "TARGET_DAMAGED" } });
    expect(tipOf(place.repository)).toBe(tip);
  });

  it("a repository that is gone, or of another format, is told apart from an empty one", async () => {
    writeFileSync(join(place.repository, "config"), "[extensions]\n\tobjectFormat = sha256\n");
    const other = await open(place.repository);
    const outcome = await other.read("one", ["a"]);
    expect(outcome).toMatchObject({ ok: false, failure: { code: "TARGET_REFUSED" } });
    rmSync(place.repository, { recursive: true });
    const gone = await open(place.repository);
    const failure = { code: "TARGET_AWAY" };
    expect(await gone.read("one", ["a"])).toMatchObject({ ok: false, failure });
  });
});
