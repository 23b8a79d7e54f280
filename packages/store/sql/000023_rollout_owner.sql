-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1
-- What a server drives is looked up every second, among all rollouts that ever were.
create index rollout_owner on rollout (lease_owner) where lease_owner is not null;
