// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import {
  type Bodies,
  type CompiledPolicy,
  type DecisionRecord,
  FACTS_TAG,
  type Facts,
  isUnknown,
  type Policy,
  SALT_LENGTH,
  type StatementEvidence,
  saltedDigestOf,
  validateFacts,
} from "@interlock/core";
import { type Digest, digestOf, isDigest, sixWords } from "@interlock/digest";
import type { Judged, Place } from "@interlock/protocol";
import type { Store } from "@interlock/store";
import { reviewOf } from "../changes/review.ts";
import type { ExceptionsBook } from "../exceptions/book.ts";
import { debtLeft } from "../exceptions/debt.ts";
import type { Exceptions } from "../exceptions/story.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import { type IdentitySettings, ownTeams } from "../identity/settings.ts";
import { type JudgedBefore, landedEntry } from "../landings/landed.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { prepare } from "../ledger/record.ts";
import type { PeopleBook } from "../people/book.ts";
import { joinPeople, peopleOnce } from "../people/facts.ts";
import type { Hearing } from "./hearing.ts";
import { type Judgement, judge, rulesOf, wantedByPasskey } from "./judge.ts";
import { type Look, openLooking } from "./looking.ts";
import { type GivenPolicy, policyBook, type WrittenPolicies } from "./policies.ts";
import { recordText } from "./record-text.ts";
import { recorder, type ToRecord } from "./recorder.ts";

export type GateTerms = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly now: () => number;
  /** Origin of the page where people read and sign. */
  readonly origin: string;
  readonly book: PeopleBook;
  readonly hearing: Hearing;
  /** Which teams have their source here. */
  readonly identity: IdentitySettings;
  readonly exceptions: ExceptionsBook;
  /** Told of every recorded decision, for counting. */
  readonly decided: (effective: string) => void;
};

export type GateRequest = {
  readonly place: Place;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly policies: readonly GivenPolicy[];
  /** What people said on a forge, re-read from it by this server: never part of what a caller sends. */
  readonly reviews?: StatementEvidence;
  /**
   * Where a forge shows the ref that it is to land on; absent: at its base. `null`: it has landed, and
   * is judged as it did. Never part of what a caller sends.
   */
  readonly tip?: string | null;
};

/** Judges changes for enforcement points. */
export type Gate = (request: GateRequest) => Promise<Answer<Judged>>;

const NO_REVIEWS: StatementEvidence = { approvals: [], rejections: [] };

/** A change about which more is signed than that while it is judged is judged again by its sender. */
const ATTEMPTS = 5;

/**
 * INVARIANT (entry-first): the answer leaves after the decision's entry is durable, together with
 * what `replay` needs.
 * No signature and no withdrawal stands in the ledger before the decision and is not in its facts:
 * when one came in between, the change is judged again. by (nothing-unheard)
 */
export function openGate(terms: GateTerms): Gate {
  const policies = policyBook();
  const save = recorder(terms.store);
  const look = openLooking(terms);
  const people = peopleOnce(terms.identity);
  return async (request) => {
    const { place: asked, facts: given, policies: judging, reviews = NO_REVIEWS } = request;
    const read = policies.read(judging);
    if (!read.ok) return read;
    const facts = factsAt(asked, given);
    if (!facts.ok) return facts;
    const place = { ...asked, environment: facts.value.change.environment };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const decided = await decideNow(terms, place, {
        ...{ facts: facts.value, policies: read.policies, compiled: policies.compiled },
        ...{ reviews, look, people, at: standingOf(request) },
      });
      if (decided === null) return refused(SHORTER);
      const toRecord = recordOf(decided, policies.written(read.policies));
      const recorded = await save(toRecord);
      if (recorded.kind === "failed") return { ok: false, failure: recorded.failure };
      if (recorded.kind === "recorded") {
        terms.decided(decided.judgement.record.decision.effective);
        return { ok: true, value: answerTo(terms, decided, toRecord.entry.id, recorded.index) };
      }
    }
    return refused({
      code: "STORE_CONFLICT",
      message: "people are signing this change at this very moment",
      help: "ask again",
    });
  };
}

type ToJudge = {
  readonly facts: Facts;
  readonly policies: DecisionRecord["policies"];
  readonly compiled: (policy: Policy) => CompiledPolicy;
  readonly reviews: StatementEvidence;
  readonly look: Look;
  readonly people: ReturnType<typeof peopleOnce>;
  readonly at: Standing;
};

/** How a question stands to the ref that it names. */
type Standing = {
  /** Where the ref was seen; `null`: nobody says so who sees it. */
  readonly tip: string | null;
  /** It is about to land there. */
  readonly arriving: boolean;
  readonly landed: boolean;
};

/** A person who shows a change sees no ref, and a ref that is new stands nowhere. by (word-of-a-person) */
function standingOf({ place, policies, tip = place.base }: GateRequest): Standing {
  const shown = policies.some((one) => "shown" in one);
  const arriving = !shown && tip !== null;
  return { tip: arriving && !/^0+$/.test(tip) ? tip : null, arriving, landed: tip === null };
}

