// SPDX-License-Identifier: Apache-2.0
/** Where the files of a log are read from (c2sp.org/tlog-tiles): a server, or a directory. */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { type FetchStored, MAX_ENTRY_LENGTH, TILE_WIDTH } from "@interlock/tlog";
import { readBody } from "../judge/http-body.ts";

/** In bytes: a full bundle of the longest entries, each behind its length in two bytes. */
const FILE_MAX = TILE_WIDTH * (MAX_ENTRY_LENGTH + 2);
const PATIENCE_MS = 30_000;

/**
 * Reads what lies below a URL or a directory; a server is waited for so long, each time. Throws
 * `GateError` for what is no absence.
 */
export function sourceOf(log: string, patienceMs = PATIENCE_MS): FetchStored {
  return /^https?:\/\//.test(log) ? overHttp(log, patienceMs) : fromDirectory(log);
}

function overHttp(prefix: string, patienceMs: number): FetchStored {
  const base = prefix.replace(/\/+$/, "");
  return async (path) => {
    const url = `${base}/${path}`;
    const response = await answered(url, patienceMs);
    if (response.status === 404 || response.status === 410) return null;
    if (response.status !== 200) throw unreachable(url, `it answered ${response.status}`);
    const body = await bodyOf(url, response);
    if (body === null) throw unreachable(url, `it is longer than ${FILE_MAX} bytes`);
    return new Uint8Array(body);
  };
}

async function answered(url: string, patienceMs: number): Promise<Response> {
  try {
    return await fetch(url, { redirect: "error", signal: AbortSignal.timeout(patienceMs) });
  } catch (error) {
    throw unreachable(url, whyOf(error));
  }
}

async function bodyOf(url: string, response: Response): Promise<Buffer | null> {
  try {
    return await readBody(response, FILE_MAX);
  } catch (error) {
    throw unreachable(url, whyOf(error));
  }
}

function fromDirectory(folder: string): FetchStored {
  return async (path) => {
    const file = await opened(join(folder, path));
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      if (size > FILE_MAX) throw unreachable(path, `it is longer than ${FILE_MAX} bytes`);
      return new Uint8Array(await file.readFile());
    } catch (error) {
      if (error instanceof GateError) throw error;
      throw unreachable(path, whyOf(error));
    } finally {
      await file.close();
    }
  };
}

async function opened(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw unreachable(path, whyOf(error));
  }
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

const unreachable = (what: string, why: string): GateError =>
  new GateError(
    "INPUT_UNREADABLE",
    `\`${what}\` cannot be read: ${why}`,
    "check `--log`: the URL or the directory below which `checkpoint` and `tile/` lie",
  );
