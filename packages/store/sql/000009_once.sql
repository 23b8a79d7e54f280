-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- Requests that came with an Idempotency-Key, so that one that is sent again is not done again. The
-- answer is sealed with the key, which stands nowhere: whoever reads this table reads no secret in it.
create table once (
  -- Of who asked, what for, and the key.
  id text collate "C" primary key,
  request bytea not null check (octet_length(request) = 32),
  -- Null while it is being done; for good, when nobody knows what became of it.
  answer bytea,
  at bigint not null
);
create index once_at on once (at);
