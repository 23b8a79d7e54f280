// SPDX-License-Identifier: Apache-2.0
/** One request to a forge: bounded in time and size, never redirected, its outcome a value. */
import { createHash } from "node:crypto";
import type { z } from "zod";
import { type FromForge, without } from "./failure.ts";

export type ForgeRequest = {
  readonly method: "GET" | "POST" | "PATCH" | "PUT";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
};

export type ForgeReply = {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; `undefined` where the body is empty. */
  readonly body: unknown;
};

export type ForgeHttp = (request: ForgeRequest) => Promise<FromForge<ForgeReply>>;

/** A page of a hundred items of a forge is well below a megabyte; a full one of check runs below four. */
const ANSWER_MAX_BYTES = 16 << 20;
const TIMEOUT_MS = 20_000;
/** Answers kept for conditional requests, which count against no limit when nothing has changed. */
const REMEMBERED = 500;

type Kept = { readonly etag: string; readonly reply: ForgeReply };

/** Speaks HTTP to a forge. Never throws for what the network or the forge does. */
export function forgeHttp(fetching: typeof fetch = fetch): ForgeHttp {
  const kept = new Map<string, Kept>();
  return async (request) => {
    const { method, url, headers, body } = request;
    // What one credential may see is not another's.
    const key = keyOf(url, headers["authorization"] ?? "");
    const known = method === "GET" ? kept.get(key) : undefined;
    let response: Response;
    let content: Buffer | null;
    try {
      response = await fetching(url, {
        method,
        headers: {
          ...headers,
          ...(known === undefined ? {} : { "if-none-match": known.etag }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // Wherever a redirect leads, the token must not go there (SS5).
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      content = await bodyWithin(response, ANSWER_MAX_BYTES);
    } catch (error) {
      return without("away", reasonOf(error));
    }
    if (content === null)
      return without("unfit", `it answered with more than ${ANSWER_MAX_BYTES} bytes`);
    if (response.status === 304 && known !== undefined) return { ok: true, value: known.reply };
    const parsed = parse(content);
    if (!parsed.ok) return without("unfit", `it answered ${response.status} with what is no JSON`);
    const reply = { status: response.status, headers: response.headers, body: parsed.value };
    const etag = response.headers.get("etag");
    if (method === "GET" && response.status === 200 && etag !== null)
      remember(kept, key, { etag, reply });
    return { ok: true, value: reply };
  };
}

function keyOf(url: URL, authorization: string): string {
  return `${createHash("sha256").update(authorization).digest("hex")} ${url.href}`;
}

function remember(kept: Map<string, Kept>, key: string, entry: Kept): void {
  const [oldest] = kept.keys();
  if (kept.size >= REMEMBERED && oldest !== undefined) kept.delete(oldest);
  kept.set(key, entry);
}

/** `null` when there is more (SS7). */
async function bodyWithin(response: Response, limit: number): Promise<Buffer | null> {
  if (response.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(content: Buffer): { readonly ok: true; readonly value: unknown } | { ok: false } {
  if (content.length === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(content.toString("utf8")) };
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false };
    throw error;
  }
}

/** No message of these repeats a header (GT15). */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  if (error.name === "TimeoutError") return `it gave no answer within ${TIMEOUT_MS} ms`;
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.message === "" ? error.message : cause.message;
}

/** An answer as its schema reads it. Fields that nobody asked for are left out. */
export function fitting<T extends z.ZodType>(
  schema: T,
  body: unknown,
  what: string,
): FromForge<z.output<T>> {
  const read = schema.safeParse(body);
  if (read.success) return { ok: true, value: read.data };
  const [first] = read.error.issues;
  const path = first?.path.map(String).join(".") ?? "";
  return without("unfit", `${what}: \`${path}\`: ${first?.message ?? "not as documented"}`);
}
