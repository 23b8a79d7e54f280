// SPDX-License-Identifier: Apache-2.0
/** Lists that a forge gives in pages. */
import { z } from "zod";
import { type FromForge, without } from "./failure.ts";
import { type ForgeReply, fitting } from "./http.ts";

export type Paged<T extends z.ZodType> = {
  /** As people name the list. */
  readonly what: string;
  readonly item: T;
  /** A list longer than that is no list: part of it may mislead. */
  readonly limit: number;
  /** Ends the reading with the first item for which it holds. */
  readonly until?: (item: z.output<T>) => boolean;
};

const PAGE = 100;

/** All pages from the first one on, in the forge's order. */
export async function allPages<T extends z.ZodType>(
  first: URL,
  { what, item, limit, until }: Paged<T>,
  ask: (at: URL) => Promise<FromForge<ForgeReply>>,
): Promise<FromForge<readonly z.output<T>[]>> {
  const found: z.output<T>[] = [];
  const start = new URL(first);
  start.searchParams.set("per_page", String(PAGE));
  let at: URL | null = start;
  for (let page = 0; at !== null; page++) {
    if (page * PAGE > limit) return without("unfit", `${what} has more pages than ${limit} items`);
    const reply = await ask(at);
    if (!reply.ok) return reply;
    const items = fitting(z.array(item).max(PAGE), reply.value.body, `GET ${what}`);
    if (!items.ok) return items;
    for (const one of items.value) {
      found.push(one);
      if (found.length > limit) return without("unfit", `${what} has more than ${limit} items`);
      if (until?.(one) === true) return { ok: true, value: found };
    }
    at = nextPage(at, reply.value.headers.get("link"));
  }
  return { ok: true, value: found };
}

/** The next page (RFC 8288), which must be of the same list: the token goes there. */
function nextPage(at: URL, link: string | null): URL | null {
  const target = /<([^<>]{1,2000})>; ?rel="next"/.exec(link ?? "")?.[1];
  if (target === undefined || !URL.canParse(target)) return null;
  const next = new URL(target);
  const page = new URL(at);
  page.search = next.search;
  return page;
}
