-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 11
-- What landed, or was signed, while the server was away is imported once; its entry says what it was.
create table imported (
  record bytea primary key check (octet_length(record) = 32),
  index bigint not null
);

-- Emergency keys are about people too.
drop index ledger_entry_people;
create index ledger_entry_people on ledger_entry (index)
  where kind in ('founding', 'agreement', 'person', 'enrolment', 'revocation',
    'provisioned', 'members', 'teams-claimed', 'emergency-key');
