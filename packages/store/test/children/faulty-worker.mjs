// SPDX-License-Identifier: Apache-2.0
// The engine's thread with a disk that fails on demand: a file `fault` beside the data directory says
// how (`fsync`, `wal`, `tables`, `kill N`), and `fsyncs` grows by a byte with every fsync.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { serveDirectory } from "../../dist/embedded/serve.js";

const ENOSPC = 51;
const home = join(workerData.directory, "..");
const fault = () => {
  const file = join(home, "fault");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};
let steps = 0;

/** Dies at the Nth operation on the disk after `kill N` was asked. */
function step() {
  const [, at] = /^kill (\d+)$/.exec(fault()) ?? [];
  if (at === undefined) return;
  steps += 1;
  if (steps >= Number(at)) process.kill(process.pid, "SIGKILL");
}

await serveDirectory(parentPort, workerData.directory, (ops, errno) => {
  const { fsync, write } = ops;
  ops.fsync = (stream) => {
    step();
    appendFileSync(join(home, "fsyncs"), ".");
    if (fault() === "fsync") throw new Error("EIO: i/o error, fsync");
    return fsync(stream);
  };
  ops.write = (stream, ...rest) => {
    step();
    const isWal = stream.path?.includes("/pg_wal/") ?? false;
    const isTable = stream.path?.includes("/base/") ?? false;
    if ((fault() === "wal" && isWal) || (fault() === "tables" && isTable)) throw errno(ENOSPC);
    return write(stream, ...rest);
  };
});
