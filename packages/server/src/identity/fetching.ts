// SPDX-License-Identifier: Apache-2.0

/** Descriptions of issuers and their keys are a few kilobytes. */
const MOST_BYTES = 1 << 20;
const TIMEOUT_MS = 5_000;

export type Fetch = typeof fetch;

/**
 * A `fetch` for what issuers answer: 5 seconds, 1 MiB, and no redirect, because an issuer that sends
 * us elsewhere would choose whom this server talks to.
 */
export function boundedFetch(inner: Fetch): Fetch {
  return async (input, init) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const response = await inner(input, { ...init, redirect: "manual", signal });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new Error(`it answers with a redirect (${response.status})`);
    }
    const bytes = await bytesOf(response);
    const { status, statusText, headers } = response;
    const bodyless = status === 204 || status === 205;
    return new Response(bodyless ? null : bytes, { status, statusText, headers });
  };
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body !== null)
    // What Node's streams yield of a body is bytes.
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > MOST_BYTES) throw new Error(`its answer is larger than ${MOST_BYTES} bytes`);
      chunks.push(chunk);
    }
  return new Uint8Array(Buffer.concat(chunks));
}
