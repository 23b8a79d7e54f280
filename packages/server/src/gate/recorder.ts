// SPDX-License-Identifier: Apache-2.0
import {
  appendDecisions,
  forgetJudgedHeads,
  lockHeadAfter,
  type Store,
  type StoredChange,
  type StoredDecision,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Refusal } from "../http/bind.ts";
import type { Prepared } from "../ledger/record.ts";

/** A decision to be recorded; its index is known only then. */
export type ToRecord = {
  readonly entry: Prepared;
  /** It was judged where it lands. */
  readonly arriving: boolean;
  /** Entries that follow it in the same transaction. */
  readonly with: readonly Prepared[];
  readonly change: Omit<StoredChange, "decisionIndex">;
  readonly record: NonNullable<StoredDecision["record"]>;
  /** Index of the last entry that the decision knows of. */
  readonly heard: number;
};

/** `unheard`: somebody signed or took something back meanwhile; nothing was written. */
export type Recorded =
  | { readonly kind: "recorded"; readonly index: number }
  | { readonly kind: "unheard" }
  | { readonly kind: "failed"; readonly failure: Refusal };

type Caller = ToRecord & {
  readonly answer: (recorded: Recorded) => void;
  readonly fail: (error: unknown) => void;
};

/** What may turn an answer while it is being made: whoever takes something back must be heard. */
const TURNING = [
  ...["approval", "rejection", "withdrawal", "override", "revocation", "person"],
  ...["provisioned", "members", "teams-claimed", "incident-closed", "debt"],
];
/** A record is a few kilobytes, or a few hundred with a large change. */
const TOGETHER = 64;

/**
 * Records decisions, many in one transaction: whoever comes while one is under way shares the next.
 *
 * INVARIANT (nothing-unheard): the head of the ledger is locked before it is asked who has signed
 * since; a decision that does not know of it is not written.
 */
export function recorder(store: Store): (decision: ToRecord) => Promise<Recorded> {
  const forget = forgetting();
  const queue: Caller[] = [];
  let busy = false;
  const run = async (): Promise<void> => {
    while (queue.length > 0) await together(store, queue.splice(0, TOGETHER), forget);
    busy = false;
  };
  return (decision) =>
    new Promise((answer, fail) => {
      queue.push({ ...decision, answer, fail });
      if (busy) return;
      busy = true;
      // After this turn of the event loop, so that those who come together go together.
      setImmediate(() => void run());
    });
}

/** As long as an approval may live, and a day for clocks. */
const REMEMBERED_MS = 31 * 86_400_000;
const FORGET_EVERY_MS = 3_600_000;

type Forget = (tx: Transaction, now: number) => Promise<void>;

/** Now and then; whatever was signed before a landing that is older has expired. */
function forgetting(): Forget {
  let last = 0;
  return async (tx, now) => {
    if (now - last < FORGET_EVERY_MS) return;
    last = now;
    await forgetJudgedHeads(tx, now - REMEMBERED_MS);
  };
}

/** What the database refuses of many is tried one by one, so that nobody spoils it for others. */
async function together(store: Store, callers: readonly Caller[], forget: Forget): Promise<void> {
  let answers: readonly Recorded[];
  try {
    answers = await recordAll(store, callers, forget);
  } catch (error) {
    const [only] = callers;
    if (callers.length === 1) only?.fail(error);
    else for (const caller of callers) await together(store, [caller], forget);
    return;
  }
  for (const [i, caller] of callers.entries()) caller.answer(answers[i] ?? { kind: "unheard" });
}

async function recordAll(
  store: Store,
  callers: readonly Caller[],
  forget: Forget,
): Promise<readonly Recorded[]> {
  const outcome = await transaction<readonly Recorded[], Refusal>(
    store,
    async (tx) => {
      const after = Math.min(...callers.map(({ heard }) => heard));
      const { newest, minSafeVersion } = await lockHeadAfter(tx, { after, kinds: TURNING });
      const superseded = store.version.asks(minSafeVersion);
      if (superseded !== null) return { ok: false, failure: superseded };
      const heard = callers.filter((caller) => caller.heard >= newest);
      const decisions = heard.map(({ entry: { id, entry }, change, record, arriving }) => ({
        ...{ entry, change, arriving },
        decision: { change: change.id, entry: id, at: change.judgedAt, record },
      }));
      const further = heard.flatMap((caller) => caller.with.map(({ entry }) => entry));
      const appended = await appendDecisions(tx, decisions, further);
      if (!appended.ok) return appended;
      await forget(tx, Math.max(...callers.map(({ change }) => change.judgedAt)));
      const placed = new Map(heard.map((caller, i) => [caller, appended.value[i] ?? -1]));
      return {
        ok: true,
        value: callers.map((caller) => {
          const index = placed.get(caller);
          return index === undefined ? { kind: "unheard" } : { kind: "recorded", index };
        }),
      };
    },
    { isolation: "read committed" },
  );
  if (outcome.kind === "committed") return outcome.value;
  return callers.map(() => ({ kind: "failed", failure: outcome.failure }));
}
