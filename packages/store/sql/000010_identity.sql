-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 10
-- Identity from outside: sign-in by OpenID Connect, SCIM 2.0, tokens for what CI proves of itself.

-- A session is by a passkey or by an identity provider; only the first can change anything.
alter table session alter column credential drop not null;
alter table session add column issuer text collate "C";
alter table session add constraint session_means check ((credential is null) <> (issuer is null));

-- Which kinds there are is known to the program, which refuses others.
alter table proposal drop constraint proposal_kind_check;
alter table proposal add constraint proposal_kind_check check (kind ~ '^[a-z]{1,40}$');

-- A sign-in that has begun; its state, nonce and code verifier are made from the browser's secret.
create table issuer_flow (
  secret_hash bytea primary key check (octet_length(secret_hash) = 32),
  issuer text not null,
  expires_at bigint not null
);
create index issuer_flow_expires on issuer_flow (expires_at);

create table exchanged_token (
  id text collate "C" primary key,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  repository text not null,
  verbs text[] not null,
  issuer text not null,
  expires_at bigint not null
);
create index exchanged_token_expires on exchanged_token (expires_at);

-- An assertion is exchanged once; its row stays until nobody could show it again.
create table used_assertion (
  hash bytea primary key check (octet_length(hash) = 32),
  expires_at bigint not null
);
create index used_assertion_expires on used_assertion (expires_at);

-- What an identity provider says of a person; who the person is stands in `person`.
create table scim_user (
  id text collate "C" primary key,
  person text collate "C" not null unique references person (id),
  user_name text collate "C" not null,
  user_name_folded text collate "C" not null unique,
  external_id text collate "C",
  display_name text,
  created_at bigint not null,
  changed_at bigint not null
);
create index scim_user_external on scim_user (external_id);

-- In lower case; while one user has an address no other can have it.
create table scim_email (
  email text collate "C" primary key,
  scim_user text collate "C" not null references scim_user (id) on delete cascade,
  type text
);
create index scim_email_user on scim_email (scim_user);

create table scim_group (
  id text collate "C" primary key,
  display_name text not null,
  display_name_folded text collate "C" not null unique,
  external_id text collate "C",
  created_at bigint not null,
  changed_at bigint not null
);
create index scim_group_external on scim_group (external_id);

create table scim_member (
  scim_group text collate "C" not null references scim_group (id) on delete cascade,
  scim_user text collate "C" not null references scim_user (id) on delete cascade,
  primary key (scim_group, scim_user)
);
create index scim_member_user on scim_member (scim_user);

-- What identity providers say is about people too.
drop index ledger_entry_people;
create index ledger_entry_people on ledger_entry (index)
  where kind in ('founding', 'agreement', 'person', 'enrolment', 'revocation',
    'provisioned', 'members', 'teams-claimed');
