// SPDX-License-Identifier: Apache-2.0
import type { Listed, Page } from "./target.ts";

/** A page of keys that are sorted already. */
export function pageOf(keys: readonly string[], { after, limit }: Page): Listed {
  const rest = after === undefined ? keys : keys.filter((key) => key > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return rest.length > limit && last !== undefined ? { keys: page, next: last } : { keys: page };
}
