// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import { isLocal } from "./settings.ts";

/** Descriptions of issuers and their keys are a few kilobytes. */
const MOST_BYTES = 1 << 20;
const TIMEOUT_MS = 5_000;

export type Fetch = typeof fetch;

/**
 * A `fetch` for what issuers answer: 5 seconds, 1 MiB, and no redirect, because an issuer that sends
 * us elsewhere would choose whom this server talks to. The hosts of `issuers` stand in the settings;
 * any other host comes out of an issuer's description, and is asked by `https` and by a public name
 * only: no description names an address of the network within (SS1, SS3, SS6). A public name may
 * resolve to such an address; what stands there has to show a certificate for that name. Why one
 * could not be asked is told to `away`; whoever asked us learns no more than that it is so (SS8).
 */
export function boundedFetch(
  inner: Fetch,
  issuers: readonly string[],
  away: (asked: string, because: string) => void,
): Fetch {
  const ours = new Set(issuers.map((issuer) => new URL(issuer).host));
  return async (input, init) => {
    const address = new URL(input instanceof Request ? input.url : input);
    try {
      const why = notAsked(address, ours);
      if (why !== null) throw new Error(why);
      return await bounded(inner, input, init);
    } catch (error) {
      away(address.host, reasonOf(error));
      throw new Error("it cannot be reached, or not by an address that this server asks");
    }
  };
}

async function bounded(
  inner: Fetch,
  input: Parameters<Fetch>[0],
  init: RequestInit | undefined,
): Promise<Response> {
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
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};

/** The URL parser has spelled `127.1`, octal and hexadecimal addresses out by now. */
function notAsked(address: URL, ours: ReadonlySet<string>): string | null {
  if (address.username !== "" || address.password !== "") return "the address holds credentials";
  if (ours.has(address.host) && (address.protocol === "https:" || isLocal(address.href)))
    return null;
  if (address.protocol !== "https:") return "another host than the issuer's is asked by `https`";
  const name = address.hostname.replace(/\.$/, "");
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0) return "it is no name";
  return name.includes(".") && !WITHIN.some((end) => name.endsWith(end))
    ? null
    : "it is a name of the network within";
}

/** Names that no public resolver answers for: RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`. */
const WITHIN = [".localhost", ".local", ".internal", ".home.arpa", ".localdomain", ".lan"];

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
