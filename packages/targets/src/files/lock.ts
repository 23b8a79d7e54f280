// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf } from "../failure.ts";

/** Who holds a lock: enough to tell whether that process still lives. */
type Holder = {
  readonly machine: string;
  readonly pid: number;
  /** When the process began, so that a number used again is not taken for it; empty: not known. */
  readonly began: string;
};

const NAME = /^lock\.([1-9][0-9]{0,14})$/;
const LOOK_MS = 3;

/** Within a process one operation at a time, in order; the lock on disk is for other processes. */
const queues = new Map<string, Promise<void>>();

/** The folder could not be had in time. */
export class LockBusy extends Error {
  override readonly name = "LockBusy";
}

/**
 * Runs something while nobody else who takes the lock of this folder does. Throws `LockBusy` when a
 * live process, or one that cannot be judged from here, keeps it for longer than `waitMs`.
 *
 * INVARIANT (one-at-a-time): Node has no lock of the operating system, so holders are numbered. Whoever
 * finds `lock.N` released or its holder dead links `lock.N+1`, which the file system lets only one do.
 * The highest is never removed: who links a lower one late sees that, and begins again.
 */
export async function withLock<T>(
  folder: string,
  waitMs: number,
  run: () => Promise<T>,
): Promise<T> {
  const before = queues.get(folder) ?? Promise.resolve();
  let release = (): void => undefined;
  const ours = new Promise<void>((done) => {
    release = done;
  });
  const queue = before.then(() => ours);
  queues.set(folder, queue);
  try {
    await before;
    const held = await take(folder, waitMs);
    try {
      return await run();
    } finally {
      // At once, so that who dies here leaves the lock held, by the dead, or released; and with nothing
      // to write, so that a full disk does not keep it.
      await rename(held.released, held.path);
    }
  } finally {
    release();
    if (queues.get(folder) === queue) queues.delete(folder);
  }
}

type Held = { readonly path: string; readonly released: string };

async function take(folder: string, waitMs: number): Promise<Held> {
  const id = randomUUID();
  const draft = join(folder, `draft.${id}`);
  const released = join(folder, `released.${id}`);
  await writeFile(draft, JSON.stringify(OURSELVES), { flag: "wx", mode: 0o600 });
  let taken = false;
  try {
    await writeFile(released, "released\n", { flag: "wx", mode: 0o600 });
    for (const end = Date.now() + waitMs; Date.now() <= end; await pause(LOOK_MS)) {
      const highest = await highestOf(folder);
      if (highest > 0 && !(await isFree(join(folder, `lock.${highest}`)))) continue;
      const path = join(folder, `lock.${highest + 1}`);
      if (!(await linked(draft, path))) continue;
      const now = await locksIn(folder);
      if (Math.max(...now) === highest + 1) {
        await Promise.all(
          now
            .filter((n) => n <= highest)
            .map((n) => rm(join(folder, `lock.${n}`), { force: true })),
        );
        taken = true;
        return { path, released };
      }
      await rm(path, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
    if (!taken) await rm(released, { force: true });
  }
  throw new LockBusy(`another process keeps the lock of \`${folder}\``);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function locksIn(folder: string): Promise<readonly number[]> {
  return (await readdir(folder)).flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
}

const highestOf = async (folder: string): Promise<number> =>
  Math.max(0, ...(await locksIn(folder)));

/** Gone means that somebody moved on, which the next look shows. */
async function isFree(path: string): Promise<boolean> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  if (text === "released\n") return true;
  const holder = holderOf(text);
  return holder !== null && holder.machine === OURSELVES.machine && !lives(holder);
}

function holderOf(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    if (!("machine" in value && "pid" in value && "began" in value)) return null;
    const { machine, pid, began } = value;
    if (typeof machine !== "string" || typeof began !== "string") return null;
    return typeof pid === "number" && Number.isSafeInteger(pid) ? { machine, pid, began } : null;
  } catch {
    // No holder that we wrote: it cannot be judged, so it is left alone.
    return null;
  }
}

function lives({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
  return began === "" || beginningOf(pid) === began;
}

/** proc(5): field 22 of `stat` is the start time; the name in field 2 may hold spaces and brackets. */
function beginningOf(pid: number): string {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return "";
  const text = readFileSync(file, "latin1");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

/** Numbers of processes mean something only on one boot of a machine, and in one namespace of it. */
function machineOf(): string {
  const boot = "/proc/sys/kernel/random/boot_id";
  if (!existsSync(boot)) return hostname();
  return `${readFileSync(boot, "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
}

const OURSELVES: Holder = {
  machine: machineOf(),
  pid: process.pid,
  began: beginningOf(process.pid),
};
