-- SPDX-License-Identifier: Apache-2.0
-- A program that knows nothing of debts would let pass what they hold.
-- min-safe-version: 11

alter table signed drop constraint signed_kind_check;
alter table signed add constraint signed_kind_check
  check (kind in ('approval', 'rejection', 'withdrawal', 'override', 'debt-review'));

-- A server reads from these which incidents and debts are open, and looks for new ones at every question.
create index ledger_entry_exceptions on ledger_entry (index)
  where kind in ('incident', 'incident-closed', 'debt', 'debt-review');
