// SPDX-License-Identifier: Apache-2.0
/**
 * A request must have one reading, for the guard and for every server behind it. Node's parser refuses
 * two lengths, a length beside chunks, and folded headers; what it lets through is looked at here.
 * (RFC 9112 sections 5.2, 6.3 and 11.2) by (PX8)
 */
import type { IncomingMessage } from "node:http";
import type { Asked } from "./plan.ts";
import { refused, type Worked, worked } from "./refusal.ts";

/** Lists: several lines of them are one (RFC 9110 section 5.3). Every other header counts once. */
const REPEATABLE = new Set([
  ...["accept", "accept-encoding", "accept-language", "cache-control", "cookie", "forwarded"],
  ...["via", "warning", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"],
]);
const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];
const TARGET_MAX = 8_000;
/** What some servers undo before they look, and others do not. */
const AMBIGUOUS = /\/\/|\/\.{1,2}(?:\/|$)|[\\;]|%(?:2e|2f|5c|3b|25|00)/i;
export const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const odd = (detail: string, help = "send the request without it") =>
  refused("GUARD_MALFORMED", detail, help);

/** The request without its body. */
export function looked(request: IncomingMessage): Worked<Omit<Asked, "body">> {
  const { headers, rawHeaders, method = "", url = "", httpVersion } = request;
  if (httpVersion !== "1.1") return odd(`HTTP/${httpVersion} is not spoken here`, "use HTTP/1.1");
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) !== i && !REPEATABLE.has(name));
  if (twice !== undefined) return odd(`the header \`${twice}\` comes twice`, "send it once");
  const override = OVERRIDES.find((name) => headers[name] !== undefined);
  if (override !== undefined)
    return odd(`\`${override}\` names another method`, "send that method itself");
  const why = connectionProblem(request) ?? targetProblem(url);
  if (why !== null) return odd(why);
  const [path = "", ...rest] = url.split("?");
  const query = rest.length === 0 ? null : rest.join("?");
  if (query !== null && /(?:^|&)_method=/i.test(query))
    return odd("`_method` in the query names another method", "send that method itself");
  return worked({ method, path, query, headers });
}

function connectionProblem({ headers, method = "" }: IncomingMessage): string | null {
  if (headers.upgrade !== undefined) return "another protocol (`upgrade`) would pass unread";
  const tokens = (headers.connection ?? "").toLowerCase().split(",");
  const strange = tokens.map((t) => t.trim()).find((t) => !/^(?:|keep-alive|close)$/.test(t));
  if (strange !== undefined) return `\`connection\` would take \`${strange}\` from the request`;
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding !== "chunked") return `the transfer coding \`${coding}\``;
  if (headers.trailer !== undefined) return "headers behind the body (`trailer`)";
  const body = coding !== undefined || Number(headers["content-length"] ?? "0") > 0;
  return body && WITHOUT_BODY.has(method) ? `${method} with a body` : null;
}

function targetProblem(url: string): string | null {
  if (!url.startsWith("/")) return "a target that is no path";
  if (url.length > TARGET_MAX) return `a target of more than ${TARGET_MAX} characters`;
  if (!/^[\x21-\x7e]+$/.test(url) || url.includes("#")) return "a target with strange characters";
  const [path = ""] = url.split("?");
  return AMBIGUOUS.test(path) ? "a path that servers write in more than one way" : null;
}

/** Reads the body whole, which has to be as it is: no coding, no trailers, within the limit (bytes). */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Worked<Uint8Array>> {
  const coding = request.headers["content-encoding"];
  if (coding !== undefined && coding !== "identity")
    return odd(`a body in the coding \`${coding}\``, "send it plain");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > limit)
      return refused(
        "GUARD_TOO_LARGE",
        `the body is longer than ${limit} bytes`,
        "split the change, or raise `bodyMax` in the settings of the guard",
      );
    chunks.push(bytes);
  }
  if (request.rawTrailers.length > 0) return odd("headers behind the body (trailers)");
  return worked(Buffer.concat(chunks));
}

/** The only content type that is read as JSON, with the only parameter that says nothing new. */
export const isJsonType = (type: string | undefined): boolean =>
  /^application\/json(?:;\s*charset=utf-8)?$/i.test(type ?? "");
