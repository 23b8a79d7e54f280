// SPDX-License-Identifier: Apache-2.0
/** Who wrote a value last: for people who look further, and never to decide by. */
import { shown } from "./failure.ts";

export type LastWriter = {
  /** `told`: the target noted it itself. `claimed`: whoever wrote could have written anything there. */
  readonly trust: "told" | "claimed";
  /** What the target calls whoever it was. */
  readonly name?: string;
  /** What else it says of how it was written. */
  readonly how?: string;
  /** Milliseconds since 1970 UTC. */
  readonly at?: number;
  /** What the target calls the write, such as the id of a commit. */
  readonly write?: string;
};

/** About what a key holds at one version (`null`: nothing), not about what it may hold by now. */
export type WriterAsked = {
  readonly cell: string;
  readonly key: string;
  readonly version: string | null;
};

export const WRITER_TEXT_MAX = 200;
/** The end of the year 9999, which every reader of dates knows. */
export const WRITER_AT_MAX = 253_402_300_799_999;

/**
 * From what a target says, which may be anything: texts in one line without invisible characters, not
 * endless; no time that is none. `null`: nothing is left of it.
 */
export function writerOf(
  trust: LastWriter["trust"],
  said: {
    readonly [F in "name" | "how" | "write"]?: string | undefined;
  } & { readonly at?: number | undefined },
): LastWriter | null {
  const texts = (["name", "how", "write"] as const).flatMap((field) => {
    const text = plain(said[field] ?? "");
    return text === "" ? [] : [[field, text] as const];
  });
  const { at } = said;
  const isTime = at !== undefined && Number.isSafeInteger(at) && at >= 0 && at <= WRITER_AT_MAX;
  if (texts.length === 0 && !isTime) return null;
  return { trust, ...Object.fromEntries(texts), ...(isTime ? { at } : {}) };
}

const plain = (text: string): string =>
  shown(text.slice(0, WRITER_TEXT_MAX).replace(/\s+/gu, " ").trim())
    .slice(0, WRITER_TEXT_MAX)
    .toWellFormed();
