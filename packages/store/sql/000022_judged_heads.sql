-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 22
-- With which commits changes were judged where they land: a ref that is seen at one of them later shows
-- that the change has landed. Kept for as long as an approval may live.
create table judged_head (
  head text collate "C" not null,
  change text collate "C" not null,
  -- Of the newest decision about both.
  index bigint not null,
  -- Milliseconds since 1970.
  at bigint not null,
  primary key (head, change)
);

-- How far a content has landed, whatever else is said about it.
create index ledger_entry_landed on ledger_entry (subject, index) where kind = 'landed';
