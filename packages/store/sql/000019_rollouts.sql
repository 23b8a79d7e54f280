-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- Rollouts as their drivers keep them. What allowed each step is in the ledger.
create table rollout (
  id text collate "C" primary key,
  -- Id of the change whose contents it brings.
  change text collate "C" not null,
  system text collate "C" not null,
  target text collate "C" not null,
  phase text collate "C" not null,
  -- Canonical JSON of the state machine.
  state text not null,
  revision bigint not null,
  -- Lease and turn in one number; a write of a smaller one is not sent any more.
  fence bigint not null,
  -- When somebody has to look at it next; null: not before somebody acts.
  next_at bigint,
  lease bigint not null,
  lease_owner text collate "C",
  -- In the database's time, which all servers share.
  leased_until timestamptz not null,
  started_by text collate "C" not null,
  started_at bigint not null
);
create index rollout_due on rollout (next_at) where next_at is not null;
create index rollout_newest on rollout (started_at desc, id);
create index rollout_change on rollout (change);
create index rollout_open on rollout (system) where phase in ('proposed', 'running', 'halted', 'going-back');

-- What keys hold, before and after, each content once.
create table rollout_value (
  sha256 text collate "C" primary key,
  bytes bytea not null
);

-- What a key of a cell held when its rollout began, and what it is to hold; null: nothing.
create table rollout_delivery (
  rollout text collate "C" not null references rollout,
  cell text collate "C" not null,
  key text collate "C" not null,
  base text collate "C" references rollout_value,
  next text collate "C" references rollout_value,
  primary key (rollout, cell, key)
);

-- Every write to a target with what it found, durable before it is sent.
create table target_journal (
  sequence bigint generated always as identity primary key,
  change text collate "C" not null,
  rollout text collate "C" not null references rollout,
  target text collate "C" not null,
  cell text collate "C" not null,
  key text collate "C" not null,
  before text collate "C" references rollout_value,
  after text collate "C" references rollout_value,
  -- JSON: the write's id, its way, its idempotency key, its fence and its entry.
  operation text not null,
  at bigint not null,
  -- When the key was read back with this; null: it may never have taken effect.
  confirmed_at bigint
);
create index target_journal_rollout on target_journal (rollout, cell);
create index target_journal_change on target_journal (change, sequence);

-- What one person alone exposed, with the entry that says so. by (solo-ceiling)
create table solo_exposure (
  rollout text collate "C" not null references rollout,
  index bigint not null,
  person text collate "C" not null,
  at bigint not null,
  tier integer not null,
  cells text[] not null,
  traffic_ppm integer not null,
  primary key (rollout, index)
);
create index solo_exposure_person on solo_exposure (person, at);

-- Values that passed a bake in a cell, with the code that read them there.
create table proven_value (
  target text collate "C" not null,
  cell text collate "C" not null,
  key text collate "C" not null,
  -- Empty: the key is not there.
  sha256 text collate "C" not null,
  runs text collate "C" not null,
  rollout text collate "C" not null references rollout,
  entry text collate "C" not null,
  primary key (target, cell, key, sha256, runs, rollout)
);
