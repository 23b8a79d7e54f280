// SPDX-License-Identifier: Apache-2.0
import type { Statement } from "@interlock/core";

const HOUR_MS = 3_600_000;
/** 2026-03-05T12:00:00Z. */
export const STATEMENT_AT = 1_772_712_000_000;

/** A statement by `ana` that says yes to a change of `refs/heads/main`, for an hour. */
export function statementWith(over: Partial<Statement> = {}): Statement {
  return {
    statement: 1,
    product: "https://approve.example.com",
    ledger: "log.example.com/interlock",
    tenant: "example",
    change: "C-1",
    repository: "repository-1",
    target: "refs/heads/main",
    base: "1".repeat(40),
    head: "2".repeat(40),
    merge: "3".repeat(40),
    digest: "a1".repeat(32),
    environment: "",
    rules: ["b2".repeat(32)],
    naming: [],
    decision: "approve",
    person: "ana",
    credential: "Y3JlZGVudGlhbC1vZi1hbmE",
    issuedAt: STATEMENT_AT,
    expiresAt: STATEMENT_AT + HOUR_MS,
    ...over,
  };
}
