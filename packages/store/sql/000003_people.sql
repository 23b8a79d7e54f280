-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- Secrets stand here as SHA-256 only; whoever reads these tables can sign in as nobody.

-- The organisation and its one site, fixed by the founding for ever.
create table site (
  one boolean primary key default true check (one),
  tenant text not null,
  ledger text not null,
  origin text not null,
  rp_id text not null,
  cooldown_ms bigint not null check (cooldown_ms >= 0),
  founded_at bigint not null
);

-- The set-up secret; gone for good once the organisation is founded.
create table set_up (
  one boolean primary key default true check (one),
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  expires_at bigint not null,
  tenant text
);

create table person (
  id text collate "C" primary key,
  name text not null,
  user_handle bytea not null unique check (octet_length(user_handle) = 32),
  active boolean not null,
  added_at bigint not null
);

-- An account is one person's: the key refuses a second one.
create table person_account (
  account text collate "C" primary key,
  person text collate "C" not null references person (id)
);
create index person_account_person on person_account (person);

-- Points to the enrolment in the ledger, from which alone the key and its owner are read.
create table credential (
  id text collate "C" primary key,
  person text collate "C" not null references person (id),
  enrolment bigint not null unique,
  aaguid text not null,
  sign_count bigint not null,
  revoked_at bigint
);
create index credential_person on credential (person);

-- What people have to agree upon. A founder's is one too, but the set-up secret closes it.
create table proposal (
  id text collate "C" primary key,
  kind text not null
    check (kind in ('founder', 'person', 'key', 'recovery', 'revocation', 'change')),
  person text collate "C" not null,
  name text,
  active boolean,
  accounts text[],
  credential text collate "C",
  reason text not null,
  user_handle bytea check (octet_length(user_handle) = 32),
  secret_hash bytea unique check (octet_length(secret_hash) = 32),
  proposed_by text collate "C",
  proposed_at bigint not null,
  expires_at bigint not null,
  state text not null default 'open' check (state in ('open', 'done', 'withdrawn')),
  check ((kind = 'founder') = (proposed_by is null))
);
create index proposal_open on proposal (expires_at) where state = 'open';

create table proposed_key (
  credential text collate "C" primary key,
  proposal text collate "C" not null references proposal (id) on delete cascade,
  key bytea not null,
  aaguid text not null,
  backup_eligible boolean not null,
  backed_up boolean not null,
  sign_count bigint not null,
  format text not null,
  trust text not null,
  registered_at bigint not null
);
create index proposed_key_proposal on proposed_key (proposal);

-- The assertion is kept byte for byte: over its nonce and the proposal it can be verified again.
create table endorsement (
  proposal text collate "C" not null references proposal (id) on delete cascade,
  person text collate "C" not null references person (id),
  credential text collate "C" not null references credential (id),
  nonce bytea not null,
  client_data bytea not null,
  authenticator_data bytea not null,
  signature bytea not null,
  user_handle bytea,
  at bigint not null,
  primary key (proposal, person)
);

create table challenge (
  nonce_hash bytea primary key check (octet_length(nonce_hash) = 32),
  purpose text not null check (purpose in ('sign-in', 'register', 'endorse')),
  about text collate "C",
  person text collate "C",
  expires_at bigint not null
);
create index challenge_expires on challenge (expires_at);

create table session (
  id text collate "C" primary key,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  person text collate "C" not null references person (id),
  credential text collate "C" not null references credential (id),
  signed_in_at bigint not null,
  expires_at bigint not null,
  ended_at bigint
);
create index session_person on session (person) where ended_at is null;

create table token (
  id text collate "C" primary key,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  name text not null,
  repository text not null,
  verbs text[] not null,
  made_by text collate "C" not null references person (id),
  made_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
