-- SPDX-License-Identifier: Apache-2.0
-- min-safe-version: 1

-- Changes of a ref in the order in which they were decided last.
create index change_decided on change (repository, target, decision_index);
