// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** Names the directory of the server that all tests of a run share; set by `postgres-run.ts`. */
export const SHARED_POSTGRES = "INTERLOCK_TEST_POSTGRES";

const DEBIAN = "/usr/lib/postgresql";
const OLDEST = 15;
const START_MS = 60_000;

/** A server of our own on a socket in its directory, with `fsync` on. */
export type Cluster = {
  /** A URL of a new, empty database. */
  readonly newDatabase: () => string;
  /** Kills every process of the server at once, as a crash of the machine would. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`. */
  readonly start: () => void;
  /** Restarts it as an operator in a hurry would, without asking anybody to finish. */
  readonly restart: () => void;
  /** What a query of one value answers, in a database of that name. */
  readonly ask: (database: string, query: string) => string;
};

/** The directory of a server's programs, or `null` where none is installed (Debian: `postgresql`). */
export function postgresBinaries(): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const debian = versions
    .filter((version) => Number(version) >= OLDEST)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, "bin"));
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  return [...debian, ...path].find((bin) => existsSync(join(bin, "initdb"))) ?? null;
}

/** Makes a server in a directory that is not there yet, and starts it. */
export function startCluster(directory: string): Cluster {
  const bin = postgresBinaries();
  if (bin === null) throw new Error("no Postgres is installed");
  const as = account();
  // The account has to get here, and the temporary directory of root may be closed to it.
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
  if (as.uid !== undefined && as.gid !== undefined) chownSync(directory, as.uid, as.gid);
  const data = join(directory, "data");
  const made = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
  run(join(bin, "initdb"), made, as);
  const cluster = clusterAt(directory, bin);
  cluster.start();
  return cluster;
}

function clusterAt(directory: string, bin: string): Cluster {
  return {
    newDatabase: () => {
      const name = `t${randomBytes(8).toString("hex")}`;
      run(join(bin, "createdb"), ["-h", directory, "-U", "postgres", name], {});
      return `postgres://postgres@${encodeURIComponent(directory)}/${name}`;
    },
    kill: () => killCluster(directory),
    start: () => start(directory, bin),
    restart: () => start(directory, bin, ["restart", "-m", "immediate"]),
    ask: (database, query) => {
      const args = ["-h", directory, "-U", "postgres", "-tAc", query, database];
      const { status, stdout, stderr } = spawnSync(join(bin, "psql"), args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`psql failed: ${stderr}`);
      return stdout.trim();
    },
  };
}

function start(directory: string, bin: string, how: readonly string[] = ["start"]): void {
  const options = `-k ${directory} -c listen_addresses= -c max_connections=200`;
  const log = join(directory, "log");
  // Its own daemon, since a test's thread ends before the server and could not reap it.
  const args = [...how, "-w", "-D", join(directory, "data"), "-l", log, "-o", options];
  try {
    run(join(bin, "pg_ctl"), args, account());
  } catch (error) {
    throw new Error(`Postgres did not start: ${readFileSync(log, "utf8")}`, { cause: error });
  }
}

type Account = { readonly uid?: number; readonly gid?: number };

function run(file: string, args: readonly string[], as: Account): void {
  // Not through a pipe: a server that is started inherits it and would keep it open.
  const { status, error } = spawnSync(file, args, {
    ...as,
    cwd: "/",
    stdio: ["ignore", "ignore", 2],
  });
  if (status !== 0) throw new Error(`${file} failed: ${error?.message ?? `exit code ${status}`}`);
}

/** Kills the server of a directory, if one runs there, and waits until it is gone. */
export async function killCluster(directory: string): Promise<void> {
  const file = join(directory, "data/postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1) return;
  // Who is stopped starts nobody whom this would miss, and who would hold the memory of the server.
  signal(pid, "SIGSTOP");
  const pids = [pid, ...childrenOf(pid)];
  for (const one of pids) signal(one, "SIGKILL");
  while (pids.some(isRunning)) await pause(10);
  // A zombie's number still looks taken to a server that starts.
  rmSync(file, { force: true });
  rmSync(join(directory, ".s.PGSQL.5432.lock"), { force: true });
}

/**
 * The server that the tests of a run share, started by whoever needs it first; `null` where Postgres
 * is not installed, which is an error on CI.
 */
export async function sharedPostgres(): Promise<Pick<Cluster, "newDatabase"> | null> {
  const bin = postgresBinaries();
  if (bin === null) {
    if (process.env["CI"]) throw new Error("CI needs Postgres: install the package `postgresql`");
    return null;
  }
  const directory = process.env[SHARED_POSTGRES];
  if (directory === undefined) throw new Error(`${SHARED_POSTGRES} is not set: run under vitest`);
  const cluster = join(directory, "cluster");
  const ready = join(directory, "ready");
  if (isFirst(directory)) {
    startCluster(cluster);
    writeFileSync(ready, "");
  }
  for (const end = Date.now() + START_MS; !existsSync(ready); await pause(50))
    if (Date.now() > end) throw new Error("the shared Postgres did not start");
  return clusterAt(cluster, bin);
}

function isFirst(directory: string): boolean {
  try {
    mkdirSync(join(directory, "starting"));
    return true;
  } catch {
    return false;
  }
}

/** Postgres refuses to run as root; then it runs as whom its package made, or as nobody. */
function account(): Account {
  if (userInfo().uid !== 0) return {};
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error("Postgres does not run as root, and there is no account `postgres` or `nobody`");
}

function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return stdout
    .split("\n")
    .map(Number)
    .filter((one) => one > 1);
}

/** A zombie is gone; whoever should reap it may never do so in a container. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It went by itself, as the children of a killed server do.
  }
}
