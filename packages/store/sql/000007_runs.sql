-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- Texts of documents that are carried out. Entries name their digests, by which they are checked.
create table document (
  digest text collate "C" primary key,
  text text not null,
  added_at bigint not null
);

-- What was run lately and which remedies there are is asked before each run.
create index ledger_entry_runs on ledger_entry (kind, index) where kind in ('remedy', 'run');
