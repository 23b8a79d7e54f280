-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- Where a protected ref stood when an enforcement point compared it with the ledger last.
create table ref_tip (
  repository text collate "C" not null,
  ref text collate "C" not null,
  -- All zeros: the ref was not there.
  tip text collate "C" not null,
  at bigint not null,
  primary key (repository, ref)
);

-- Movements of protected refs that nothing in the ledger allowed, as their entries say.
create table unrecorded_change (
  index bigint primary key,
  repository text collate "C" not null,
  ref text collate "C" not null,
  old text collate "C" not null,
  new text collate "C" not null,
  because text not null,
  at bigint not null
);
