-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- What servers tell each other about forges. All of it but `forge_review` and `forge_account` could be
-- read from the forge again.

-- Deliveries of webhooks that were taken: one that comes again does nothing.
create table forge_delivery (
  forge text collate "C" not null,
  id text collate "C" not null,
  at bigint not null,
  primary key (forge, id)
);
create index forge_delivery_at on forge_delivery (at);

-- One row a subject that is to be looked at, such as a pull request; however many events ask for it.
create table forge_job (
  forge text collate "C" not null,
  repository text collate "C" not null,
  subject text collate "C" not null,
  -- What the event said besides, to be checked: canonical JSON, or empty.
  hint text not null,
  -- Grows with every event: an event that comes while the subject is looked at is not lost.
  wanted bigint not null,
  due_at bigint not null,
  attempts integer not null,
  lease text collate "C",
  leased_until bigint not null,
  primary key (forge, repository, subject)
);
create index forge_job_due on forge_job (forge, due_at);

-- What was judged last of each subject, and what was said to the forge about it.
create table forge_subject (
  forge text collate "C" not null,
  repository text collate "C" not null,
  subject text collate "C" not null,
  hint text not null,
  target text collate "C" not null,
  base text collate "C" not null,
  head text collate "C" not null,
  digest text collate "C",
  effective text collate "C" not null,
  -- The forge's id of the check that was posted for this head, and a digest of what it says.
  posted text collate "C",
  report text collate "C" not null,
  -- The forge's own mark of the state that was read, to find what nobody told us.
  seen text collate "C" not null,
  judged_at bigint not null,
  primary key (forge, repository, subject)
);
create index forge_subject_digest on forge_subject (forge, digest) where digest is not null;

-- The content that a review was about when it was first seen; it never counts for another.
create table forge_review (
  forge text collate "C" not null,
  repository text collate "C" not null,
  review text collate "C" not null,
  head text collate "C" not null,
  digest text collate "C" not null,
  bound_at bigint not null,
  primary key (forge, repository, review)
);

-- A login that is given up can be taken by somebody else; the number behind it stays.
create table forge_account (
  forge text collate "C" not null,
  login text collate "C" not null,
  id text collate "C" not null,
  first_seen_at bigint not null,
  primary key (forge, login)
);

-- Up to which entry of the ledger the signatures were looked at.
create table forge_heard (
  forge text collate "C" primary key,
  index bigint not null
);
