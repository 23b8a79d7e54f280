// SPDX-License-Identifier: Apache-2.0
import type { IdentityTables } from "./identity-tables.ts";

/** The tables of `sql/000003_people.sql` and `sql/000006_terminals.sql`. */
export type PeopleTables = {
  readonly site: SiteRow;
  readonly set_up: SetUpRow;
  readonly person: PersonRow;
  readonly person_account: { readonly account: string; readonly person: string };
  readonly credential: CredentialRow;
  readonly proposal: ProposalRow;
  readonly proposed_key: ProposedKeyRow;
  readonly endorsement: EndorsementRow;
  readonly challenge: ChallengeRow;
  readonly session: SessionRow;
  readonly token: TokenRow;
  readonly device_login: DeviceLoginRow;
  readonly terminal_session: TerminalSessionRow;
} & IdentityTables;

type SiteRow = {
  readonly one: boolean;
  readonly tenant: string;
  readonly ledger: string;
  readonly origin: string;
  readonly rp_id: string;
  readonly cooldown_ms: number;
  readonly founded_at: number;
};

type SetUpRow = {
  readonly one: boolean;
  readonly secret_hash: Buffer;
  readonly expires_at: number;
  readonly tenant: string | null;
};

type PersonRow = {
  readonly id: string;
  readonly name: string;
  readonly user_handle: Buffer;
  readonly active: boolean;
  readonly added_at: number;
};

type CredentialRow = {
  readonly id: string;
  readonly person: string;
  readonly enrolment: number;
  readonly aaguid: string;
  readonly sign_count: number;
  readonly revoked_at: number | null;
};

export type ProposalKind =
  | "founder"
  | "person"
  | "key"
  | "recovery"
  | "revocation"
  | "change"
  | "provisioner"
  | "emergency"
  | "controlplane"
  | "unwind"
  | "baseline";
export type ProposalState = "open" | "done" | "withdrawn";

type ProposalRow = {
  readonly id: string;
  readonly kind: ProposalKind;
  readonly person: string;
  readonly name: string | null;
  readonly active: boolean | null;
  readonly accounts: string[] | null;
  readonly credential: string | null;
  readonly described: string | null;
  readonly reason: string;
  readonly user_handle: Buffer | null;
  readonly secret_hash: Buffer | null;
  readonly proposed_by: string | null;
  readonly proposed_at: number;
  readonly expires_at: number;
  readonly state: ProposalState;
};

type ProposedKeyRow = {
  readonly credential: string;
  readonly proposal: string;
  readonly key: Buffer;
  readonly aaguid: string;
  readonly backup_eligible: boolean;
  readonly backed_up: boolean;
  readonly sign_count: number;
  readonly format: string;
  readonly trust: "none" | "self" | "unverified";
  readonly registered_at: number;
};

type EndorsementRow = {
  readonly proposal: string;
  readonly person: string;
  readonly credential: string;
  readonly nonce: Buffer;
  readonly client_data: Buffer;
  readonly authenticator_data: Buffer;
  readonly signature: Buffer;
  readonly user_handle: Buffer | null;
  readonly at: number;
};

export type ChallengePurpose = "sign-in" | "register" | "endorse";

type ChallengeRow = {
  readonly nonce_hash: Buffer;
  readonly purpose: ChallengePurpose;
  readonly about: string | null;
  readonly person: string | null;
  readonly expires_at: number;
};

type SessionRow = {
  readonly id: string;
  readonly secret_hash: Buffer;
  readonly person: string;
  readonly credential: string | null;
  readonly issuer: string | null;
  readonly signed_in_at: number;
  readonly expires_at: number;
  readonly ended_at: number | null;
};

type TokenRow = {
  readonly id: string;
  readonly secret_hash: Buffer;
  readonly name: string;
  readonly repository: string;
  readonly verbs: string[];
  readonly made_by: string;
  readonly made_at: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
};

type DeviceLoginRow = {
  readonly device_hash: Buffer;
  readonly user_code: string;
  readonly name: string;
  readonly address: string;
  readonly asked_at: number;
  readonly expires_at: number;
  readonly interval_ms: number;
  readonly next_poll_at: number;
  readonly state: "open" | "allowed" | "denied";
  readonly person: string | null;
  readonly credential: string | null;
};

type TerminalSessionRow = {
  readonly id: string;
  readonly secret_hash: Buffer;
  readonly person: string;
  readonly credential: string;
  readonly name: string;
  readonly address: string;
  readonly signed_in_at: number;
  readonly expires_at: number;
  readonly ended_at: number | null;
};
