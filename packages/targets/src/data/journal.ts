// SPDX-License-Identifier: Apache-2.0
/** The journal in the target database: what every row held before and after, written with the write. */
import type { Session } from "./session.ts";

/** Rows of arrays that have one element a row; `skipped`: rows of the batch before them. */
export const CHUNK = 500;

/** Rows of images as rows with objects of texts by column name. */
export function linesOfImages(images: string): string {
  const side = (name: string) =>
    `jsonb_object_agg(i.name, h.held) filter (where i.side = '${name}') as ${name}`;
  return `select i.batch, (i.skipped + h.place)::int as number, ${["key", "before", "after"].map(side).join(", ")}
    from ${images} i cross join lateral unnest(i.held) with ordinality as h(held, place)
    group by i.batch, (i.skipped + h.place)::int`;
}

/** Of the longest keys so much says where they are. */
const PLACE = 40;

/** Where a key stands among others: the same text is at the same place, and whole numbers are in order. */
export const placeOf = (texts: readonly string[]): string =>
  `${texts.map((text) => `lpad(${text}, ${PLACE}, '0')`).join(" || ")} collate "C"`;

/**
 * Images are objects of texts as the server writes and reads its types, so that what is restored is
 * byte for byte what was there; SQL `NULL` is JSON `null`, and a row that is not there has no image.
 *
 * A batch of a fix has an array of texts for some hundred rows of each column; rows that an unwind had
 * to think about, and fixes of older versions, have an entry each. `line` shows both alike. Neither has
 * a foreign key, which would be looked up once a row; no statement but ours writes them.
 *
 * Who else wrote a row is found without an index by its key: each batch says between which keys its
 * rows are, in an order (`placeOf`) that follows from the text of a key and from nothing else.
 *
 * A batch of an unwind says whose batch it took back or brought back; its rows are those of that batch
 * but for what it held back, so that an unwind writes a line a batch and not a line a row.
 */
export const JOURNAL_SQL: string = `create schema if not exists interlock_journal;

create table if not exists interlock_journal.run (
  id bigint generated always as identity primary key,
  run text not null unique check (run ~ '^[0-9a-f]{64}$'),
  change text not null,
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  entry text not null,
  way text not null check (way in ('fix', 'undo', 'redo')),
  of bigint references interlock_journal.run,
  relation_schema text not null,
  relation_name text not null,
  action text not null check (action in ('update', 'delete', 'insert')),
  key text[] not null,
  columns text[] not null,
  reads jsonb not null,
  last jsonb,
  rows bigint not null default 0,
  batches bigint not null default 0,
  counts jsonb not null default '{}',
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  check ((way = 'fix') = (of is null))
);
create index if not exists run_of_relation on interlock_journal.run (relation_schema, relation_name);
create index if not exists run_of_change on interlock_journal.run (change);

create table if not exists interlock_journal.batch (
  id bigint generated always as identity primary key,
  run bigint not null references interlock_journal.run,
  undoes bigint references interlock_journal.batch,
  rows bigint not null,
  applied_at timestamptz not null default clock_timestamp(),
  unique (run, undoes)
);
create index if not exists batch_of_run on interlock_journal.batch (run, id);
create index if not exists batch_undone on interlock_journal.batch (undoes) where undoes is not null;

create table if not exists interlock_journal.entry (
  batch bigint not null,
  number int not null,
  key jsonb not null,
  before jsonb,
  after jsonb,
  primary key (batch, number)
);
drop index if exists interlock_journal.entry_of_key;

create table if not exists interlock_journal.image (
  batch bigint not null,
  skipped int not null,
  side text not null check (side in ('key', 'before', 'after')),
  name text not null,
  held text[] not null,
  primary key (batch, skipped, side, name)
);

create or replace view interlock_journal.line as
  select batch, number, key, before, after from interlock_journal.entry
  union all
  ${linesOfImages("interlock_journal.image")};

alter table interlock_journal.batch
  add column if not exists first jsonb,
  add column if not exists last jsonb,
  add column if not exists low text collate "C",
  add column if not exists high text collate "C";

alter table interlock_journal.run
  add column if not exists expected bigint not null default 0,
  add column if not exists touches jsonb,
  add column if not exists wave int not null default 1,
  add column if not exists halted_at timestamptz,
  add column if not exists halted_by text,
  add column if not exists halted_because text,
  add column if not exists verdict jsonb;

create table if not exists interlock_journal.held (
  batch bigint not null,
  number int not null,
  action text not null check (action in ('restore', 'keep', 're-run', 'quarantine')),
  because text not null,
  cells jsonb not null,
  primary key (batch, number)
);
`;

/** Makes the tables of the journal, where they are not there. The role needs `create` on the database. */
export async function prepareJournal(session: Session): Promise<void> {
  await session.query("begin");
  // Two that prepare at once would both find nothing there.
  await session.query("select pg_advisory_xact_lock(hashtext('interlock_journal'))");
  await session.query(JOURNAL_SQL);
  await session.query("commit");
}

/** Whether the journal is there, with all that this version writes. */
export async function hasJournal(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    `select to_regclass('interlock_journal.line') is not null and exists (select 1 from pg_attribute
      where attrelid = to_regclass('interlock_journal.run') and attname = 'verdict' and not attisdropped) as there`,
  );
  return rows[0]?.there === true;
}
