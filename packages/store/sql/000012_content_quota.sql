-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- Bytes of contents that a repository has here, with what its changes are made of; '' is all of them.
-- Its row is locked by whoever adds to or removes from the repository's contents.
create table content_usage (
  repository text collate "C" primary key,
  bytes bigint not null check (bytes >= 0)
);

-- Which contents a change that is kept is made of: one that no change uses is removed.
create table content_use (
  digest text collate "C" not null,
  repository text collate "C" not null,
  sha256 text collate "C" not null,
  primary key (digest, sha256)
);
create index content_use_of on content_use (repository, sha256);

-- Changes whose contents were here and are not any more.
create table content_gone (
  digest text collate "C" primary key,
  at bigint not null
);

-- What a token or a person sent on a day (days since 1970, UTC).
create table content_sent (
  sender text collate "C" not null,
  day bigint not null,
  bytes bigint not null,
  primary key (sender, day)
);

-- Whether the contents of the change stand in `content_use`; programs from before this do not list them.
alter table change_contents add column listed boolean not null default false;
create index change_contents_unlisted on change_contents (repository) where not listed;

insert into content_usage (repository, bytes)
select repository, sum(bytes) from (
  select repository, octet_length(bytes)::bigint as bytes from content_blob
  union all
  select repository, octet_length(input)::bigint + octet_length(left_out) from change_contents
) held group by repository;
insert into content_usage (repository, bytes)
select '', coalesce(sum(bytes), 0) from content_usage;
