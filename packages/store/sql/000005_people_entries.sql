-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- A server reads from these who everybody is, and looks for new ones at every question.
create index ledger_entry_people on ledger_entry (index)
  where kind in ('founding', 'agreement', 'person', 'enrolment', 'revocation');
