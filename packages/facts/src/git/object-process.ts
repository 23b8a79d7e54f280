// SPDX-License-Identifier: Apache-2.0
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { firstLine, gitFailed, gitMissing, gitTooOld } from "./failure.ts";
import { type ObjectAnswer, type ObjectRequest, ObjectStream } from "./object-stream.ts";
import { type GitPlace, startGit, USAGE_EXIT } from "./process.ts";

/** A request that gets no byte for so long is given up, with the process. */
export const SILENCE_MAX_MS = 30_000;
/** Content that nobody asked to hold or hash is read to its end only below this size. */
const DRAINED_MAX_BYTES = 8_000_000;
/** Beyond it a blob is not even hashed: nobody waits for it. */
const HASHED_MAX_BYTES = 4_000_000_000;
const STDERR_MAX = 4_000;

type Waiting = ObjectRequest & {
  readonly done: (answer: ObjectAnswer) => void;
  readonly fail: (error: Error) => void;
};

type Running = {
  readonly child: ChildProcessWithoutNullStreams;
  readonly timer: NodeJS.Timeout;
  answered: number;
  /** How often it said something. */
  heard: number;
};

/**
 * One long-lived `git cat-file --batch-command`. Requests are answered in order and may be made many
 * at a time. An object on which git dies is `corrupt`, and the requests behind it go on in a new
 * process.
 */
export class ObjectProcess {
  readonly #place: GitPlace;
  readonly #silenceMs: number;
  #running: Running | null = null;
  #queue: Waiting[] = [];
  #outbox = "";
  #closed = false;

  constructor(place: GitPlace, silenceMs: number) {
    this.#place = place;
    this.#silenceMs = silenceMs;
  }

  ask(request: ObjectRequest): Promise<ObjectAnswer> {
    return new Promise((done, fail) => {
      if (this.#closed) {
        fail(gitFailed("answer", "the repository was closed"));
        return;
      }
      try {
        const running = this.#running ?? this.#start();
        // Its silence so far was nobody's wait.
        if (this.#queue.length === 0) running.timer.refresh();
        this.#queue.push({ ...request, done, fail });
        this.#send(`${request.command} ${request.name}\n`, running);
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  close(): void {
    this.#closed = true;
    const running = this.#running;
    if (running !== null) this.#lose(running, gitFailed("answer", "the repository was closed"));
    running?.child.kill();
  }

  /** Requests of one turn go out together: one write for us, one flush for git. */
  #send(line: string, running: Running): void {
    if (this.#outbox === "")
      setImmediate(() => {
        if (this.#outbox === "" || this.#running !== running) return;
        running.timer.refresh();
        running.child.stdin.write(`${this.#outbox}flush\n`);
        this.#outbox = "";
      });
    this.#outbox += line;
  }

  #start(): Running {
    const child = startGit(this.#place, ["cat-file", "--batch-command", "--buffer"]);
    const timer = setTimeout(() => this.#silent(running), this.#silenceMs).unref();
    const running: Running = { child, timer, answered: 0, heard: 0 };
    this.#running = running;
    const stream = new ObjectStream(
      () => this.#queue[0],
      (answer) => {
        running.answered += 1;
        this.#queue.shift()?.done(answer);
      },
    );
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.#running !== running) return;
      timer.refresh();
      running.heard += 1;
      if (stream.feed(chunk)) this.#skipUnwanted(stream.arriving, running);
      else this.#giveUp(running, stream.answered ? null : "git gave no answer to it");
    });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < STDERR_MAX) stderr += chunk.toString("utf8");
    });
    // A git that died closes the pipe; `close` below deals with it.
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => this.#lose(running, gitMissing(error.message)));
    child.on("close", (code) => this.#ended(running, code, stderr));
    return running;
  }

  #silent(running: Running): void {
    const { child, heard } = running;
    if (this.#queue.length === 0) {
      // Whoever asks from here on is not answered by its death.
      this.#leave(running);
      child.kill("SIGKILL");
      return;
    }
    // What it said while we stood still is in the pipe, and comes before this.
    setImmediate(() => {
      if (running.heard === heard) child.kill("SIGKILL");
    });
  }

  /** A huge object that nobody wants whole: a new process is cheaper than reading it to its end. */
  #skipUnwanted(arriving: ObjectStream["arriving"], running: Running): void {
    const request = this.#queue[0];
    if (request === undefined || arriving === null) return;
    const { oid, type, size } = arriving;
    const limit = request.sha256
      ? HASHED_MAX_BYTES
      : Math.max(request.keepBytes, DRAINED_MAX_BYTES);
    if (size <= limit) return;
    const unread = { bytes: null, binary: false, sha256: null };
    this.#queue.shift()?.done({ kind: "object", oid, type, size, ...unread });
    this.#giveUp(running, null);
  }

  /** Ends a process in the middle of its answers; with a reason, also the request it was at. */
  #giveUp(running: Running, why: string | null): void {
    this.#leave(running);
    running.child.kill("SIGKILL");
    if (why !== null) this.#queue.shift()?.done({ kind: "corrupt", detail: why });
    this.#resume();
  }

  #ended(running: Running, code: number | null, stderr: string): void {
    clearTimeout(running.timer);
    if (this.#running !== running) return;
    const refused = running.answered === 0 && /not a git repository|dubious own/.test(stderr);
    if (code === USAGE_EXIT) this.#lose(running, gitTooOld());
    else if (refused) this.#lose(running, gitFailed("read the repository", stderr));
    else {
      this.#leave(running);
      const detail = firstLine(stderr) || "git gave up on it";
      this.#queue.shift()?.done({ kind: "corrupt", detail });
      this.#resume();
    }
  }

  /** The requests behind the one that ended a process are asked again. */
  #resume(): void {
    if (this.#queue.length === 0) return;
    const lines = this.#queue.map((w) => `${w.command} ${w.name}\n`).join("");
    try {
      this.#send(lines, this.#start());
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      for (const waiting of this.#queue.splice(0)) waiting.fail(failure);
    }
  }

  #lose(running: Running, error: Error): void {
    if (this.#running !== running) return;
    this.#leave(running);
    for (const waiting of this.#queue.splice(0)) waiting.fail(error);
  }

  #leave(running: Running): void {
    clearTimeout(running.timer);
    this.#running = null;
    this.#outbox = "";
  }
}
