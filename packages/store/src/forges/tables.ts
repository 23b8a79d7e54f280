// SPDX-License-Identifier: Apache-2.0
/** The tables of `sql/000008_forges.sql`. */
export type ForgeTables = {
  readonly forge_delivery: { readonly forge: string; readonly id: string; readonly at: number };
  readonly forge_job: JobRow;
  readonly forge_subject: SubjectRow;
  readonly forge_review: ReviewRow;
  readonly forge_account: AccountRow;
  readonly forge_heard: { readonly forge: string; readonly index: number };
};

export type JobRow = {
  readonly forge: string;
  readonly repository: string;
  readonly subject: string;
  readonly hint: string;
  readonly wanted: number;
  readonly due_at: number;
  readonly attempts: number;
  readonly lease: string | null;
  readonly leased_until: number;
};

type SubjectRow = {
  readonly forge: string;
  readonly repository: string;
  readonly subject: string;
  readonly hint: string;
  readonly target: string;
  readonly base: string;
  readonly head: string;
  readonly digest: string | null;
  readonly effective: string;
  readonly posted: string | null;
  readonly report: string;
  readonly seen: string;
  readonly judged_at: number;
};

type ReviewRow = {
  readonly forge: string;
  readonly repository: string;
  readonly review: string;
  readonly head: string;
  readonly digest: string;
  readonly bound_at: number;
};

type AccountRow = {
  readonly forge: string;
  readonly login: string;
  readonly id: string;
  readonly first_seen_at: number;
};
