-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- What the digest of a change is made of, for people to read what they sign. Apart from the decision:
-- a change is judged without it, and it can be erased without touching a proof.
create table change_contents (
  digest text collate "C" primary key,
  repository text collate "C" not null,
  -- Canonical JSON: entries, attributes, plan and document of the change digest.
  input text not null,
  -- JSON: contents that were not sent, with the reason.
  left_out text not null,
  -- Contents that are still to come, in lower-case hexadecimal, sorted.
  missing text[] not null,
  -- Stored for this change; what the repository had already is not counted.
  bytes bigint not null check (bytes >= 0),
  stored_at bigint not null
);

-- Contents under the SHA-256 of their bytes. A repository has its own, so that whoever speaks for one
-- learns nothing of what another holds.
create table content_blob (
  repository text collate "C" not null,
  sha256 text collate "C" not null,
  bytes bytea not null,
  primary key (repository, sha256)
);

-- What the queue shows of the newest decision. Rows from before have nothing to show.
alter table change add column authors text[] not null default '{}';
alter table change add column files integer not null default 0;
alter table change add column wanted integer not null default 0;
-- Persons whose approvals could count; `reviewers_more`: and others who had no part in the change.
alter table change add column reviewers text[] not null default '{}';
alter table change add column reviewers_more boolean not null default false;
alter table change add column barred text[] not null default '{}';
-- Parts per million; null where nobody measured it.
alter table change add column risk integer;
create index change_first_seen on change (first_seen_at desc, id);
create index change_held on change (first_seen_at desc, id) where effective = 'hold';
create index change_by_risk on change (coalesce(risk, -1) desc, id);
