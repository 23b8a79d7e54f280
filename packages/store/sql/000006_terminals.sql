-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- A terminal that waits for a person (RFC 8628). The user code is no secret: it helps only whoever is
-- signed in, and tells nothing about the device code.
create table device_login (
  device_hash bytea primary key check (octet_length(device_hash) = 32),
  user_code text collate "C" not null unique,
  name text not null,
  address text not null,
  asked_at bigint not null,
  expires_at bigint not null,
  interval_ms bigint not null,
  next_poll_at bigint not null,
  state text not null default 'open' check (state in ('open', 'allowed', 'denied')),
  person text collate "C" references person (id),
  credential text collate "C" references credential (id),
  check ((state = 'open') = (person is null))
);
create index device_login_expires on device_login (expires_at);

-- Apart from `session`, so that no secret of a terminal is ever a browser's.
create table terminal_session (
  id text collate "C" primary key,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  person text collate "C" not null references person (id),
  credential text collate "C" not null references credential (id),
  name text not null,
  address text not null,
  signed_in_at bigint not null,
  expires_at bigint not null,
  ended_at bigint
);
create index terminal_session_person on terminal_session (person) where ended_at is null;
