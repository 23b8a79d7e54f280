// SPDX-License-Identifier: Apache-2.0
/** Parses what `git cat-file --batch-command` answers, as it arrives. */
import { createHash, type Hash } from "node:crypto";
import { BINARY_SCAN_BYTES } from "./path.ts";

export type ObjectRequest = {
  readonly command: "contents" | "info";
  /** An object id, or for `info` a revision. */
  readonly name: string;
  /** Content up to this size is kept. */
  readonly keepBytes: number;
  /** Wants the SHA-256 of the content, which is computed even when the content is not kept. */
  readonly sha256: boolean;
};

export type ObjectAnswer =
  | {
      readonly kind: "object";
      readonly oid: string;
      readonly type: string;
      readonly size: number;
      /** `null`: larger than asked for, or only asked about. */
      readonly bytes: Buffer | null;
      /** Of content that was read, whether git would call it binary. */
      readonly binary: boolean;
      readonly sha256: string | null;
    }
  | { readonly kind: "missing" }
  /** More than one object begins with the name. */
  | { readonly kind: "ambiguous" }
  | { readonly kind: "corrupt"; readonly detail: string };

type Body = {
  readonly request: ObjectRequest;
  readonly oid: string;
  readonly type: string;
  readonly size: number;
  readonly kept: Buffer | null;
  readonly sha256: Hash | null;
  readonly identity: Hash;
  received: number;
  binary: boolean;
};

/** A header is an id, a type and a size, or a name of ours that is not there. */
const HEADER_MAX = 8_192;
const FOUND = /^([0-9a-f]{40}|[0-9a-f]{64}) ([a-z]+) (\d{1,15})$/;

export class ObjectStream {
  #header = "";
  #body: Body | null = null;
  #lied = false;
  readonly #next: () => ObjectRequest | undefined;
  readonly #answer: (answer: ObjectAnswer) => void;

  constructor(next: () => ObjectRequest | undefined, answer: (answer: ObjectAnswer) => void) {
    this.#next = next;
    this.#answer = answer;
  }

  /** Returns false when the stream cannot be followed any further and must be given up. */
  feed(chunk: Buffer): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#body !== null) {
        at = this.#content(this.#body, chunk, at);
        // What git sends behind an object that lies about its size is the object's own text.
        if (this.#lied) return false;
        continue;
      }
      const end = chunk.indexOf(10, at);
      this.#header += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
      if (this.#header.length > HEADER_MAX) return false;
      if (end < 0) return true;
      at = end + 1;
      const header = this.#header;
      this.#header = "";
      if (!this.#begin(header)) return false;
    }
    return true;
  }

  /** It was given up behind an answer, not in the middle of one. */
  get answered(): boolean {
    return this.#lied;
  }

  /** The object whose content is arriving. */
  get arriving(): { readonly oid: string; readonly type: string; readonly size: number } | null {
    return this.#body;
  }

  #begin(header: string): boolean {
    const request = this.#next();
    if (request === undefined) return false;
    const found = FOUND.exec(header);
    if (found === null) {
      // git repeats the name that was asked for; nothing else may stand before the word.
      const name = Buffer.from(`${request.name} `, "utf8").toString("latin1");
      const state = header.startsWith(name) ? header.slice(name.length) : "";
      if (state !== "missing" && state !== "ambiguous") return false;
      this.#answer({ kind: state });
      return true;
    }
    const oid = found[1] ?? "";
    const type = found[2] ?? "";
    const size = Number(found[3]);
    if (request.command === "info") {
      this.#answer({ kind: "object", oid, type, size, bytes: null, binary: false, sha256: null });
      return true;
    }
    const identity = createHash(oid.length === 40 ? "sha1" : "sha256");
    identity.update(`${type} ${size}\0`);
    this.#body = {
      request,
      oid,
      type,
      size,
      kept: size <= request.keepBytes ? Buffer.allocUnsafe(size) : null,
      sha256: request.sha256 ? createHash("sha256") : null,
      identity,
      received: 0,
      binary: false,
    };
    return true;
  }

  #content(body: Body, chunk: Buffer, at: number): number {
    const part = chunk.subarray(at, at + body.size - body.received);
    if (body.received < BINARY_SCAN_BYTES)
      body.binary ||= part.subarray(0, BINARY_SCAN_BYTES - body.received).includes(0);
    if (body.kept !== null) part.copy(body.kept, body.received);
    // Kept content is hashed once, at its end: one call a blob is what most of the time goes into.
    else this.#hash(body, part);
    body.received += part.length;
    const next = at + part.length;
    if (body.received < body.size || next >= chunk.length) return next;
    if (body.kept !== null) this.#hash(body, body.kept);
    this.#body = null;
    const answer = finished(body);
    this.#lied = answer.kind === "corrupt";
    this.#answer(answer);
    // The line end after the content.
    return next + 1;
  }

  #hash(body: Body, part: Buffer): void {
    body.identity.update(part);
    body.sha256?.update(part);
  }
}

function finished(body: Body): ObjectAnswer {
  const { oid, type, size, kept, request } = body;
  const identity = body.identity.digest("hex");
  // git itself does not check the content of packed objects when it reads them.
  if (identity !== oid)
    return { kind: "corrupt", detail: `its content has the id ${identity.slice(0, 12)}` };
  if (FULL_ID.test(request.name) && request.name !== oid)
    return { kind: "corrupt", detail: `git answered with ${oid.slice(0, 12)}` };
  return {
    kind: "object",
    oid,
    type,
    size,
    bytes: kept,
    binary: body.binary,
    sha256: body.sha256?.digest("hex") ?? null,
  };
}

const FULL_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
