-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 12
-- A description of control planes is proposed by the digest of its text, which stands in `document`.
alter table proposal add column described text collate "C";
alter table proposal add constraint proposal_described check ((kind = 'controlplane') = (described is not null));
