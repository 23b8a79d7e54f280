// SPDX-License-Identifier: Apache-2.0
/** Ways to move a ref that git itself offers beside a judged push. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { protectionOf } from "../hook/settings.ts";
import { type Found, listed } from "./door.ts";
import { type Gated, isTrue } from "./repository.ts";

const ALTERNATES_MAX_BYTES = 1_000_000;

export function* configDoors(gated: Gated): Generator<Found> {
  const { gitDir } = gated.place;
  const set = (key: string, value: string) => `git --git-dir ${gitDir} config ${key} ${value}`;
  const anonymous = ["http.receivepack", "daemon.receivepack"].filter((key) => isTrue(gated, key));
  if (anonymous.length > 0)
    yield {
      id: "push-without-name",
      says: `${listed(anonymous)} is true`,
      why: "git then takes pushes over HTTP or from git daemon from anybody, and nobody knows whose they are (git-http-backend(1), git-daemon(1))",
      next: set(`--unset-all ${anonymous[0] ?? ""}`, "").trimEnd(),
    };
  yield* fetched(gated, set);
  if (gated.config.has("receive.procreceiverefs"))
    yield {
      id: "proc-receive",
      says: "`receive.procReceiveRefs` hands refs to another program",
      why: "what a `proc-receive` hook then updates is not what was pushed and judged (githooks(5))",
      next: set("--unset-all receive.procReceiveRefs", "").trimEnd(),
    };
  if (existsSync(join(gitDir, "worktrees")) && readdirSync(join(gitDir, "worktrees")).length > 0)
    yield {
      id: "worktree",
      says: "the repository has linked work trees",
      why: "a commit in one of them moves its branch without any hook that judges",
      next: `git --git-dir ${gitDir} worktree list, then worktree remove`,
    };
  yield* alternates(gitDir);
  if (!isTrue(gated, "receive.fsckobjects") && !isTrue(gated, "transfer.fsckobjects"))
    yield {
      id: "objects-unchecked",
      says: "`receive.fsckObjects` is not on",
      why: "malformed objects that a push brings are kept, and trouble whoever fetches them",
      next: set("receive.fsckObjects", "true"),
    };
  if (!isTrue(gated, "receive.denynonfastforwards"))
    yield {
      id: "history-rewritable",
      says: "`receive.denyNonFastForwards` is not on",
      why: "a forced push is judged on protected refs alone; on all others it drops history unseen",
      next: set("receive.denyNonFastForwards", "true"),
    };
}

/** A fetch into a protected ref runs no `pre-receive`. */
function* fetched(
  { config, settings }: Gated,
  set: (key: string, value: string) => string,
): Generator<Found> {
  const into = [...config].flatMap(([key, values]) => {
    const remote = /^remote\.(.+)\.fetch$/.exec(key)?.[1];
    const writes = values.some((spec) => {
      const to = spec.replace(/^\+/, "").split(":")[1] ?? "";
      if (to === "" || settings === null) return false;
      return (
        settings.protect.some(({ ref }) => meets(to, ref)) || protectionOf(to, settings) !== null
      );
    });
    return remote !== undefined && writes ? [remote] : [];
  });
  const [first] = into;
  if (first !== undefined)
    yield {
      id: "fetched-over",
      says: `${listed(into)} is fetched into protected refs`,
      why: "`git fetch` moves them without any hook, to whatever the other side has",
      next: set(`--unset-all remote.${first}.fetch`, "").trimEnd(),
    };
}

/** Whether two patterns with a last `*` at most have a ref in common. */
function meets(one: string, other: string): boolean {
  const [a, b] = [one, other].map((pattern) => pattern.replace(/\*.*$/, ""));
  if (a === undefined || b === undefined) return false;
  return one.includes("*") && b.startsWith(a) ? true : other.includes("*") && a.startsWith(b);
}

function* alternates(gitDir: string): Generator<Found> {
  const file = join(gitDir, "objects/info/alternates");
  if (!existsSync(file) || statSync(file).size > ALTERNATES_MAX_BYTES) return;
  const folders = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => resolve(gitDir, "objects", line));
  if (folders.length > 0)
    yield {
      id: "alternates",
      says: `objects are taken from ${listed(folders)}`,
      why: "whoever keeps that repository can take away, or with a broken hash replace, what this one shows",
      next: `git --git-dir ${gitDir} repack -a -d && rm ${file}`,
    };
}
