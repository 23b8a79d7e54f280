// SPDX-License-Identifier: Apache-2.0
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./driver.ts";
import { type EntryRow, EXCEPTION_KINDS, PEOPLE_KINDS, storedEntryOf } from "./entries.ts";
import { HEARD_KINDS, landingsSeen, type Sighting } from "./landings.ts";
import type { StoredEntry } from "./ledger.ts";

/** What a decision has to know of the ledger. */
export type ToLookUp = {
  /** Entries about people from this index on. */
  readonly peopleFrom: number;
  /** Entries about incidents and debts from this index on. */
  readonly exceptionsFrom: number;
  /** The contents that are asked about, each on its way to one place. */
  readonly about: readonly {
    readonly digest: string;
    readonly change: string;
    /** Where the ref was seen that it is to land on; `null`: nobody saw it. */
    readonly seen: Sighting | null;
  }[];
  /** Signed entries about each content, at most. */
  readonly signedLimit: number;
};

/** All of it as it was at one moment. */
export type LookedUp = {
  /** How many entries there were. */
  readonly size: number;
  /** Oldest first, at most `LOOK_UP_PAGE`: with that many there may be more. */
  readonly people: readonly StoredEntry[];
  readonly exceptions: readonly StoredEntry[];
  /**
   * For each content: what was signed about it and when it landed, oldest first, the first decision about
   * the change, and decisions upon others that the ref shows to have landed since.
   */
  readonly about: readonly {
    readonly signed: readonly StoredEntry[];
    readonly first: StoredEntry | null;
    readonly landings: readonly StoredEntry[];
  }[];
};

export const LOOK_UP_PAGE = 64;

/** One statement, and so one snapshot: nothing in it is older or newer than the size that it gives. */
export async function lookUp(db: Database, asked: ToLookUp): Promise<LookedUp> {
  const { rows } = await statementFor(asked).execute(db);
  const parts = new Map<string, StoredEntry[]>();
  for (const row of rows) {
    const key = `${row.part} ${row.place}`;
    const part = parts.get(key) ?? [];
    if (row.part !== "head") part.push(storedEntryOf(row));
    parts.set(key, part);
  }
  const of = (part: string, place: number) => parts.get(`${part} ${place}`) ?? [];
  const size = rows.find(({ part }) => part === "head")?.size;
  if (size === undefined || size === null) throw new Error("the ledger has no head");
  return {
    size,
    people: of("people", 0),
    exceptions: of("exceptions", 0),
    about: asked.about.map((_, i) => ({
      signed: of("signed", i + 1),
      first: of("first", i + 1)[0] ?? null,
      landings: of("landing", i + 1),
    })),
  };
}

type Row = EntryRow & {
  readonly part: string;
  readonly place: number;
  readonly size: number | null;
};

/**
 * INVARIANT (planned once): the planner sees no value, so that a plan for these values looks no cheaper
 * than the one that it keeps for all: planning this takes twenty times as long as running it.
 */
const texts = (values: readonly (string | null)[]): RawBuilder<unknown> =>
  sql`(select ${[...values]}::text[])`;

/**
 * Of the head's row everything but its size is empty. `offset 0` keeps each entry looked up by its index:
 * few are found, and the planner takes them for many. by (steady plans)
 */
function statementFor({
  peopleFrom,
  exceptionsFrom,
  about,
  signedLimit,
}: ToLookUp): RawBuilder<Row> {
  const digests = about.map(({ digest }) => digest);
  const seen = (of: (sighting: Sighting) => string) =>
    about.map((one) => (one.seen === null ? null : of(one.seen)));
  const sighting = {
    repository: sql`asked.repository`,
    target: sql`asked.target`,
    tip: sql`asked.tip`,
  };
  // The body is canonical JSON, so that there is one way to write this; `first` is checked by its leaf.
  const named = about.map(({ change }) => `%"change":${JSON.stringify(change)}%`);
  return sql<Row>`
    with asked as (
      select * from unnest(${texts(digests)}, ${texts(named)},
        ${texts(seen(({ repository }) => repository))}, ${texts(seen(({ target }) => target))},
        ${texts(seen(({ tip }) => tip))})
        with ordinality as asked(digest, named, repository, target, tip, place)
    ), found as (
      (select 'people' as part, 0::bigint as place, index from ledger_entry
        where index >= (select ${peopleFrom}::bigint) and kind in ${PEOPLE_KINDS}
        order by index limit ${LOOK_UP_PAGE})
      union all
      (select 'exceptions', 0, index from ledger_entry
        where index >= (select ${exceptionsFrom}::bigint) and kind in ${EXCEPTION_KINDS}
        order by index limit ${LOOK_UP_PAGE})
      union all
      select 'signed', asked.place, s.index from asked cross join lateral (
        select index from ledger_entry
        where subject = asked.digest and kind = any(${[...HEARD_KINDS]}::text[])
        order by index limit ${signedLimit}) s
      union all
      select 'first', asked.place, f.index from asked cross join lateral (
        select e.index from ledger_entry e join ledger_body b on b.index = e.index
        where e.subject = asked.digest and e.kind = 'decision' and b.body like asked.named
        order by e.index limit 1) f
      union all
      select 'landing', asked.place, l.index from asked cross join lateral (
        ${landingsSeen(sighting)}) l
    )
    select 'head' as part, 0::bigint as place, next_index as size, null::bigint as index,
      null::bytea as leaf, null::bytea as leaf_hash, null as kind, null as subject,
      null::bigint as at, null::bytea as salt, null as body, null::bigint as erased_at,
      null::bigint as erased_reason_index
    from ledger_head where one
    union all
    select f.part, f.place, null, e.index, e.leaf, e.leaf_hash, e.kind, e.subject, e.at,
      e.salt, e.body, e.erased_at, e.erased_reason_index
    from found f cross join lateral (
      select n.index, n.leaf, n.leaf_hash, n.kind, n.subject, n.at, b.salt, b.body, b.erased_at,
        b.erased_reason_index
      from ledger_entry n left join ledger_body b on b.index = n.index
      where n.index = f.index offset 0) e
    order by part, place, index`;
}
