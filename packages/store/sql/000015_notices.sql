-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- How far each receiver of notices has been told of the ledger. It could begin again at any entry.
create table notice_cursor (
  name text collate "C" primary key,
  -- Index of the first entry that it was not told of.
  next bigint not null,
  attempts integer not null,
  due_at bigint not null,
  lease text collate "C",
  leased_until bigint not null
);
