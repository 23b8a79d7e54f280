// SPDX-License-Identifier: Apache-2.0
/** What a forge has merged: what people signed for it has let it land. by (approvals-end) */
import {
  dropSubject,
  type ForgeSubject,
  type JudgedSubject,
  lockHead,
  readSubject,
  subjectsAbout,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { landedOnForge } from "../landings/landed.ts";
import type { FromForge } from "./failure.ts";
import type { JobDone } from "./runner.ts";
import type { ForgeTerms } from "./terms.ts";

/** The end of a change on its forge: which head came onto which branch. */
export type Merged = { readonly head: string; readonly branch: string };

/** Asks the forge whether it has merged a change; `null`: it has not. */
export type AskMerged = (subject: string) => Promise<FromForge<Merged | null>>;

/** The entry is written together with the end of the job, which until then is done again. */
export async function mergedInto(
  terms: ForgeTerms,
  subject: ForgeSubject,
  merged: Merged,
): Promise<JobDone> {
  const known = await readSubject(terms.store.db, subject);
  if (known === null) return { kind: "done", again: null };
  return { kind: "done", again: null, save: (tx) => landed(terms, tx, { known, merged }) };
}

type Ended = { readonly known: JudgedSubject; readonly merged: Merged };

async function landed(
  { ledger, now }: ForgeTerms,
  tx: Transaction,
  { known, merged }: Ended,
): Promise<void> {
  const { digest, head, target } = known;
  await lockHead(tx);
  // What was pushed or retargeted since it was judged is another content, which nobody signed for here.
  if (digest !== null && head === merged.head && target === `refs/heads/${merged.branch}`) {
    const appended = await ledger.append(tx, await landedOnForge(tx, { digest, head, at: now() }));
    if (!appended.ok)
      throw new Error(`invariant broken: a landing is no entry: ${appended.failure.message}`);
  }
  await dropSubject(tx, known);
}

/** Of one content on one branch; more changes that bring the same have to be closed first. */
const OTHERS_MAX = 20;

/**
 * Looks whether the forge has merged another change of the same content, whose event is late or lost:
 * without this the second one would go in on what was signed for the first, once that is taken back.
 */
export async function othersSettled(
  terms: ForgeTerms,
  { forge, repository, subject }: ForgeSubject,
  {
    digest,
    target,
    merged,
  }: {
    readonly digest: string;
    readonly target: string;
    readonly merged: AskMerged;
  },
): Promise<Answer<null>> {
  const others = (await subjectsAbout(terms.store.db, forge, [digest])).filter(
    (one) => one.repository === repository && one.target === target && one.subject !== subject,
  );
  if (others.length > OTHERS_MAX) return refused(TOO_MANY);
  for (const known of others) {
    const asked = await merged(known.subject);
    if (!asked.ok && asked.failure.kind !== "absent") return refused(notTold(asked.failure.says));
    const found = asked.ok ? asked.value : null;
    if (found === null) continue;
    const done = await transaction(
      terms.store,
      async (tx) => {
        await landed(terms, tx, { known, merged: found });
        return { ok: true, value: null };
      },
      { isolation: "read committed" },
    );
    if (done.kind !== "committed") return refused(done.failure);
  }
  return { ok: true, value: null };
}

const TOO_MANY: Refusal = {
  code: "OUT_OF_ORDER",
  message: "too many changes bring the same content to one branch",
  help: "close those that are not wanted",
};

const notTold = (says: string): Refusal => ({
  code: "OUT_OF_ORDER",
  message: `the forge does not say whether another change has brought this content: ${says}`,
  help: "it is tried again by itself",
});

const refused = (failure: Refusal) => ({ ok: false as const, failure });
