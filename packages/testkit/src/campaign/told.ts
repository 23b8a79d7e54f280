// SPDX-License-Identifier: Apache-2.0
import type { Reply } from "./callers.ts";

/** What became of something that was asked for, as far as whoever asked was told. */
export type Fate = "acknowledged" | "refused" | "in-doubt";

/** An entry that a server said is in the ledger. */
export type Entry = { readonly index: number; readonly entry: string };

/** What was asked for, by what tells it from everything else, with every entry that was promised for it. */
export type Asked = {
  readonly fate: Fate;
  readonly entry: Entry | null;
  /** Id that the server gave, or what else it said. */
  readonly said: string;
};

export const SORTS = [
  "decision",
  "signature",
  "run",
  "step",
  "remedy-run",
  "token",
  "proposal",
  "agreement",
  "incident",
] as const;
export type Sort = (typeof SORTS)[number];

/** A model beside the servers: what they acknowledged, refused, or left open. */
export type Told = {
  readonly of: Readonly<Record<Sort, Map<string, Asked>>>;
  readonly note: (sort: Sort, name: string, asked: Asked) => void;
  /** Signatures that are acknowledged or in doubt, by change: whoever may have approved. */
  readonly approvers: Map<string, Set<string>>;
  /** What no server may answer, whatever happens to it. */
  readonly wrong: string[];
  readonly refusals: Map<string, number>;
  /** Looks at an answer as such, and says what it means. */
  readonly fateOf: (reply: Reply) => Fate;
  /** In milliseconds, by the clock of the campaign. */
  answeredAt: number;
};

export function toldNothing(): Told {
  // One map for each, by construction.
  const of = Object.fromEntries(SORTS.map((sort) => [sort, new Map()])) as Told["of"];
  const told: Told = {
    of,
    approvers: new Map(),
    wrong: [],
    refusals: new Map(),
    answeredAt: 0,
    note: (sort, name, asked) => {
      const before = of[sort].get(name);
      if (before?.fate === "acknowledged" && asked.fate === "acknowledged") {
        if (before.entry?.entry !== asked.entry?.entry || before.said !== asked.said)
          told.wrong.push(`${sort} ${name} was acknowledged twice, and differently`);
      } else if (before === undefined || before.fate !== "acknowledged") of[sort].set(name, asked);
    },
    fateOf: (reply) => {
      if (reply.kind === "lost") return "in-doubt";
      const { status, body, retryAfter } = reply;
      if (status === 200) {
        told.answeredAt = Date.now();
        return "acknowledged";
      }
      const code = String(body["code"]);
      told.refusals.set(code, (told.refusals.get(code) ?? 0) + 1);
      if (status < 500) return "refused";
      if (status !== 503) told.wrong.push(`an answer ${status} ${code}: ${body["detail"]}`);
      else if (!/^[1-9][0-9]?$/.test(retryAfter ?? ""))
        told.wrong.push(`a 503 ${code} that does not say when to come again`);
      return "in-doubt";
    },
  };
  return told;
}

/** The entry in an answer that has one. */
export function entryIn(reply: Reply): Entry | null {
  if (reply.kind === "lost" || reply.status !== 200) return null;
  const { index, entry } = reply.body;
  return typeof index === "number" && typeof entry === "string" ? { index, entry } : null;
}
