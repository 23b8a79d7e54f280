// SPDX-License-Identifier: Apache-2.0
import type { DecisionRecord } from "@interlock/core";
import { sixWords } from "@interlock/digest";
import {
  askToSign,
  gate as gateEndpoint,
  listChanges,
  receipt as receiptEndpoint,
  showChange,
  sign as signEndpoint,
} from "@interlock/protocol";
import type { Site } from "@interlock/receipt";
import { changeById, changesNewestFirst, type Store, type StoredChange } from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { ask, NO_CHANGE, recordOf } from "../approvals/ask.ts";
import type { KeyBook } from "../approvals/keys.ts";
import { sign } from "../approvals/sign.ts";
import { barredPersons } from "../gate/evidence.ts";
import type { Gate } from "../gate/gate.ts";
import type { Hearing } from "../gate/hearing.ts";
import type { Actor } from "../http/actor.ts";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { PeopleBook } from "../people/book.ts";
import { receiptOf } from "./receipt.ts";

export type ChangeTerms = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly gate: Gate;
  /** `null` until the organisation is founded: nobody can sign before. */
  readonly site: () => Promise<Site | null>;
  readonly keys: KeyBook;
  readonly book: PeopleBook;
  readonly hearing: Hearing;
  readonly now: () => number;
};

/** Changes, what people sign about them, and their receipts. */
export function changeRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: ChangeTerms,
): void {
  const { store, gate } = terms;
  bind(app, authenticate, gateEndpoint, async ({ actor, body }) => {
    // A token speaks for one repository; of others it learns nothing (TK1).
    if (actor.kind !== "token" || actor.repository !== body.place.repository) return NOT_HERE;
    return await gate(body);
  });
  bind(app, authenticate, listChanges, async ({ query }) => {
    const before = cursorOf(query.after);
    const changes = await changesNewestFirst(store.db, { before, limit: query.limit + 1 });
    const page = changes.slice(0, query.limit);
    const last = page.at(-1);
    const next =
      changes.length > page.length && last !== undefined ? `${last.judgedAt}-${last.id}` : null;
    return { ok: true, value: { changes: page.map(shown), next } };
  });
  bind(app, authenticate, showChange, async ({ params, actor }) => {
    const change = await changeById(store.db, params.id);
    return change === null ? NOT_HERE : { ok: true, value: await details(terms, change, actor) };
  });
  bind(app, authenticate, askToSign, async ({ params, actor, body }) => {
    const site = await terms.site();
    if (actor.kind !== "person" || site === null) return NOT_HERE;
    return await ask({ ...terms, site }, { ...body, person: actor.person, change: params.id });
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
  bind(app, authenticate, receiptEndpoint, async ({ params }) => {
    const change = await changeById(store.db, params.id);
    return change === null ? NOT_HERE : await receiptOf(store.db, change);
  });
}

const NOT_HERE: Answer<never> = { ok: false, failure: NO_CHANGE };

function cursorOf(after: string | undefined): { readonly at: number; readonly id: string } | null {
  const match = /^([0-9]{1,15})-([0-9a-f]{20})$/.exec(after ?? "");
  return match === null ? null : { at: Number(match[1]), id: match[2] ?? "" };
}

function shown({ decisionIndex: _index, rules: _rules, digest, ...change }: StoredChange) {
  return { ...change, digest, words: digest === null ? [] : [...sixWords(digest)] };
}

async function details({ store, book, hearing }: ChangeTerms, change: StoredChange, actor: Actor) {
  const record = await recordOf(store, change);
  const roster = await book.at(store.db);
  const { said } =
    change.digest === null ? { said: [] } : await hearing(store.db, change.digest, roster);
  return {
    change: shown(change),
    ...plainly(record),
    signatures: said
      .filter(({ statement }) => statement.change === change.id)
      .map(({ entry, index, kind, person, at, statement, reason, ended }) => ({
        ...{ entry, index, kind, person, at, expiresAt: statement.expiresAt },
        ...{ reason: reason ?? null, ended: ended !== null },
      })),
    mayApprove:
      actor.kind === "person" &&
      change.digest !== null &&
      record?.facts != null &&
      !barredPersons(record.facts)(actor.person),
  };
}

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
