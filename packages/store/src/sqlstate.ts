// SPDX-License-Identifier: Apache-2.0
import pg from "pg";
import { EngineLost } from "./embedded/thread.ts";
import { failed, type StoreFailure, textOf } from "./failure.ts";

/**
 * Whether the server itself said that a statement failed. Anything else (a lost connection, a session
 * that the server ends, which may come after its commit) leaves open what became of it.
 */
export function isCertain(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === "ERROR";
}

/** SQLSTATE of an error that the server sent, else `null`. */
export function sqlState(error: unknown): string | null {
  return error instanceof pg.DatabaseError ? (error.code ?? null) : null;
}

/** A conflict of concurrent transactions, which running again cures. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === SERIALIZATION_FAILURE || state === DEADLOCK_DETECTED || isForgotten(error);
}

/**
 * A statement that a session kept by name is of no use any more: a migration changed what it gives,
 * or something between has changed the session. A new session cures it.
 */
export function isForgotten(error: unknown): boolean {
  const state = sqlState(error);
  return (
    state === UNDEFINED_STATEMENT || (state === UNSUPPORTED && /cached plan/.test(textOf(error)))
  );
}

export const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";
const UNDEFINED_STATEMENT = "26000";
const UNSUPPORTED = "0A000";
const UNIQUE_VIOLATION = "23505";

export function isDuplicate(error: unknown): boolean {
  return sqlState(error) === UNIQUE_VIOLATION;
}

/** What `error` says about the world, or `null` when it is a bug of the caller or of ours. */
export function failureOf(error: unknown): StoreFailure | null {
  const state = sqlState(error);
  const text = textOf(error);
  if (state === null) return isOfConnection(error) ? unreachable(text) : null;
  if (state.startsWith("08") || state.startsWith("57P") || state === "53300")
    return unreachable(text);
  if (state === "55P03" || state === "57014" || state === "25P03" || state === "25P04")
    return failed(
      "STORE_BUSY",
      `the database let a statement wait too long: ${text}`,
      "try again; if it stays, look for a long transaction in `pg_stat_activity`",
    ).failure;
  // Insufficient resources, and errors of the system outside the database (disk full, I/O).
  if (state.startsWith("53") || state.startsWith("58") || state === "XX001" || state === "XX002")
    return unwritable(text);
  if (isConflict(error))
    return failed(
      "STORE_CONFLICT",
      `concurrent transactions kept getting in the way: ${text}`,
      "try again",
    ).failure;
  return null;
}

export function unwritable(text: string): StoreFailure {
  return failed(
    "STORE_UNWRITABLE",
    `the database cannot write: ${text}`,
    "free space on its disk or look at its log, then try again",
  ).failure;
}

export function unreachable(text: string): StoreFailure {
  return failed(
    "STORE_UNREACHABLE",
    `the database cannot be reached: ${text}`,
    "check that it runs and that the URL is right, then try again",
  ).failure;
}

/** Errors of sockets and of `pg` about them have no class of their own. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EACCES",
]);
const CONNECTION_TEXT =
  /^(?:Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/;

function isOfConnection(error: unknown): boolean {
  if (error instanceof EngineLost) return true;
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && CONNECTION_CODES.has(error.code))
    return true;
  return CONNECTION_TEXT.test(error.message);
}
