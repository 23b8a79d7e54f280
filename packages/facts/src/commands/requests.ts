// SPDX-License-Identifier: Apache-2.0
import type { Finding } from "./findings.ts";
import type { Invocation } from "./shell/unwrap.ts";
import { nameWords, objectOf, verbOf } from "./words.ts";

/** One HTTP request that a file sends or describes. */
export type Request = {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly line: number;
  readonly text: string;
  /** `x 1100`: how often it is sent, where the text says so. */
  readonly times: number;
};

const LINE =
  /^\s*(GET|POST|PUT|PATCH|DELETE)\s+((?:https?:\/\/|\{\{|\/|\$)[^\s#]*)(?:\s+HTTP\/\d(?:\.\d)?)?(?:\s+x\s*(\d{1,9}))?\s*(?:#.*)?$/;

/** Requests written as `METHOD /path`, the form of `.http` files and change documents. */
export function requestsIn(text: string): readonly Request[] {
  const requests: Request[] = [];
  for (const [at, row] of text.split("\n").entries()) {
    if (row.length > 4_000) continue;
    const match = LINE.exec(row.replace(/\r$/, ""));
    if (match === null) continue;
    const [, method = "", url = "", times] = match;
    requests.push({
      method,
      url,
      body: "",
      line: at + 1,
      text: row.replace(/#.*$/, "").replace(/\s+/g, " ").trim(),
      times: times === undefined ? 1 : Number(times),
    });
  }
  return requests;
}

/** The request that a `curl`, `wget`, `http` or `gh api` command sends; `null` for a download. */
export function requestOf(invocation: Invocation): Request | null {
  const { tool, args } = invocation;
  if (!/^(?:curl|wget|http|https|xh|gh)$/.test(tool)) return null;
  if (tool === "gh" && args[0]?.text !== "api") return null;
  let method = "GET";
  let url = "";
  let body = "";
  for (const [at, word] of args.entries()) {
    const next = args[at + 1]?.text ?? "";
    if (/^(?:-X|--request|--method)$/.test(word.text)) method = next.toUpperCase();
    else if (/^(?:-X\w+|--(?:request|method)=\w+)$/.test(word.text))
      method = word.text.replace(/^-X|^--\w+=/, "").toUpperCase();
    else if (/^(?:-d|--data(?:-\w+)?|--json|--body-data)$/.test(word.text)) {
      body = next;
      if (method === "GET") method = "POST";
    } else if (/^(?:GET|POST|PUT|PATCH|DELETE)$/.test(word.text)) method = word.text;
    else if (/^https?:\/\/|^\$\w+\/|^localhost[:/]|^\/?repos\/|^[\w.-]+:\d+\//.test(word.text))
      url = word.text;
  }
  return url === ""
    ? null
    : { method, url, body, line: invocation.line, text: invocation.text, times: 1 };
}

/** Words of a query that choose nothing: how pages are cut, ordered, or printed. */
const NO_FILTER =
  /^(?:pretty|v|verbose|debug|wait|force|recursive|async|cursor|page|sort|fields|expand|format|help|download|raw|json|q|s|h)$/i;
const FILTER_HINT =
  /(?:pending|delete|status|state|filter|selector|label|prefix|match|ids?|names?|tag|older|expired|stale|env|account|tenant|owner|type|user|group)/i;

/** What one request would do, given whether the same file also deletes. */
export function requestFindings(request: Request, deletesNearby: boolean): readonly Finding[] {
  const [path = "", query = ""] = splitOnce(request.url.replace(/^https?:\/\/[^/]*/, ""), "?");
  const changes = request.method !== "GET";
  const empty = query
    .split("&")
    .map((part) => splitOnce(part, "="))
    .filter(
      ([name = "", value]) => name !== "" && (value ?? "").trim() === "" && !NO_FILTER.test(name),
    );
  const found: Finding[] = empty
    .filter(
      ([name = ""]) =>
        changes ||
        (deletesNearby && FILTER_HINT.test(name)) ||
        /delete|pending|purge|expired|stale/i.test(name),
    )
    .map(([name = ""]) => ({
      aspect: "empty-filter",
      key: name,
      tags: ["query", ...(changes || deletesNearby ? ["deletes"] : [])],
    }));
  if (!changes) return found;
  return [...found, ...deletion(request, path, empty.length === 0 && query !== "")];
}

function deletion(request: Request, path: string, filtered: boolean): readonly Finding[] {
  const segments = path.split("/").filter((part) => part !== "");
  const last = segments.at(-1) ?? "";
  const gone =
    request.method === "DELETE" ||
    segments.some((part) => verbOf(nameWords(part)) === "gone" && part.length < 40);
  if (!gone) return [];
  const object = objectOf(segments.flatMap(nameWords).reverse());
  const what = object?.what ?? "objects";
  const tags = [
    "request",
    "unasked",
    ...(object?.data ? ["data"] : []),
    ...(request.times > 1 ? ["many"] : []),
  ];
  const star = segments.some((part) => /^(?:\*|_all|%2A|\.\*|[a-z][\w.-]*\*)$/i.test(part));
  const everything = /_delete_by_query/.test(last) && /match_all/.test(request.body);
  // A plural noun at the end of a versioned API names a collection, not one member of it.
  const collection =
    request.method === "DELETE" &&
    /^[a-z][a-z_-]{2,40}s$/.test(last) &&
    !filtered &&
    segments.length >= 2 &&
    /^(?:v\d+|api)$/.test(segments.at(-2) ?? "");
  const wildcard: readonly Finding[] =
    star || everything || collection
      ? [{ aspect: "wildcard-delete", key: what, tags: [...tags, "all"] }]
      : [];
  return [{ aspect: "destructive", key: what, tags }, ...wildcard];
}

function splitOnce(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
