-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- What keys of targets held when watching began, and what nothing explained since.
create table target_key (
  target text collate "C" not null,
  cell text collate "C" not null,
  key text collate "C" not null,
  -- SHA-256; null: nothing, or it is a stranger's, which is not read.
  sha256 text collate "C",
  -- No config set knows the key.
  stranger boolean not null,
  at bigint not null,
  primary key (target, cell, key)
);

-- When a cell was looked at last, and what stands in the way of the next look.
create table target_look (
  target text collate "C" not null,
  cell text collate "C" not null,
  -- Of the whole cell; null: never yet.
  seen_at bigint,
  tried_at bigint not null,
  says text,
  keys bigint not null,
  strangers bigint not null,
  primary key (target, cell)
);

-- One a value that nothing explained, as its entry says.
create table unrecorded_key (
  index bigint primary key,
  entry text collate "C" not null,
  target text collate "C" not null,
  cell text collate "C" not null,
  key text collate "C" not null,
  before text collate "C",
  after text collate "C",
  because text not null,
  version text,
  at bigint not null,
  closed_at bigint,
  how text
);
create unique index unrecorded_key_open on unrecorded_key (target, cell, key) where closed_at is null;

-- One server looks at a time.
create table target_watcher (
  one boolean primary key check (one),
  owner text collate "C" not null,
  until timestamptz not null
);
