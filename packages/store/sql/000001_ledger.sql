-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- Texts that are compared or sorted are of collation "C": the same order on every server.

-- The lock on this row orders all writers; indexes have no gap, since it rolls back with them.
create table ledger_head (
  one boolean primary key default true check (one),
  next_index bigint not null check (next_index >= 0)
);
insert into ledger_head (next_index) values (0);

create table ledger_entry (
  index bigint primary key check (index >= 0),
  -- An entry bundle gives a length 16 bits (c2sp.org/tlog-tiles).
  leaf bytea not null check (octet_length(leaf) <= 65535),
  -- Unique: an entry that is sent again after an unknown outcome cannot be there twice.
  leaf_hash bytea not null unique check (octet_length(leaf_hash) = 32),
  kind text collate "C" not null,
  subject text collate "C",
  at bigint not null
);
create index ledger_entry_subject on ledger_entry (subject, index) where subject is not null;

create function ledger_entry_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'entries of the ledger are never changed' using errcode = 'restrict_violation';
end
$$;
create trigger ledger_entry_is_append_only
  before update or delete or truncate on ledger_entry
  for each statement execute function ledger_entry_is_append_only();

-- Apart from the entry, so that it can be erased. Without a foreign key, which costs a look-up a row:
-- one statement writes both. The text is canonical JSON, which jsonb would not give back.
create table ledger_body (
  index bigint primary key,
  salt bytea,
  body text,
  erased_at bigint,
  erased_reason_index bigint,
  check ((erased_at is null) = (erased_reason_index is null)),
  check (case when erased_at is null then salt is not null and body is not null
         else salt is null and body is null end)
);

-- The size of the newest checkpoint; published by compare-and-swap on this row.
create table ledger_published (
  one boolean primary key default true check (one),
  size bigint check (size >= 0)
);
insert into ledger_published (size) values (null);

create table ledger_checkpoint (
  size bigint primary key check (size >= 0),
  root bytea not null check (octet_length(root) = 32),
  note text not null,
  published_at bigint not null
);

create table ledger_tile (
  level integer not null check (level between 0 and 63),
  n bigint not null check (n >= 0),
  width integer not null check (width between 1 and 256),
  hashes bytea not null check (octet_length(hashes) = 32 * width),
  primary key (level, n)
);
