// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import {
  type Bodies,
  type DecisionRecord,
  FACTS_TAG,
  type Facts,
  isUnknown,
  judgedDigest,
  SALT_LENGTH,
  saltedDigest,
  validateFacts,
} from "@interlock/core";
import {
  canonicalJson,
  type Digest,
  digestOf,
  isDigest,
  type Json,
  sixWords,
} from "@interlock/digest";
import type { Judged, Place } from "@interlock/protocol";
import {
  changeById,
  entriesBetween,
  ledgerSize,
  type Store,
  saveChange,
  saveDecision,
  signedAbout,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { prepare } from "../ledger/record.ts";
import { statementsOf } from "./evidence.ts";
import { type Judgement, judge, rulesOf, wantedByPasskey } from "./judge.ts";
import { type GivenPolicy, policyBook } from "./policies.ts";

export type GateTerms = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly now: () => number;
  /** Origin of the page where people read and sign. */
  readonly origin: string;
  /** The people of this organisation, joined with those whom the repository knows. */
  readonly joinPeople: (people: Facts["people"]) => Promise<Facts["people"]>;
  /** Told of every recorded decision, for counting. */
  readonly decided: (effective: string) => void;
};

export type GateRequest = {
  readonly place: Place;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly policies: readonly GivenPolicy[];
};

/** Judges changes for enforcement points. */
export type Gate = (request: GateRequest) => Promise<Answer<Judged>>;

/** What may turn an answer while it is being made: whoever takes something back must be heard. */
const TURNING = ["approval", "rejection", "withdrawal", "revocation", "person"];
/** A change about which more is signed than that while it is judged is judged again by its sender. */
const ATTEMPTS = 5;

/**
 * INVARIANT (entry-first): the answer leaves after the decision's entry is durable, together with
 * what `replay` needs.
 * INVARIANT (nothing-unheard): no signature and no withdrawal stands in the ledger before the
 * decision and is not in its facts: when one came in between, the change is judged again.
 */
export function openGate(terms: GateTerms): Gate {
  const policies = policyBook();
  return async ({ place: asked, facts: given, policies: judging }) => {
    const read = policies.read(judging);
    if (!read.ok) return read;
    const joined = await factsAt(terms, asked, given);
    if (!joined.ok) return joined;
    const place = { ...asked, environment: joined.value.change.environment };
    const { digest } = joined.value.change;
    const known = isUnknown(digest) || !isDigest(digest) ? null : digest;
    const id = changeId(place, known);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { db } = terms.store;
      const heard = (await ledgerSize(db)) - 1;
      const now = terms.now();
      const seen = await changeById(db, id);
      const signed = known === null ? [] : statementsOf(await signedAbout(db, known));
      const { target, environment } = place;
      const occasion = { change: id, target, environment, now };
      const question = {
        facts: joined.value,
        policies: read.policies,
        occasion,
        firstSeenAt: seen?.firstSeenAt ?? now,
      };
      const judgement = judge(question, signed, policies.compiled);
      const recorded = await record(terms, { id, place, digest: known, now, heard, judgement });
      if (recorded !== "unheard") return recorded;
    }
    return {
      ok: false,
      failure: {
        code: "STORE_CONFLICT",
        message: "people are signing this change at this very moment",
        help: "ask again",
      },
    };
  };
}

/** Facts as they are judged here: at this place, with this server's people. */
async function factsAt(
  { joinPeople }: GateTerms,
  place: Place,
  given: Readonly<Record<string, unknown>>,
): Promise<Answer<Facts>> {
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
  return { ok: true, value: { ...facts, people: await joinPeople(facts.people) } };
}

const refused = (failure: Refusal) => ({ ok: false as const, failure });

/** One content on its way to one place has one id, whoever asks and however often. */
function changeId(place: Place, digest: Digest | null): string {
  const { repository, target, environment, base, head } = place;
  const content = digest === null ? { base, head } : { digest };
  return digestOf("interlock/change-id/v1", { repository, target, environment, ...content }).slice(
    0,
    20,
  );
}

type ToRecord = {
  readonly id: string;
  readonly place: Place;
  readonly digest: Digest | null;
  readonly now: number;
  /** Index of the last entry that was heard. */
  readonly heard: number;
  readonly judgement: Judgement;
};

async function record(terms: GateTerms, given: ToRecord): Promise<Answer<Judged> | "unheard"> {
  const { store, ledger, origin } = terms;
  const { id, place, digest, now, heard, judgement } = given;
  const { decision } = judgement.record;
  const { body, factsSalt } = bodyOf(given);
  const entry = prepare({ kind: "decision", at: now, subject: digest, body });
  const text = canonicalJson(judgement.record as unknown as Json); // records are plain data
  // `null` rolls back: the change is judged again.
  const outcome = await transaction<number, Refusal | null>(
    store,
    async (tx) => {
      const appended = await ledger.append(tx, [entry]);
      if (!appended.ok) return appended;
      const [index] = appended.value;
      if (index === undefined) throw new Error("invariant broken: one entry has one index");
      // The head's lock is held by now: what stands before this entry is all there will ever be.
      if (await entriesBetween(tx, { after: heard, before: index, kinds: TURNING }))
        return { ok: false, failure: null };
      await saveDecision(tx, {
        index,
        change: id,
        entry: entry.id,
        at: now,
        record: { text, factsSalt },
      });
      await saveChange(tx, {
        ...place,
        ...{ id, digest, subject: judgement.record.facts?.change.subject ?? "" },
        ...{ firstSeenAt: now, judgedAt: now, decisionIndex: index },
        ...{ outcome: decision.outcome, effective: decision.effective, rules: rulesOf(decision) },
      });
      return { ok: true, value: index };
    },
    { isolation: "read committed" },
  );
  if (outcome.kind !== "committed")
    return outcome.failure === null ? "unheard" : refused(outcome.failure);
  terms.decided(decision.effective);
  return {
    ok: true,
    value: {
      ...{ change: id, url: `${origin}/changes/${id}`, index: outcome.value, entry: entry.id },
      words: digest === null ? [] : [...sixWords(digest)],
      decision: decision as unknown as Record<string, unknown>, // plain data
    },
  };
}

function bodyOf({ id, place, judgement }: ToRecord): {
  readonly body: Bodies["decision"];
  readonly factsSalt: Uint8Array;
} {
  const { record: stored, counted } = judgement;
  const { decision, facts, policies } = stored satisfies DecisionRecord;
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
      judged: judgedDigest(policies),
      facts: saltedDigest(FACTS_TAG, factsSalt, facts as unknown as Json), // validated facts
      counted: counted.map((one) => one.stored.entry).sort(),
      approvals: wantedByPasskey(decision),
    },
  };
}
