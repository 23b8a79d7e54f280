// SPDX-License-Identifier: Apache-2.0
import type { DecisionRecord } from "@interlock/core";
import {
  askToSign,
  gate as gateEndpoint,
  type Judged,
  listChanges,
  receipt as receiptEndpoint,
  sendBlobs,
  sendContents,
  showBlob,
  showChange,
  showContents,
  sign as signEndpoint,
  submit as submitEndpoint,
} from "@interlock/protocol";
import type { Site } from "@interlock/receipt";
import {
  changeById,
  type Database,
  type Store,
  type StoredChange,
  standingOf,
} from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { ask, NO_CHANGE, recordOf } from "../approvals/ask.ts";
import type { KeyBook } from "../approvals/keys.ts";
import { sign } from "../approvals/sign.ts";
import type { ExceptionsBook } from "../exceptions/book.ts";
import { barredPersons, endedByLanding, type SignedStatement } from "../gate/evidence.ts";
import type { Gate } from "../gate/gate.ts";
import { type Heard, type Hearing, NOTHING_HEARD } from "../gate/hearing.ts";
import type { Actor } from "../http/actor.ts";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PeopleBook } from "../people/book.ts";
import { limiter } from "../people/limits.ts";
import { stoppedAnywhere } from "../rollouts/stopped.ts";
import { contentsStanding, keepBlobs, keepContents, shownBlob, shownContents } from "./contents.ts";
import { queueFor, shownChange, shownReview } from "./queue.ts";
import type { ContentsQuota } from "./quota.ts";
import { receiptOf } from "./receipt.ts";
import { submit } from "./submit.ts";

export type ChangeTerms = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly gate: Gate;
  /** `null` until the organisation is founded: nobody can sign before. */
  readonly site: () => Promise<Site | null>;
  readonly keys: KeyBook;
  readonly book: PeopleBook;
  readonly hearing: Hearing;
  readonly exceptions: ExceptionsBook;
  readonly now: () => number;
  readonly contents: ContentsQuota;
};

/** Changes, what people sign about them, and their receipts. */
export function changeRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: ChangeTerms,
): void {
  const { store, gate } = terms;
  const contentsStand = contentsStanding(store);
  const submissions = limiter(SUBMIT_LIMITS, terms.now);
  bind(app, authenticate, gateEndpoint, async ({ actor, body }) => {
    // A token speaks for one repository; of others it learns nothing (TK1).
    if (actor.kind !== "token" || actor.repository !== body.place.repository) return NOT_HERE;
    return withContents(contentsStand, await gate(body));
  });
  bind(app, authenticate, submitEndpoint, async ({ actor, body }) => {
    const person = personOf(actor);
    if (person === null) return NOT_HERE;
    const wait = submissions(encodeURIComponent(person));
    return wait === null
      ? withContents(contentsStand, await submit(terms, person, body))
      : tooSoon(wait);
  });
  bind(app, authenticate, listChanges, ({ actor, query }) => {
    // A token reads its own repository, whatever it asks for (TK1).
    const { repository = query.repository } = actor.kind === "token" ? actor : {};
    return queueFor(terms, personOf(actor) ?? NOBODY_ASKS, { ...query, repository });
  });
  bind(app, authenticate, showChange, async ({ params, actor }) => {
    const change = await visible(store, params.id, actor);
    return change === null ? NOT_HERE : { ok: true, value: await details(terms, change, actor) };
  });
  bind(app, authenticate, askToSign, async ({ params, actor, body }) => {
    const site = await terms.site();
    const person = personOf(actor);
    if (person === null || site === null) return NOT_HERE;
    return await ask({ ...terms, site }, { ...body, person, change: params.id });
  });
  bind(app, authenticate, signEndpoint, async ({ params, actor, body }) => {
    const site = await terms.site();
    if (actor.kind !== "person" || site === null) return NOT_HERE;
    const { nonce, ...assertion } = body;
    return await sign(
      { ...terms, site },
      { nonce, assertion, person: actor.person, change: params.id },
    );
  });
  bind(app, authenticate, receiptEndpoint, async ({ params, actor }) => {
    const change = await visible(store, params.id, actor);
    return change === null ? NOT_HERE : await receiptOf(store.db, change);
  });
  contentRoutes(app, authenticate, terms);
}

function contentRoutes(app: FastifyInstance, authenticate: Authenticate, terms: ChangeTerms): void {
  bind(app, authenticate, sendContents, ({ actor, params, body }) =>
    keepContents(terms, actor, { ...params, ...body }),
  );
  bind(app, authenticate, sendBlobs, ({ actor, params, body }) =>
    keepBlobs(terms, actor, { ...params, ...body }),
  );
  bind(app, authenticate, showContents, ({ params }) => shownContents(terms.store, params.id));
  bind(app, authenticate, showBlob, ({ params }) => shownBlob(terms.store, params));
}

