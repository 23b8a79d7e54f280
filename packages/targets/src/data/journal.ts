// SPDX-License-Identifier: Apache-2.0
/** The journal in the target database: what every row held before and after, written with the write. */
import type { Session } from "./session.ts";

/**
 * Images are objects of texts as the server writes and reads its types, so that what is restored is
 * byte for byte what was there; SQL `NULL` is JSON `null`, and a row that is not there has no image.
 *
 * Entries have no foreign key, which would be looked up once a row; no statement but ours writes them.
 *
 * A batch of an unwind says whose batch it took back or brought back; its rows are those of that batch
 * but for what it held back, so that an unwind writes a line a batch and not a line a row.
 */
export const JOURNAL_SQL = `create schema if not exists interlock_journal;

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
create index if not exists entry_of_key on interlock_journal.entry using hash (key);

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

export async function hasJournal(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    "select to_regclass('interlock_journal.held') is not null as there",
  );
  return rows[0]?.there === true;
}
