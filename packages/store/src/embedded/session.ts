// SPDX-License-Identifier: Apache-2.0
import { Duplex } from "node:stream";
import type { EngineThread } from "./thread.ts";

const [AUTHENTICATION, PARAMETER, KEY, READY] = ["R", "S", "K", "Z"] as const;
const [QUERY, SYNC, FLUSH, TERMINATE] = ["Q", "S", "H", "X"].map((c) => c.charCodeAt(0));
/** Type and length of a message of the protocol, version 3. */
const HEADER_BYTES = 5;

/**
 * The socket of a `pg` client that leads to the embedded engine. `pg` is thereby the driver of both
 * engines, and types, errors and codes are the same on both. The engine has one session, so there is
 * one client at a time; a new one begins with whatever an earlier one left open rolled back.
 */
export class EmbeddedSession extends Duplex {
  readonly #thread: EngineThread;
  #started = false;
  #pending: Buffer = Buffer.alloc(0);
  /** How much of `#pending` is known to be whole messages. */
  #whole = 0;

  constructor(thread: EngineThread) {
    super();
    this.#thread = thread;
  }

  connect(): this {
    process.nextTick(() => this.emit("connect"));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Answers are pushed as they come; a client that reads slowly has one request under way.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#take().then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  async #take(): Promise<void> {
    if (!this.#started) {
      if (this.#pending.length < 4 || this.#pending.length < this.#pending.readInt32BE(0)) return;
      this.#pending = this.#pending.subarray(this.#pending.readInt32BE(0));
      await this.#thread.run(query("rollback"));
      await this.#thread.run(query("discard all"));
      this.#started = true;
      this.push(greeting());
    }
    for (;;) {
      const end = this.#nextRequest();
      if (end === null) return;
      const bytes = this.#pending.subarray(0, end);
      this.#pending = this.#pending.subarray(end);
      this.#whole = 0;
      if (bytes[0] === TERMINATE) {
        this.push(null);
        return;
      }
      const answer = await this.#thread.run(new Uint8Array(bytes));
      this.push(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
    }
  }

  /** The end of the messages up to one that wants an answer, or `null` until there is one. */
  #nextRequest(): number | null {
    const bytes = this.#pending;
    while (bytes.length - this.#whole >= HEADER_BYTES) {
      const type = bytes[this.#whole];
      const end = this.#whole + 1 + bytes.readInt32BE(this.#whole + 1);
      if (end > bytes.length) return null;
      this.#whole = end;
      if (type === QUERY || type === SYNC || type === FLUSH || type === TERMINATE) return end;
    }
    return null;
  }
}

function message(type: string, ...parts: readonly (string | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(`${part}\0`);
      const word = Buffer.alloc(4);
      word.writeInt32BE(part);
      return word;
    }),
  );
  const head = Buffer.alloc(HEADER_BYTES);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function query(text: string): Uint8Array {
  return new Uint8Array(message("Q", text));
}

/** What a server says to a client that it lets in without a password. */
function greeting(): Buffer {
  return Buffer.concat([
    message(AUTHENTICATION, 0),
    message(PARAMETER, "client_encoding", "UTF8"),
    message(PARAMETER, "standard_conforming_strings", "on"),
    message(KEY, 0, 0),
    Buffer.from([READY.charCodeAt(0), 0, 0, 0, 5, "I".charCodeAt(0)]),
  ]);
}
