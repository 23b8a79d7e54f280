// SPDX-License-Identifier: Apache-2.0
import { closeSync, fsyncSync, openSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";
import { textOf } from "../failure.ts";

/** An open file of Emscripten's Node file system; directories have no descriptor of their own. */
export type DiskStream = {
  readonly nfd?: number;
  readonly node: { readonly mode: number };
};

/** What Emscripten calls for an open file. The entries are replaced in place. */
export type StreamOps = {
  fsync?: (stream: DiskStream) => number;
  write: (
    stream: DiskStream,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ) => number;
};

type ErrnoError = new (errno: number) => Error;

/** The parts of the Emscripten module that the mend reaches into; a test counts fsyncs to guard it. */
type Module = {
  readonly FS: { readonly ErrnoError: ErrnoError };
  readonly NODEFS: {
    readonly stream_ops: StreamOps;
    readonly realPath: (node: DiskStream["node"]) => string;
  };
};

/** What a disk reports to its owner. */
export type DiskWatch = {
  /** fsync failed: what the kernel holds of the file is unknown from here on, so nothing may go on. */
  readonly onLost: (because: string) => void;
  /** Replaces file operations; only fault injection in tests does. */
  readonly amend?: (ops: StreamOps, errno: (code: number) => Error) => void;
};

/** `EIO` in Emscripten's (WASI) numbering. */
const EIO = 29;

/**
 * A directory on a real disk, with the fsync that PGlite leaves out: its Node file layer has none, so
 * Postgres' own calls end nowhere.
 */
export class DurableDirectory extends NodeFS {
  readonly #watch: DiskWatch;

  constructor(directory: string, watch: DiskWatch) {
    super(directory);
    this.#watch = watch;
  }

  override async init(...[pg, options]: Parameters<NodeFS["init"]>): ReturnType<NodeFS["init"]> {
    const { emscriptenOpts } = await super.init(pg, options);
    const mend = (module: unknown): void => {
      // Emscripten's module object; PGlite's type of it leaves these parts out.
      mendFsync(module as Module, this.#watch);
    };
    return {
      emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), mend] },
    };
  }
}

function mendFsync({ FS, NODEFS }: Module, watch: DiskWatch): void {
  const { stream_ops: ops, realPath } = NODEFS;
  ops.fsync = ({ nfd, node }) => {
    if (nfd !== undefined) fsyncSync(nfd);
    else fsyncDirectory(realPath(node));
    return 0;
  };
  watch.amend?.(ops, (code) => new FS.ErrnoError(code));
  const { fsync } = ops;
  ops.fsync = (stream) => {
    try {
      return fsync(stream);
    } catch (error) {
      watch.onLost(`fsync failed: ${textOf(error)}`);
      throw new FS.ErrnoError(EIO);
    }
  };
}

/** Makes renames and new names in a directory durable. */
export function fsyncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** PGlite's own parameters without `-F`. WAL goes through fsync, since fdatasync is an empty call there. */
export const START_PARAMETERS: readonly string[] = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== "-F"),
  "-c",
  "fsync=on",
  "-c",
  "wal_sync_method=fsync",
];
