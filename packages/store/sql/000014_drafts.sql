-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- Documents that somebody writes in the console. They prove and decide nothing: what counts is what is
-- committed. Apart from `document`, whose texts entries of the ledger name.
create table document_draft (
  -- Chosen at random by whoever writes, so that a first save sent twice makes one.
  id text collate "C" primary key,
  person text collate "C" not null,
  -- The change that it is for; empty where there is none yet.
  change text collate "C" not null,
  title text not null,
  text text not null,
  version integer not null check (version >= 1),
  changed_at bigint not null
);
create index document_draft_person on document_draft (person, changed_at desc);
