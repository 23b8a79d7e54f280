// SPDX-License-Identifier: Apache-2.0
/** One request to a source: bounded in time and size, never redirected, to the host that was named. */
import { failedToSample, type Secrets } from "./source.ts";

const ANSWER_BYTES = 16 << 20;
const TIMEOUT_MS = 10_000;

export type Asked =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly says: string };

export type AskTerms = {
  readonly fetch: typeof fetch;
  readonly secrets: Secrets;
  /** Names of secrets by header. */
  readonly headers: Readonly<Record<string, string>>;
};

/** Asks for JSON; a form is sent as POST. No message repeats a header or an answer's text. */
export async function askJson(
  terms: AskTerms,
  url: URL,
  form: URLSearchParams | null = null,
): Promise<Asked> {
  const headers: Record<string, string> = { accept: "application/json" };
  for (const [header, name] of Object.entries(terms.headers)) {
    const secret = terms.secrets(name);
    if (secret === null) return failedToSample(`the secret \`${name}\` is not there`);
    headers[header] = secret;
  }
  try {
    const response = await terms.fetch(url, {
      ...(form === null ? {} : { method: "POST", body: form }),
      headers,
      // Wherever a redirect leads, nobody has named that host (SS5).
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await textWithin(response);
    if (text === null) return failedToSample(`it answered with more than ${ANSWER_BYTES} bytes`);
    if (response.status !== 200) return failedToSample(`it answered ${response.status}`);
    return { ok: true, body: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return failedToSample("it answered with what is no JSON");
    if (!(error instanceof Error)) throw error;
    if (error.name === "TimeoutError")
      return failedToSample(`it gave no answer within ${TIMEOUT_MS} ms`);
    const cause = error.cause instanceof Error ? error.cause : error;
    return failedToSample(cause.message === "" ? error.message : cause.message);
  }
}

async function textWithin(response: Response): Promise<string | null> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
