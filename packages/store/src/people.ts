// SPDX-License-Identifier: Apache-2.0
/** Rows of people, keys, proposals, sessions and tokens. What they mean is decided in the server. */
export * from "./people/founding.ts";
export * from "./people/issuers.ts";
export * from "./people/keys.ts";
export * from "./people/persons.ts";
export * from "./people/proposals.ts";
export * from "./people/scim-groups.ts";
export * from "./people/scim-users.ts";
export * from "./people/sessions.ts";
export type { ChallengePurpose, ProposalKind, ProposalState } from "./people/tables.ts";
export * from "./people/terminals.ts";
export * from "./people/tokens.ts";
