// SPDX-License-Identifier: Apache-2.0

import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createHash } from "node:crypto";
import { gitStream, start } from "./process.ts";

export type GitObject =
  | { readonly kind: "content"; readonly type: string; readonly bytes: Buffer }
  | { readonly kind: "too-large"; readonly size: number }
  | { readonly kind: "missing" };

const OID = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

type Waiting = {
  readonly limit: number;
  readonly done: (object: GitObject) => void;
  readonly fail: (error: Error) => void;
};

/**
 * One long-lived `git cat-file --batch-command`: asks for the size first, for the content only below
 * the limit. Requests are answered in order and may be made many at a time.
 */
export class ObjectReader {
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcessWithoutNullStreams | null = null;
  #buffer: Buffer[] = [];
  #buffered = 0;
  #queue: (Waiting & { readonly oid: string; stage: "info" | "contents" })[] = [];
  #failure: Error | null = null;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /** Reads one object by its id; ids come from git itself and are checked all the same. */
  read(oid: string, limit: number): Promise<GitObject> {
    if (!OID.test(oid)) return Promise.resolve({ kind: "missing" });
    return this.#ask(oid, limit);
  }

  /** Reads the blob at a path of a commit or tree. A path with a line break cannot be asked for. */
  readPath(tree: string, path: string, limit: number): Promise<GitObject> {
    if (!OID.test(tree) || /[\n\0]/.test(path)) return Promise.resolve({ kind: "missing" });
    return this.#ask(`${tree}:${path}`, limit);
  }

  #ask(oid: string, limit: number): Promise<GitObject> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((done, fail) => {
      const child = this.#start();
      this.#queue.push({ oid, limit, done, fail, stage: "info" });
      child.stdin.write(`info ${oid}\n`);
    });
  }

  close(): void {
    this.#child?.stdin.end();
    this.#child?.kill();
    this.#child = null;
  }

  #start(): ChildProcessWithoutNullStreams {
    if (this.#child !== null) return this.#child;
    const child = start({ env: this.#env, args: ["cat-file", "--batch-command"] });
    child.stdout.on("data", (chunk: Buffer) => {
      this.#buffer.push(chunk);
      this.#buffered += chunk.length;
      this.#drain();
    });
    child.stderr.on("data", () => undefined);
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => this.#failAll(error));
    child.on("close", () => this.#failAll(new Error("git stopped answering")));
    this.#child = child;
    return child;
  }

  #failAll(error: Error): void {
    if (this.#child === null) return;
    this.#failure = error;
    for (const waiting of this.#queue.splice(0)) waiting.fail(error);
  }

  /** Answers whatever the buffer completes. Infos and contents arrive in the order they were asked. */
  #drain(): void {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined) return;
      const all = this.#joined();
      const end = all.indexOf(10);
      if (end < 0) return;
      const header = all.toString("latin1", 0, end);
      // An answer is `<id> <type> <size>`; one about a name that is not there repeats the name.
      const answer = /^[0-9a-f]{40,64} (\w+) (\d+)$/.exec(header);
      const type = answer?.[1];
      if (answer === null) {
        this.#take(end + 1);
        this.#queue.shift();
        next.done({ kind: "missing" });
        continue;
      }
      const size = Number(answer[2]);
      if (next.stage === "info") {
        this.#take(end + 1);
        this.#queue.shift();
        if (size > next.limit) next.done({ kind: "too-large", size });
        else {
          this.#queue.push({ ...next, stage: "contents" });
          this.#child?.stdin.write(`contents ${next.oid}\n`);
        }
        continue;
      }
      if (this.#buffered < end + 1 + size + 1) return;
      const bytes = Buffer.from(all.subarray(end + 1, end + 1 + size));
      this.#take(end + 1 + size + 1);
      this.#queue.shift();
      next.done({ kind: "content", type: type ?? "", bytes });
    }
  }

  #joined(): Buffer {
    if (this.#buffer.length !== 1) this.#buffer = [Buffer.concat(this.#buffer)];
    return this.#buffer[0] ?? Buffer.alloc(0);
  }

  #take(n: number): void {
    const all = this.#joined();
    this.#buffer = [all.subarray(n)];
    this.#buffered -= n;
  }
}

/** SHA-256 of a blob of any size, streamed: a 100 MB file is hashed without being held. */
export async function hashBlob(
  env: Readonly<Record<string, string>>,
  oid: string,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of gitStream({
    env,
    args: ["cat-file", "blob", oid],
    what: `read the object ${oid}`,
  }))
    hash.update(chunk);
  return hash.digest("hex");
}
