// SPDX-License-Identifier: Apache-2.0
import type { Generated } from "kysely";
import type { SignedKind } from "./changes.ts";
import type { ForgeTables } from "./forges/tables.ts";
import type { NoticeCursorRow } from "./notices.ts";
import type { PeopleTables } from "./people/tables.ts";
import type { RefTip, UnrecordedChange } from "./ref-tips.ts";
import type { RolloutTables } from "./rollout-tables.ts";
import type { SignalTables } from "./signals.ts";
import type { TargetWatchTables } from "./target-watch.ts";

/**
 * The tables of `sql/`, by hand: what a column holds once the driver has read it. `bigint` is a number
 * here, and the driver refuses one that a number cannot hold.
 */
export type Tables = {
  readonly schema_migration: SchemaMigration;
  readonly ledger_head: LedgerHead;
  readonly ledger_entry: LedgerEntry;
  readonly ledger_body: LedgerBody;
  readonly ledger_published: LedgerPublished;
  readonly ledger_checkpoint: LedgerCheckpoint;
  readonly ledger_tile: LedgerTile;
  readonly change: Change;
  readonly decision: Decision;
  readonly asked: Asked;
  readonly signed: Signed;
  readonly change_contents: ChangeContents;
  readonly judged_head: JudgedHead;
  readonly ref_tip: RefTip & { readonly repository: string };
  readonly unrecorded_change: UnrecordedChange;
  readonly content_usage: { readonly repository: string; readonly bytes: number };
  readonly content_use: ContentUse;
  readonly content_gone: { readonly digest: string; readonly at: number };
  readonly content_sent: { readonly sender: string; readonly day: number; readonly bytes: number };
  readonly content_blob: ContentBlob;
  readonly once: Once;
  readonly imported: Imported;
  readonly document: DocumentRow;
  readonly notice_cursor: NoticeCursorRow;
  readonly document_draft: DocumentDraft;
} & PeopleTables &
  ForgeTables &
  SignalTables &
  RolloutTables &
  TargetWatchTables;

type JudgedHead = {
  readonly head: string;
  readonly change: string;
  readonly index: number;
  readonly at: number;
};

type SchemaMigration = {
  readonly version: number;
  readonly name: string;
  /** Of the file's bytes, lower-case hexadecimal. */
  readonly sha256: string;
  readonly min_safe_version: number;
  readonly applied_at: number;
};

type LedgerHead = {
  readonly one: boolean;
  readonly next_index: number;
};

type LedgerEntry = {
  readonly index: number;
  readonly leaf: Buffer;
  readonly leaf_hash: Buffer;
  readonly kind: string;
  readonly subject: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
};

type LedgerBody = {
  readonly index: number;
  readonly salt: Buffer | null;
  readonly body: string | null;
  readonly erased_at: number | null;
  readonly erased_reason_index: number | null;
};

type LedgerPublished = {
  readonly one: boolean;
  readonly size: number | null;
};

type LedgerCheckpoint = {
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  readonly published_at: number;
};

type LedgerTile = {
  readonly level: number;
  readonly n: number;
  readonly width: number;
  readonly hashes: Buffer;
};

type Change = {
  readonly id: string;
  readonly repository: string;
  readonly target: string;
  readonly environment: string;
  readonly digest: string | null;
  readonly base: string;
  readonly head: string;
  readonly merge: string;
  readonly subject: string;
  readonly first_seen_at: number;
  readonly judged_at: number;
  readonly decision_index: number;
  readonly outcome: string;
  readonly effective: string;
  readonly rules: string[];
  readonly authors: string[];
  readonly files: number;
  readonly wanted: number;
  readonly reviewers: string[];
  readonly reviewers_more: boolean;
  readonly barred: string[];
  /** Parts per million. */
  readonly risk: number | null;
};

type ContentUse = {
  readonly digest: string;
  readonly repository: string;
  readonly sha256: string;
};

type ChangeContents = {
  readonly digest: string;
  readonly repository: string;
  /** Canonical JSON. */
  readonly input: string;
  /** JSON. */
  readonly left_out: string;
  readonly missing: string[];
  readonly bytes: number;
  readonly stored_at: number;
  readonly listed: Generated<boolean>;
};

type Imported = {
  readonly record: Buffer;
  readonly index: number;
};

type Once = {
  readonly id: string;
  readonly request: Buffer;
  readonly answer: Buffer | null;
  readonly at: number;
};

type ContentBlob = {
  readonly repository: string;
  readonly sha256: string;
  readonly bytes: Buffer;
};

type Decision = {
  readonly index: number;
  readonly change: string;
  readonly entry: string;
  readonly at: number;
  /** Canonical JSON. */
  readonly record: string | null;
  readonly facts_salt: Buffer | null;
};

type Asked = {
  readonly nonce: Buffer;
  readonly person: string;
  readonly change: string;
  readonly statement: string;
  readonly reason: string | null;
  readonly expires_at: number;
};

type Signed = {
  readonly index: number;
  readonly entry: string;
  readonly kind: SignedKind;
  readonly change: string;
  readonly digest: string;
  readonly person: string;
  readonly enrolment: string;
  readonly statement: string;
  readonly reason: string | null;
  readonly at: number;
  readonly expires_at: number;
  readonly ended_index: number | null;
};

type DocumentRow = {
  readonly digest: string;
  readonly text: string;
  readonly added_at: number;
};

type DocumentDraft = {
  readonly id: string;
  readonly person: string;
  readonly change: string;
  readonly title: string;
  readonly text: string;
  readonly version: number;
  readonly changed_at: number;
};
