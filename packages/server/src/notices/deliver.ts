// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import type { Said } from "./sentence.ts";
import type { Receiver } from "./settings.ts";

/** One notice on its way. */
export type Notice = Said & {
  readonly index: number;
  /** Id of the entry, in hexadecimal: the same notice has the same id however often it is sent. */
  readonly entry: string;
  readonly kind: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
};

const TIMEOUT_MS = 10_000;

/**
 * Sends a notice, signed as Standard Webhooks describes (standardwebhooks.com, "Signature scheme"):
 * HMAC-SHA256 over id, time and body. `null`, or why it was not taken: any answer but 2xx.
 */
export async function deliver(
  receiver: Receiver,
  notice: Notice,
  given: { readonly origin: string; readonly now: number; readonly fetch: typeof fetch },
): Promise<string | null> {
  const body = bodyOf(receiver, notice, given.origin);
  const id = `${notice.entry.slice(0, 40)}-${receiver.name}`;
  const seconds = String(Math.floor(given.now / 1_000));
  try {
    const response = await given.fetch(receiver.url, {
      ...{ method: "POST", body, redirect: "manual" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...{ "content-type": "application/json", "user-agent": "interlock" },
        ...{ "webhook-id": id, "webhook-timestamp": seconds },
        ...signatureOf(receiver.secret, `${id}.${seconds}.${body}`),
      },
    });
    await response.body?.cancel();
    return response.ok ? null : `it answers ${response.status}`;
  } catch (error) {
    // Errors of `fetch` quote no address, which of a chat is a secret.
    if (!(error instanceof Error)) throw error;
    return error.cause instanceof Error
      ? `${error.message}: ${codeOf(error.cause)}`
      : error.message;
  }
}

const codeOf = (cause: Error): string => ("code" in cause ? String(cause.code) : cause.name);

const signatureOf = (secret: Buffer | null, signed: string): Readonly<Record<string, string>> =>
  secret === null
    ? {}
    : {
        "webhook-signature": `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`,
      };

function bodyOf({ format }: Receiver, notice: Notice, origin: string): string {
  const link = `${origin}${notice.path}`;
  const text = `Interlock: ${notice.text} ${link}`;
  if (format === "text") return JSON.stringify({ text });
  const { topic, kind, index, entry, at } = notice;
  return JSON.stringify({
    type: `interlock.${topic}`,
    timestamp: new Date(at).toISOString(),
    text,
    data: { kind, index, entry, link, says: notice.text },
  });
}
