// SPDX-License-Identifier: Apache-2.0
/** Which requests of an HTTP API change what: said in the settings, by method and path template. */
import { bool, type Infer, list, object, optional, text } from "@interlock/core";
import type { ImageTerms } from "./image.ts";

export const HTTP_RULE = object({
  method: text({ values: ["PUT", "POST", "PATCH", "DELETE"] }),
  path: text({ max: 1_000 }),
  after: text({ values: ["body", "merge-patch", "nothing"] }),
  format: optional(text({ values: ["json", "bytes"] })),
  contentTypes: optional(list(text({ max: 100 }), 10)),
  headers: optional(list(text({ max: 100 }), 20)),
  query: optional(bool()),
  versions: optional(text({ values: ["if-match", "read-again"] })),
  ignore: optional(list(text({ max: 300 }), 50)),
});

/**
 * What a request that fits makes of the resource at its path. `after`: its body, its body merged into
 * what is there (RFC 7396), or nothing. `ignore`: members that the engine sets itself, as JSON pointers
 * (RFC 6901). `versions`: how it is kept from landing on something else than was judged.
 */
export type HttpRule = Infer<typeof HTTP_RULE>;

export const imageTerms = ({ format = "json", ignore = [] }: HttpRule): ImageTerms => ({
  ...{ format, ignore },
});

const PART = /^(?:[A-Za-z0-9._~!$&'()*+,=:@-]+|\{[a-z][A-Za-z0-9]*\})$/;
const VALUE = /^[A-Za-z0-9._~!$&'()*+,=:@-]+$/;
const METHOD_FITS = { body: ["PUT", "POST"], "merge-patch": ["PATCH"], nothing: ["DELETE"] };
/** A rule may not make these a part of a value: they belong to one connection, or to the guard. */
const OWN_HEADERS =
  /^(?:authorization|connection|content-.*|cookie|host|if-.*|prefer|te|trailer|transfer-encoding|upgrade)$/;

/** What no schema says of rules; `null`: nothing is wrong. */
export function rulesProblem(rules: readonly HttpRule[]): string | null {
  for (const [i, rule] of rules.entries()) {
    const why = ruleProblem(rule);
    if (why !== null) return `\`rules[${i}]\`: ${why}`;
  }
  return null;
}

function ruleProblem({ method, path, after, headers = [], ignore = [], format }: HttpRule) {
  if (
    !path.startsWith("/") ||
    !path
      .slice(1)
      .split("/")
      .every((part) => PART.test(part))
  )
    return `\`${path}\` is no path template, such as \`/api/flags/{name}\``;
  if (!METHOD_FITS[after].includes(method)) return `after a ${method} there cannot be: ${after}`;
  const own = headers.find((name) => name !== name.toLowerCase() || OWN_HEADERS.test(name));
  if (own !== undefined) return `\`${own}\` cannot be a part of the value`;
  const bad = ignore.find((pointer) => !/^(?:\/[^/]*)+$/.test(pointer));
  if (bad !== undefined) return `\`${bad}\` is no JSON pointer`;
  return format === "bytes" && (after === "merge-patch" || ignore.length > 0)
    ? "only JSON has members"
    : null;
}

/** The first rule for a request; case counts, and no part may be empty or escaped. */
export const ruleFor = (
  rules: readonly HttpRule[],
  { method, path }: { readonly method: string; readonly path: string },
): HttpRule | null => rules.find((rule) => rule.method === method && fits(rule.path, path)) ?? null;

function fits(template: string, path: string): boolean {
  const wanted = template.split("/");
  const given = path.split("/");
  return (
    wanted.length === given.length &&
    wanted.every((part, i) =>
      part.startsWith("{") ? VALUE.test(given[i] ?? "") : part === given[i],
    )
  );
}
