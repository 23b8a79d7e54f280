// SPDX-License-Identifier: Apache-2.0
/** Waits for a decision that goes one way or the other. */
import { setTimeout as sleep } from "node:timers/promises";
import { showChange } from "@interlock/protocol";
import type { Answer } from "../hook/answer.ts";
import type { Reply } from "../hook/ask.ts";
import { answerOf, call, type Remote } from "../remote/client.ts";
import { missing } from "./said.ts";

export type Patience = {
  readonly remote: Remote;
  readonly timeoutMs: number;
  /** Told of each change, a line at a time. */
  readonly say: (line: string) => void;
};

const POLL_MS = 3_000;
/**
 * What no listing shows can change a decision too: a window that opens, an environment. Each question
 * is an entry of the ledger, so it is asked for its own sake only that often.
 */
const ASK_AGAIN_MS = 5 * 60_000;

/**
 * Asks until the answer is no hold or the time is up. A listing tells only that it is worth asking
 * again: what comes back is always the gate's own answer.
 */
export async function patiently(
  asking: () => Promise<Reply>,
  { remote, timeoutMs, say }: Patience,
): Promise<Reply> {
  const until = Date.now() + timeoutMs;
  let reply = await asking();
  let said = "";
  for (;;) {
    const line = lineOf(reply);
    if (line !== said) say(line);
    said = line;
    if (!isOpen(reply) || Date.now() >= until) return reply;
    await somethingNew(remote, reply, until);
    reply = await asking();
  }
}

const isOpen = (reply: Reply): boolean =>
  reply.kind === "away" || (reply.kind === "judged" && reply.answer.effective === "hold");

function lineOf(reply: Reply): string {
  if (reply.kind === "away") return `the server is away: ${reply.says}`;
  if (reply.kind === "refused") return `the server does not judge this: ${reply.says}`;
  const { effective, decision } = reply.answer;
  return effective === "hold" ? `hold  waits for ${missing(decision)}` : effective;
}

/** Returns when there is a reason to ask again, or when the time is up. */
async function somethingNew(remote: Remote, reply: Reply, until: number): Promise<void> {
  if (reply.kind !== "judged") return await pause(until);
  const again = Math.min(until, Date.now() + ASK_AGAIN_MS, timeIn(reply.answer));
  do await pause(again);
  while (Date.now() < again && !(await signedSince(remote, reply.answer)));
}

/** A decision knows every signature that stands before it in the ledger. by (nothing-unheard) */
async function signedSince(remote: Remote, { id, index }: Answer): Promise<boolean> {
  const now = await call(remote, showChange, { params: { id } });
  // A server that is away is asked again; one that refuses to show the change ends the wait.
  return now.kind !== "away" && answerOf(now, remote).signatures.some((one) => one.index > index);
}

/** When time itself would change the decision, in this machine's clock. */
function timeIn({ decision: { until } }: Answer): number {
  return until === undefined || until <= Date.now() ? Number.POSITIVE_INFINITY : until;
}

const pause = (until: number): Promise<void> =>
  sleep(Math.min(POLL_MS, Math.max(1, until - Date.now())));
