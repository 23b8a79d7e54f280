// SPDX-License-Identifier: Apache-2.0
import { nameWords, objectOf, verbOf } from "./words.ts";

/** One field of a GraphQL mutation with literal arguments: an order, not a definition. */
export type Mutation = {
  readonly name: string;
  readonly args: string;
  readonly line: number;
  readonly what: string;
  readonly data: boolean;
};

const MUTATION =
  /\bmutation\b(?:\s{1,5}\w{1,80})?\s{0,5}(\([^)]{0,1000}\))?\s{0,5}(?:@\w{1,40}\s{0,5}){0,3}\{/g;
const FIELD = /\b([A-Za-z_]\w{0,80})\s{0,5}\(([^()]{0,1000})\)/g;
/** Longer texts are schemas or generated operations. */
const TEXT_MAX = 200_000;
const MUTATIONS_MAX = 200;

/** The destructive mutations of a text that name what they destroy; variables make a definition. */
export function mutationsIn(text: string, firstLine = 1): readonly Mutation[] {
  const found: Mutation[] = [];
  const source = text.slice(0, TEXT_MAX);
  let looked = 0;
  for (const match of source.matchAll(MUTATION)) {
    looked += 1;
    if (looked > MUTATIONS_MAX) break;
    if ((match[1] ?? "").includes("$")) continue;
    const start = match.index + match[0].length;
    const body = source.slice(start, start + 4_000);
    for (const field of body.slice(0, closing(body)).matchAll(FIELD)) {
      const [, name = "", args = ""] = field;
      const words = nameWords(name);
      if (verbOf(words) !== "gone" || args.includes("$") || found.length >= MUTATIONS_MAX) continue;
      const object = objectOf(words);
      const line = firstLine + source.slice(0, start + field.index).split("\n").length - 1;
      found.push({
        name,
        args: args.replace(/\s+/g, " ").trim(),
        line,
        what: object?.what ?? "objects",
        data: object?.data ?? false,
      });
    }
  }
  return found;
}

function closing(body: string): number {
  let depth = 1;
  for (let at = 0; at < body.length; at += 1) {
    if (body[at] === "{") depth += 1;
    if (body[at] === "}" && --depth === 0) return at;
  }
  return body.length;
}
