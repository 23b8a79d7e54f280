-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 20
-- A plan of an unwind is agreed upon by the digest of its text, as a description is.
alter table proposal drop constraint proposal_described;
alter table proposal add constraint proposal_described check ((kind in ('controlplane', 'unwind')) = (described is not null));
create index proposal_unwinds on proposal (proposed_at desc, id) where kind = 'unwind';

-- Every write of a key, in order.
create index target_journal_key on target_journal (target, cell, key, sequence);

-- Leases grow over all rollouts: the fence of a cell is one, whichever rollout writes it.
create sequence rollout_lease as bigint;
select setval('rollout_lease', coalesce((select max(lease) from rollout), 0) + 1, false);
