// SPDX-License-Identifier: Apache-2.0
/** The request that makes a resource again what it was. */
import type { Back, Effect } from "../plan.ts";
import { unclear, type Worked, worked } from "../refusal.ts";
import { alike, shownBy } from "./image.ts";
import { type HttpRule, imageTerms, ruleFor } from "./rules.ts";

export function backOf(effects: readonly Effect[], rules: readonly HttpRule[]): Worked<Back> {
  const headers = effects.find(({ path }) => path.endsWith("/@headers.json"));
  if (headers !== undefined)
    return unclear(
      `the headers of the request to \`${headers.key}\` were a part of its value, and what it had before is not known`,
      "send the request that makes it what it was",
    );
  const [value, ...others] = effects;
  if (value === undefined || others.length > 0)
    return unclear("it is not of one resource", "send a request for each of them");
  const [path = "", ...rest] = value.key.split("?");
  const wanted = value.before === null ? (["DELETE"] as const) : (["PUT", "POST"] as const);
  const rule = wanted.map((method) => ruleFor(rules, { method, path })).find((one) => one !== null);
  if (rule === undefined || rule === null)
    return unclear(
      `no rule says how \`${path}\` ${value.before === null ? "is removed" : "is written as a whole"}`,
      `ask whoever runs the guard for a rule with ${wanted.join(" or ")} in its settings`,
    );
  const terms = { ...imageTerms(rule), ignore: ignoredAt(path, rules) };
  const type = rule.contentTypes?.[0] ?? "application/json";
  return worked({
    asked: {
      ...{ method: rule.method, path, query: rest.length === 0 ? null : rest.join("?") },
      headers: value.before === null ? {} : { "content-type": type },
      body: value.before ?? new Uint8Array(),
    },
    // What was sent may name members that the engine sets itself, and shows otherwise.
    alike: (a, b) => alike(shownBy(a, terms), shownBy(b, terms), terms),
  });
}

/** What the engine sets itself it sets whatever the method; a rule says it where its request shows it. */
const ignoredAt = (path: string, rules: readonly HttpRule[]): readonly string[] =>
  METHODS.flatMap((method) => ruleFor(rules, { method, path })?.ignore ?? []);

const METHODS = ["PUT", "POST", "PATCH", "DELETE"] as const;
