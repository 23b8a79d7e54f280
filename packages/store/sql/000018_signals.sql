-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- What a source counted in each cell during one slot; a cell that is not there was not read.
create table signal_slot (
  signal text collate "C" not null,
  -- Milliseconds since 1970, a multiple of the width.
  start bigint not null,
  width bigint not null,
  -- JSON: from the id of a cell to its counts.
  cells text not null,
  primary key (signal, start)
);

-- Last value of each series that was pushed, from which the next one is counted.
create table signal_series (
  signal text collate "C" not null,
  series text collate "C" not null,
  cell text collate "C" not null,
  value double precision not null,
  -- When the series began to count from zero; null where nobody said.
  started bigint,
  at bigint not null,
  primary key (signal, series)
);

-- What was pushed, until its slot is read.
create table signal_pushed (
  signal text collate "C" not null,
  cell text collate "C" not null,
  start bigint not null,
  -- JSON: counts.
  counts text not null,
  primary key (signal, cell, start)
);

-- What is known of a wave of a rollout, after every slot before `next`.
create table analysis (
  rollout text collate "C" not null,
  wave bigint not null,
  system text collate "C" not null,
  running boolean not null,
  next bigint not null,
  state text not null,
  at bigint not null,
  primary key (rollout, wave)
);
create index analysis_running on analysis (system) where running;
