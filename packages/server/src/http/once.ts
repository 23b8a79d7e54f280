// SPDX-License-Identifier: Apache-2.0
/**
 * Requests that are done once however often they are sent
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { canonicalJson, type Json } from "@interlock/digest";
import { IDEMPOTENCY_KEY } from "@interlock/protocol";
import { beginOnce, dropOnce, endOnce, type Store } from "@interlock/store";
import type { Actor } from "./actor.ts";
import type { Answer, Refusal } from "./bind.ts";

/** One request, as it is told from others. */
export type OnceRequest = {
  /** As the header has it. */
  readonly key: string;
  readonly actor: Actor;
  /** Of an invitation, whose holder is nobody else. */
  readonly secret: string | null;
  readonly operation: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
};

/** Does something once for a key, and answers again what was answered. */
export type Once = <T>(request: OnceRequest, work: () => Promise<Answer<T>>) => Promise<Answer<T>>;

const KEPT_MS = 24 * 3_600_000;

/**
 * A failure gives the key back, since nothing was done; only one whose outcome nobody knows keeps it,
 * and so does a server that dies in between: whoever asked then has to look. by (done-once)
 */
export function openOnce({ db }: Store, now: () => number): Once {
  return async (request, work) => {
    if (!IDEMPOTENCY_KEY.test(request.key)) return refused(NO_KEY);
    const { id, fingerprint, seal } = namesOf(request);
    const at = now();
    const known = await beginOnce(db, { id, request: fingerprint, at, forget: at - KEPT_MS });
    if (known !== null) {
      if (!timingSafeEqual(known.request, fingerprint)) return refused(ANOTHER);
      if (known.answer === null) return refused(RUNNING);
      // Sealed by this server from an answer of the same operation.
      return { ok: true, value: JSON.parse(opened(known.answer, seal)) };
    }
    const answer = await work();
    if (answer.ok) await endOnce(db, id, sealed(JSON.stringify(answer.value), seal));
    else if (answer.failure.code !== "STORE_UNCERTAIN") await dropOnce(db, id);
    return answer;
  };
}

function namesOf({ key, actor, secret, operation, params, query, body }: OnceRequest) {
  const who =
    actor.kind === "person"
      ? `person ${actor.person}`
      : actor.kind === "token"
        ? `token ${actor.id}`
        : `secret ${secret ?? ""}`;
  const id = createHash("sha256")
    .update(JSON.stringify([who, operation, key]))
    .digest("hex");
  const derive = (what: string) =>
    Buffer.from(hkdfSync("sha256", key, id, `interlock/once/${what}/v1`, 32));
  const content = canonicalJson({ params, query, body } as Json); // parsed from JSON
  return {
    id,
    fingerprint: createHash("sha256").update(derive("request")).update(content).digest(),
    seal: derive("answer"),
  };
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function sealed(text: string, seal: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", seal, nonce);
  const content = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), content]);
}

/** Throws where the row was changed: nobody is answered what they were not. */
function opened(bytes: Uint8Array, seal: Buffer): string {
  const whole = Buffer.from(bytes);
  const decipher = createDecipheriv("aes-256-gcm", seal, whole.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(whole.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const content = whole.subarray(NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(content), decipher.final()]).toString("utf8");
}

const NO_KEY: Refusal = {
  code: "INPUT_INVALID",
  message: "`Idempotency-Key` is no text of 16 to 128 characters in double quotes",
  help: 'send a random one, such as `Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"`',
};
const ANOTHER: Refusal = {
  code: "KEY_REUSED",
  message: "another request came with this `Idempotency-Key` before",
  help: "take a new key for a new request",
};
const RUNNING: Refusal = {
  code: "KEY_IN_USE",
  message: "the request of this `Idempotency-Key` is being done, or nobody knows what became of it",
  help: "ask again in a moment; if it lasts, look whether it was done before you take a new key",
};

const refused = (failure: Refusal) => ({ ok: false as const, failure });