/** Each leaves a record for good. Somebody who shows what they work on needs a few an hour. */
const SUBMIT_LIMITS = {
  each: { burst: 60, everyMs: 60_000 },
  all: { burst: 600, everyMs: 1_000 },
} as const;

const tooSoon = (waitMs: number): Answer<never> => ({
  ok: false,
  failure: {
    code: "TOO_MANY_REQUESTS",
    message: "you have shown more changes than a person does",
    help: `wait ${Math.ceil(waitMs / 1_000)} s, or push: the gate judges as many as there are`,
  },
});
/** The answer to a question, with whether people can read here what it is about. */
async function withContents(
  contentsStand: ReturnType<typeof contentsStanding>,
  judged: Answer<Judged>,
) {
  if (!judged.ok) return judged;
  const contents = await contentsStand(judged.value.decision["change"]);
  return {
    ok: true as const,
    value: { ...judged.value, ...(contents === null ? {} : { contents }) },
  };
}

const NOT_HERE: Answer<never> = { ok: false, failure: NO_CHANGE };

/** Who asks, in a browser or in a terminal. */
const personOf = (actor: Actor): string | null =>
  actor.kind === "person" || actor.kind === "terminal" ? actor.person : null;

/** A token is nobody, for whom nothing waits. */
const NOBODY_ASKS = "";

/** A change that whoever asks may see: of other repositories a token learns nothing (TK1). */
async function visible(store: Store, id: string, actor: Actor): Promise<StoredChange | null> {
  const change = await changeById(store.db, id);
  const hidden = actor.kind === "token" && change?.repository !== actor.repository;
  return hidden ? null : change;
}

async function details(terms: ChangeTerms, change: StoredChange, actor: Actor) {
  const { store, book, hearing, now } = terms;
  const asking = personOf(actor);
  const person = asking ?? NOBODY_ASKS;
  const record = await recordOf(store, change);
  const roster = await book.at(store.db);
  const { said, landed: last } =
    change.digest === null ? NOTHING_HEARD : await hearing(store.db, change.digest, roster);
  // A change that was judged before it landed shows the approvals that let it land.
  const landed = last !== null && last < change.decisionIndex ? last : null;
  const standing = (await standingOf(store.db, { id: change.id, person, now: now() })) ?? UNSIGNED;
  const again = await whyAgain(store.db, { change: change.id, person, said, landed });
  const { reviewers, reviewersMore } = change.review;
  return {
    change: shownChange(change),
    review: {
      ...shownReview(change, again === null ? standing : { ...standing, mine: null }, person),
      ...{ reviewers: [...reviewers], reviewersMore, again },
    },
    ...plainly(record),
    signatures: said
      .filter(({ statement }) => statement.change === change.id)
      .map(({ entry, index, kind, person: by, at, statement, reason, ended }) => ({
        ...{ entry, index, kind, person: by, at, expiresAt: statement.expiresAt },
        ...{
          reason: reason ?? null,
          ended: ended !== null || hasEnded(landed, { kind, index }),
          waives: statement.waives ?? null,
        },
      })),
    mayApprove:
      asking !== null &&
      change.digest !== null &&
      record?.facts != null &&
      !barredPersons(record.facts)(asking),
  };
}

const hasEnded = (
  landed: number | null,
  { kind, index }: Pick<SignedStatement, "kind" | "index">,
): boolean => (kind === "approval" || kind === "override") && endedByLanding(landed, index);

/** Why what somebody approved takes another approval of theirs; `null`: it does not. */
async function whyAgain(
  db: Database,
  given: { readonly change: string; readonly person: string } & Pick<Heard, "said" | "landed">,
): Promise<"landed" | "stopped" | null> {
  const { change, person, said, landed } = given;
  const own = said.findLast(
    (one) => one.person === person && one.statement.change === change && one.ended === null,
  );
  if (own?.kind !== "approval") return null;
  if (hasEnded(landed, own)) return "landed";
  const stopped = await stoppedAnywhere(db, change);
  return stopped !== null && own.index <= stopped ? "stopped" : null;
}

const UNSIGNED = { given: 0, rejected: 0, mine: null };

/** Decisions and facts are plain data; on the wire nobody knows their types. */
function plainly(record: DecisionRecord | null) {
  const plain = (value: unknown) => value as Record<string, unknown>;
  return record === null
    ? { decision: null, facts: null }
    : {
        decision: plain(record.decision),
        facts: record.facts === null ? null : plain(record.facts),
      };
}
