-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- A change as enforcement points present it: one content, on its way to one place.
create table change (
  id text collate "C" primary key,
  repository text collate "C" not null,
  target text collate "C" not null,
  environment text collate "C" not null,
  -- The change digest; null where nobody could read the whole change.
  digest text collate "C",
  base text collate "C" not null,
  head text collate "C" not null,
  merge text collate "C" not null,
  subject text not null,
  first_seen_at bigint not null,
  judged_at bigint not null,
  -- Of the newest decision.
  decision_index bigint not null,
  outcome text collate "C" not null,
  effective text collate "C" not null,
  -- Digests of the rules that applied, which a statement names.
  rules text[] not null
);
create index change_newest on change (judged_at desc, id);
create index change_digest on change (digest) where digest is not null;

-- What `replay` needs of a decision. Apart from the entry, so that it can be erased.
create table decision (
  index bigint primary key,
  change text collate "C" not null,
  entry text collate "C" not null unique,
  at bigint not null,
  record text,
  facts_salt bytea,
  check ((record is null) = (facts_salt is null))
);
create index decision_of on decision (change, index desc);

-- A statement that somebody asked to sign: used once, by the person who asked.
create table asked (
  nonce bytea primary key check (octet_length(nonce) = 32),
  person text collate "C" not null,
  change text collate "C" not null,
  statement text not null,
  reason text,
  expires_at bigint not null
);
create index asked_expiry on asked (expires_at);

-- Approvals, rejections and withdrawals, as their entries say.
create table signed (
  index bigint primary key,
  entry text collate "C" not null unique,
  kind text collate "C" not null check (kind in ('approval', 'rejection', 'withdrawal')),
  change text collate "C" not null,
  digest text collate "C" not null,
  person text collate "C" not null,
  enrolment text collate "C" not null,
  statement text not null,
  reason text,
  at bigint not null,
  expires_at bigint not null,
  -- The entry that withdrew or replaced it.
  ended_index bigint
);
create index signed_digest on signed (digest);
create unique index signed_once on signed (change, person, kind)
  where ended_index is null and kind in ('approval', 'rejection');
