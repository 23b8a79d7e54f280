// SPDX-License-Identifier: Apache-2.0
/** Brings what landed while the server was away into its ledger. */
import { emergencyApi, gate } from "@interlock/protocol";
import { type Called, call, type Remote } from "../remote/client.ts";
import type { Asking } from "./ask.ts";
import { markImported, pendingRecords, type WentOn } from "./away.ts";

export type ImportReport = {
  readonly imported: readonly {
    readonly target: string;
    readonly head: string;
    readonly index: number;
    /** Why it does not verify, or `null`. */
    readonly says: string | null;
  }[];
  /** Lines that this version does not understand. */
  readonly unread: number;
  /** How many still wait, on which refs, and why; `null`: none that could be brought. */
  readonly waits: {
    readonly count: number;
    readonly targets: readonly string[];
    readonly because: string;
  } | null;
};

/** How much is brought at once. */
export type Most = {
  readonly records: number;
  /** In milliseconds since 1970 UTC: nothing is waited for beyond it. */
  readonly until?: number;
};

/** Brings the oldest first and stops where the server does not take one. */
export async function importPending(
  gitDir: string,
  { server, token, timeoutMs }: Asking,
  { records: most, until = Number.POSITIVE_INFINITY }: Most,
): Promise<ImportReport> {
  const pending = pendingRecords(gitDir);
  const readable = pending.filter((one) => one !== null);
  const unread = pending.length - readable.length;
  const remote = (): Remote => ({
    ...{ server: server.replace(/\/+$/, ""), secret: token },
    timeoutMs: Math.max(1, Math.min(timeoutMs, until - Date.now())),
  });
  const imported: ImportReport["imported"][number][] = [];
  const waits = (because: string): ImportReport["waits"] => {
    const left = readable.slice(imported.length);
    const targets = [...new Set(left.map(({ record }) => record.place.target))].sort();
    return left.length === 0 ? null : { count: left.length, targets, because };
  };
  for (const one of readable.slice(0, most)) {
    if (Date.now() >= until) break;
    const done = await bring(remote, one);
    if (done.kind !== "answered") {
      const because =
        done.kind === "away" ? done.says : `${done.problem.code}: ${done.problem.detail}`;
      return { imported, unread, waits: waits(because) };
    }
    markImported(gitDir, one.id, done.value.index);
    const { target, head } = one.record.place;
    imported.push({ target, head, index: done.value.index, says: done.value.says });
  }
  const because = "more are brought with the next push, or with `interlock hook import`";
  return { imported, unread, waits: waits(because) };
}

/**
 * The question is asked first: the server then knows the change, so that people can read and review
 * what landed, and the ledger says what would have been decided.
 */
async function bring(
  remote: () => Remote,
  { record, question }: WentOn,
): Promise<Called<{ readonly index: number; readonly says: string | null }>> {
  const asked = await call(remote(), gate, { body: question });
  if (asked.kind === "away") return asked;
  return await call(remote(), emergencyApi.importAway, { body: record });
}
