// SPDX-License-Identifier: Apache-2.0
/** What the installed hook runs: the whole push lands, or nothing of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { openRepository, type Repository } from "@interlock/facts";
import { printable } from "../output/printable.ts";
import { afterAnswer } from "./after.ts";
import { bringBefore, standingAt } from "./before.ts";
import { pushedLines } from "./emergency.ts";
import { standingRefs } from "./landing.ts";
import {
  isNothing,
  PUSH_MAX,
  pushedRepository,
  pusherOf,
  quarantineOf,
  type RefUpdate,
  readPush,
} from "./push.ts";
import {
  type Protected,
  protectionOf,
  readSettings,
  SETTINGS_FILE,
  type Settings,
} from "./settings.ts";
import { type Gate, judgeUpdate } from "./verdict.ts";

export type PreReceive = {
  readonly pusher?: string;
  /** The hook that was there before: runs with the same push once it is allowed. */
  readonly then?: string;
  /** For a folder of hooks that several repositories share: one without settings is not gated. */
  readonly onlyIfInstalled?: boolean;
};

/** More protected refs in one push are held whole: each is a request, and the pusher waits. */
const PROTECTED_MAX = 50;

/** Judges a push; `true` lets it in. Throws `GateError`, and whoever runs it then refuses. */
export async function preReceive(options: PreReceive): Promise<boolean> {
  const gitDir = pushedRepository(process.env, process.cwd());
  const input = await wholeInput();
  if (input === null) {
    say(
      `● hold  the push moves more refs than fit in ${PUSH_MAX} bytes\n  help: push them in parts\n`,
    );
    return false;
  }
  const gated = options.onlyIfInstalled !== true || existsSync(join(gitDir, SETTINGS_FILE));
  if (gated && !(await judged(gitDir, input, options))) return false;
  return options.then === undefined || (await runs(options.then, input));
}

async function judged(gitDir: string, input: Buffer, options: PreReceive): Promise<boolean> {
  const begunAt = Date.now();
  const settings = readSettings(gitDir);
  const updates = readPush(input, gitDir).flatMap((update) => {
    const how = protectionOf(update.ref, settings);
    return how === null ? [] : [{ update, how }];
  });
  if (updates.length === 0) return true;
  if (updates.length > PROTECTED_MAX) {
    say(
      `● hold  the push moves ${updates.length} protected refs, and at most ${PROTECTED_MAX} are judged at once\n  help: push them in parts\n`,
    );
    return false;
  }
  const repository = await openRepository(gitDir, {
    objectFolders: quarantineOf(process.env, join(gitDir, "objects")),
  });
  try {
    return await eachOf(
      updates,
      await gateOf({ repository, gitDir, settings, begunAt }, updates, options),
    );
  } finally {
    repository.close();
  }
}

type Judged = { readonly update: RefUpdate; readonly how: Protected };

async function eachOf(updates: readonly Judged[], gate: Gate): Promise<boolean> {
  let allowed = 0;
  let answered = false;
  // One after the other: what is said of one ref stands together.
  for (const { update, how } of updates) {
    const verdict = await judgeUpdate(update, how, gate);
    say(verdict.says);
    if (verdict.allowed) allowed++;
    answered ||= verdict.answered === true;
  }
  if (answered) say(await afterAnswer(gate));
  if (allowed === updates.length) return true;
  if (updates.length > 1)
    say(
      `nothing of this push lands: ${updates.length - allowed} of its ${updates.length} protected refs wait\n`,
    );
  return false;
}

async function gateOf(
  here: {
    readonly repository: Repository;
    readonly gitDir: string;
    readonly settings: Settings;
    readonly begunAt: number;
  },
  updates: readonly Judged[],
  options: PreReceive,
): Promise<Gate> {
  const { repository, settings } = here;
  // Where the refs stand is looked at first: whatever moved them before is on record by then.
  const refs = updates.map(({ update }) => update.ref);
  const at = await standingAt(repository, refs);
  const { says, behind } = await bringBefore(here, refs);
  say(says);
  const isNew = updates.some(({ update }) => isNothing(update.old));
  const standing = isNew
    ? await standingRefs(repository, (ref) => protectionOf(ref, settings) !== null)
    : [];
  return {
    ...here,
    ...{ at, behind, standing, tell: say },
    pushedBy: pusherOf(options.pusher, process.env),
    emergency: pushedLines(process.env),
    firstCommit: await firstCommit(repository, updates),
  };
}

/** The tip that HEAD is about to get, where HEAD has no commit to know the repository by. */
async function firstCommit(
  repository: Repository,
  updates: readonly Judged[],
): Promise<string | null> {
  const head = await repository.branch();
  if (head === "HEAD") return null;
  const { refs } = await repository.refs(head);
  if (refs.some(({ name }) => name === head)) return null;
  const fresh = updates.filter(({ update }) => !isNothing(update.new));
  const main = fresh.find(({ update }) => update.ref === head) ?? fresh[0];
  return main === undefined ? null : await repository.resolve(main.update.new);
}

/** git shows what a hook writes to stderr to whoever pushes. */
const say = (text: string): void => {
  process.stderr.write(text);
};

async function wholeInput(): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > PUSH_MAX) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

/** Runs the hook that was there before, as git would have run it. */
async function runs(hook: string, input: Buffer): Promise<boolean> {
  const child = spawn(hook, [], { stdio: ["pipe", "inherit", "inherit"] });
  // A hook that reads nothing closes the pipe; its exit code speaks.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const ended = await endOf(child);
  if (ended === null) return true;
  say(`the hook \`${printable(hook)}\`, which was here before, refused the push: ${ended}\n`);
  return false;
}

const endOf = (child: ChildProcess): Promise<string | null> =>
  new Promise((done) => {
    child.on("error", (error) => done(printable(error.message)));
    child.on("close", (code, signal) =>
      done(code === 0 ? null : code === null ? `it was ended by ${signal}` : `it exits ${code}`),
    );
  });