async function decideNow(
  { identity, now: clock }: GateTerms,
  place: Place,
  { facts: given, policies, compiled, reviews, look, people, at }: ToJudge,
): Promise<Decided | null> {
  const { digest: claimed } = given.change;
  const digest = isUnknown(claimed) || !isDigest(claimed) ? null : claimed;
  const id = changeId(place, digest);
  const { repository, target, environment } = place;
  const seen = at.tip === null ? null : { repository, target, tip: at.tip };
  const looked = await look({ digest, change: id, seen });
  if (looked === null) return null;
  const { upTo, roster, exceptions, heard, landings, firstSeenAt: seenAt } = looked;
  const now = clock();
  const firstSeenAt = seenAt ?? now;
  const own = people(roster, now);
  const facts = { ...given, people: joinPeople(given.people, own, ownTeams(identity)) };
  const occasion = { change: id, target, environment, now, landed: at.landed };
  const question = { facts, policies, occasion, roster, firstSeenAt, reviews, exceptions };
  const judgement = judge(question, heard, compiled);
  const { arriving } = at;
  return {
    ...{ id, place, digest, now, heard: upTo, firstSeenAt, judgement, exceptions },
    ...{ arriving, landings },
  };
}

/** The facts of a question, when they are facts and speak of the place that is asked about. */
function factsAt(place: Place, given: Readonly<Record<string, unknown>>): Answer<Facts> {
  const validated = validateFacts(given);
  if (!validated.ok) {
    const [first] = validated.problems;
    const message = `the facts do not fit: \`${first?.path}\`: ${first?.message}`;
    return refused({ code: validated.code, message, help: "see `interlock schema facts`" });
  }
  const { facts } = validated;
  const { repository, target, environment } = facts.change;
  const elsewhere = place.environment !== "" && environment !== place.environment;
  if (repository !== place.repository || target !== place.target || elsewhere)
    return refused({
      code: "FACTS_INVALID",
      message: "the facts speak of another repository, target or environment than the request",
      help: "gather them for the place that is asked about",
    });
  return { ok: true, value: facts };
}

const SHORTER: Refusal = {
  code: "LEDGER_BEHIND",
  message: "the ledger is shorter than this server has read it",
  help: "restore the entries; if the older ledger is the one to go on with, start the server again",
};

const refused = (failure: Refusal) => ({ ok: false as const, failure });

/** One content on its way to one place has one id, whoever asks and however often. */
export function changeId(place: Place, digest: Digest | null): string {
  const { repository, target, environment, base, head } = place;
  const content = digest === null ? { base, head } : { digest };
  return digestOf("interlock/change-id/v1", { repository, target, environment, ...content }).slice(
    0,
    20,
  );
}

type Decided = {
  readonly id: string;
  readonly place: Place;
  readonly digest: Digest | null;
  readonly now: number;
  /** Index of the last entry that was heard. */
  readonly heard: number;
  readonly firstSeenAt: number;
  readonly judgement: Judgement;
  readonly exceptions: Exceptions;
  readonly arriving: boolean;
  /** What the ref shows to have landed. */
  readonly landings: readonly JudgedBefore[];
};

function recordOf(given: Decided, policies: WrittenPolicies): ToRecord {
  const { id, place, digest, now, heard, firstSeenAt, judgement, arriving } = given;
  const { decision, facts } = judgement.record;
  const text = recordText(judgement.record, policies.text);
  const { body, factsSalt } = bodyOf(given, { facts: text.facts, judged: policies.judged });
  const entry = prepare({ kind: "decision", at: now, subject: digest, body });
  const owed = debtLeft(judgement, { place, change: id, decision: entry.id }, given.exceptions);
  return {
    ...{ heard, entry, arriving: arriving && digest !== null },
    with: [
      ...(owed === null ? [] : [prepare({ kind: "debt", at: now, subject: digest, body: owed })]),
      ...given.landings.map((landing) => landedEntry(landing, now)),
    ],
    record: { text: text.whole, factsSalt },
    change: {
      ...place,
      ...{ id, digest, subject: facts?.change.subject ?? "", firstSeenAt, judgedAt: now },
      ...{ outcome: decision.outcome, effective: decision.effective, rules: rulesOf(decision) },
      review: reviewOf(judgement.record),
    },
  };
}

function answerTo(
  { origin }: GateTerms,
  { id, digest, judgement }: Decided,
  entry: Digest,
  index: number,
): Judged {
  return {
    ...{ change: id, url: `${origin}/changes/${id}`, index, entry },
    words: digest === null ? [] : [...sixWords(digest)],
    decision: judgement.record.decision as unknown as Record<string, unknown>, // plain data
  };
}

function bodyOf(
  { id, place, judgement }: Decided,
  written: { readonly facts: string; readonly judged: Digest },
): {
  readonly body: Bodies["decision"];
  readonly factsSalt: Uint8Array;
} {
  const { record: stored, counted, waived } = judgement;
  const { decision } = stored satisfies DecisionRecord;
  const factsSalt = new Uint8Array(randomBytes(SALT_LENGTH));
  const { repository, target, environment } = place;
  return {
    factsSalt,
    body: {
      ...{ change: id, repository, target, environment },
      ...{ outcome: decision.outcome, effective: decision.effective },
      decision: decision.digest,
      engine: decision.engine,
      rules: rulesOf(decision),
      policies: [...new Set(decision.policies.filter((one) => one !== ""))].sort(),
      judged: written.judged,
      facts: saltedDigestOf(FACTS_TAG, factsSalt, written.facts),
      counted: counted.map((one) => one.entry).sort(),
      approvals: wantedByPasskey(decision),
      ...(waived.length === 0 ? {} : { waived: waived.map((one) => one.entry).sort() }),
    },
  };
}
