// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { RecentlyUsed } from "./cache.ts";
import type { ObjectAnswer, ObjectRequest } from "./object-stream.ts";
import { isBinary } from "./path.ts";

export type GitObject =
  | { readonly kind: "content"; readonly type: string; readonly bytes: Buffer }
  | { readonly kind: "too-large"; readonly size: number }
  | { readonly kind: "missing" }
  /** It is there but cannot be read, or its content is not what its id says. */
  | { readonly kind: "corrupt"; readonly detail: string };

export type BlobReading =
  | {
      readonly kind: "blob";
      readonly size: number;
      /** `null`: larger than asked for. */
      readonly bytes: Buffer | null;
      /** `null`: too large even to be hashed. */
      readonly sha256: string | null;
      readonly binary: boolean;
    }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly detail: string };

type Held = { readonly type: string; readonly bytes: Buffer };
type Known = { readonly size: number; readonly sha256: string; readonly binary: boolean };

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const CONTENT_REMEMBERED_BYTES = 64_000_000;
/** What one remembered object costs besides its content. */
const ENTRY_BYTES = 200;
const DIGESTS_REMEMBERED = 200_000;

/** Where objects come from. */
export type ObjectSource = {
  readonly ask: (request: ObjectRequest) => Promise<ObjectAnswer>;
  readonly close: () => void;
};

/** Reads objects, each content checked against its id, and remembers the most recent ones. */
export class ObjectReader {
  readonly #source: ObjectSource;
  readonly #contents = new RecentlyUsed<Held>(CONTENT_REMEMBERED_BYTES);
  readonly #digests = new RecentlyUsed<Known>(DIGESTS_REMEMBERED);
  /** The same object is often wanted again before it has arrived. */
  readonly #pending = new Map<string, Promise<ObjectAnswer>>();

  constructor(source: ObjectSource) {
    this.#source = source;
  }

  /** Reads one object by its id, into memory when it is not larger than the limit (bytes). */
  async read(oid: string, limit: number): Promise<GitObject> {
    if (!OID.test(oid)) return { kind: "missing" };
    const held = this.#contents.get(oid);
    if (held !== undefined)
      return held.bytes.length > limit
        ? { kind: "too-large", size: held.bytes.length }
        : { kind: "content", ...held };
    const answer = await this.#ask({ name: oid, keepBytes: limit, sha256: false });
    if (answer.kind === "ambiguous") return { kind: "missing" };
    if (answer.kind !== "object") return answer;
    const { type, bytes, size } = answer;
    return bytes === null ? { kind: "too-large", size } : { kind: "content", type, bytes };
  }

  /** The SHA-256 of a blob of any size, streamed, and its content when not larger than the limit. */
  async blob(oid: string, limit: number): Promise<BlobReading> {
    if (!OID.test(oid)) return { kind: "missing" };
    const known = this.#digests.get(oid);
    const held = this.#contents.get(oid);
    if (known !== undefined && (held !== undefined || known.size > limit))
      return { kind: "blob", ...known, bytes: known.size > limit ? null : (held?.bytes ?? null) };
    if (held !== undefined) return this.#hashed(oid, held, limit);
    const answer = await this.#ask({ name: oid, keepBytes: limit, sha256: true });
    if (answer.kind === "ambiguous") return { kind: "missing" };
    if (answer.kind !== "object") return answer;
    const { type, size, bytes, sha256, binary } = answer;
    if (type !== "blob") return notABlob(type);
    if (sha256 !== null) this.#digests.set(oid, { size, sha256, binary }, 1);
    return { kind: "blob", size, bytes, sha256, binary };
  }

  /** What a revision names, without reading it. */
  about(revision: string): Promise<ObjectAnswer> {
    return this.#source.ask({ command: "info", name: revision, keepBytes: 0, sha256: false });
  }

  close(): void {
    this.#source.close();
  }

  #hashed(oid: string, { type, bytes }: Held, limit: number): BlobReading {
    if (type !== "blob") return notABlob(type);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const known = { size: bytes.length, sha256, binary: isBinary(bytes) };
    this.#digests.set(oid, known, 1);
    return { kind: "blob", ...known, bytes: bytes.length > limit ? null : bytes };
  }

  #ask(request: Omit<ObjectRequest, "command">): Promise<ObjectAnswer> {
    const key = `${request.name} ${request.keepBytes} ${request.sha256}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const asked = this.#source
      .ask({ ...request, command: "contents" })
      .then((answer) => this.#remembered(request.name, answer))
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, asked);
    return asked;
  }

  #remembered(oid: string, answer: ObjectAnswer): ObjectAnswer {
    if (answer.kind === "object" && answer.bytes !== null) {
      const { type, bytes } = answer;
      this.#contents.set(oid, { type, bytes }, bytes.length + ENTRY_BYTES);
    }
    return answer;
  }
}

const notABlob = (type: string): BlobReading => ({
  kind: "corrupt",
  detail: `it is a ${type}, not a blob`,
});
