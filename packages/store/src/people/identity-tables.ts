// SPDX-License-Identifier: Apache-2.0

/** The tables of `sql/000010_identity.sql`. */
export type IdentityTables = {
  readonly issuer_flow: IssuerFlowRow;
  readonly exchanged_token: ExchangedTokenRow;
  readonly used_assertion: { readonly hash: Buffer; readonly expires_at: number };
  readonly scim_user: ScimUserRow;
  readonly scim_email: ScimEmailRow;
  readonly scim_group: ScimGroupRow;
  readonly scim_member: { readonly scim_group: string; readonly scim_user: string };
};

type IssuerFlowRow = {
  readonly secret_hash: Buffer;
  readonly issuer: string;
  readonly expires_at: number;
};

type ExchangedTokenRow = {
  readonly id: string;
  readonly secret_hash: Buffer;
  readonly repository: string;
  readonly verbs: string[];
  readonly issuer: string;
  readonly expires_at: number;
};

type ScimUserRow = {
  readonly id: string;
  readonly person: string;
  readonly user_name: string;
  readonly user_name_folded: string;
  readonly external_id: string | null;
  readonly display_name: string | null;
  readonly created_at: number;
  readonly changed_at: number;
};

type ScimEmailRow = {
  readonly email: string;
  readonly scim_user: string;
  readonly type: string | null;
};

type ScimGroupRow = {
  readonly id: string;
  readonly display_name: string;
  readonly display_name_folded: string;
  readonly external_id: string | null;
  readonly created_at: number;
  readonly changed_at: number;
};
