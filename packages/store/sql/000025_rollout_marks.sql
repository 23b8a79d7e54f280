-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 25
-- What people said of what a rollout brought: nobody goes back to what is bad, but to what two adopted.
-- A server of before this would begin upon what is bad, and calls the states of newer ones damaged.
create table rollout_mark (
  sequence bigint generated always as identity primary key,
  rollout text collate "C" not null references rollout,
  mark text collate "C" not null check (mark in ('bad', 'adopted')),
  entry text collate "C" not null,
  said_by text collate "C" not null,
  because text not null
);
create index rollout_mark_rollout on rollout_mark (rollout, sequence);

-- A baseline is agreed upon by the digest of its text, as a description and an unwind are.
alter table proposal drop constraint proposal_described;
alter table proposal add constraint proposal_described
  check ((kind in ('controlplane', 'unwind', 'baseline')) = (described is not null));
