// SPDX-License-Identifier: Apache-2.0
import { entryId, evidenceOf, leafOf, type Signed, waiversFrom } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import {
  acceptCheckpoint,
  leafHash,
  verifyInclusion,
  type WeighedCheckpoint,
} from "@interlock/tlog";
import { checkEnrolment, checkStatement, type Enrolment, verifySigned } from "./approval.ts";
import { type Receipt, type ReceiptEntry, readReceipt } from "./receipt.ts";
import {
  type Attempted,
  attempt,
  attemptNow,
  passOn,
  type Refusal,
  refuse,
  shown,
} from "./refusal.ts";
import { replayRecord } from "./replay.ts";
import type { Trust } from "./trust.ts";

/** In the order in which they are taken (trust reference B.2). */
export const STEPS = [
  "receipt",
  "checkpoint",
  "inclusion",
  "enrolment",
  "statement",
  "assertion",
  "quorum",
  "replay",
  "absence",
] as const;

/** `not-shown`: nothing is wrong, and nothing is proven either. */
export type Step = {
  readonly step: (typeof STEPS)[number];
  /** Which entry, such as `approval 2`; empty for the receipt as a whole. */
  readonly about: string;
  readonly state: "ok" | "failed" | "not-shown";
  readonly says: string;
  /** Of a failed step. */
  readonly refusal?: Refusal;
};

/** What a receipt has shown; nothing of it is given when a step failed. */
export type Shown = {
  /** Change digest. */
  readonly change: string | null;
  readonly effective: "allow" | "hold" | "deny" | null;
  readonly at: number;
  readonly index: number;
  /** Persons whose signatures counted, sorted. */
  readonly approvedBy: readonly string[];
  /** Persons whose overrides made its waivers, sorted. */
  readonly waivedBy: readonly string[];
  readonly assurance: string;
};

/**
 * `partly`: nothing failed, but the decision, an approval or an enrolment was erased, so that less
 * is shown than a decision needs.
 */
export type ReceiptOutcome =
  | {
      readonly verdict: "verified" | "partly";
      readonly shown: Shown;
      readonly steps: readonly Step[];
    }
  | { readonly verdict: "failed"; readonly steps: readonly Step[] };

/**
 * Verifies a receipt offline: what it carries, and what the reader trusts, and nothing else. After
 * a failure the remaining steps are not taken.
 */
export async function verifyReceipt(bytes: Uint8Array, trust: Trust): Promise<ReceiptOutcome> {
  const read = attemptNow(() => readReceipt(bytes));
  if (!read.ok) return { verdict: "failed", steps: [failed("receipt", "", read.refusal)] };
  const receipt = read.value;
  const opened = await openTree(receipt, trust);
  const steps: Step[] = [ok("receipt", "", "it is whole and has one reading")];
  if (!opened.ok)
    return { verdict: "failed", steps: [...steps, failed("checkpoint", "", opened.refusal)] };
  const tree = opened.value;
  const { origin, size } = tree.checkpoint;
  const signed = `the log ${shown(origin)} signed a tree of ${size} entries`;
  steps.push(ok("checkpoint", "", `${signed}; ${tree.assurance.says}`));
  const counted: Counted = { approvals: [], overrides: [] };
  for (const { step, about, run } of plan(receipt, tree, trust, counted)) {
    const result = await attempt(run);
    if (!result.ok)
      return { verdict: "failed", steps: [...steps, failed(step, about, result.refusal)] };
    steps.push({ step, about, ...result.value });
  }
  return { verdict: verdictOf(receipt), shown: shownBy(receipt, tree, counted), steps };
}

type Found = { readonly state: "ok" | "not-shown"; readonly says: string };
type Planned = {
  readonly step: Step["step"];
  readonly about: string;
  readonly run: () => Promise<Found>;
};

const shows = (says: string): Found => ({ state: "ok", says });
const showsNot = (says: string): Found => ({ state: "not-shown", says });

function plan(
  receipt: Receipt,
  tree: WeighedCheckpoint,
  trust: Trust,
  counted: Counted,
): readonly Planned[] {
  const { decision, approvals, overrides, enrolments } = receipt;
  const all = [
    { about: "decision", entry: decision },
    ...enrolments.map((entry, i) => ({ about: `enrolment ${i + 1}`, entry })),
    ...approvals.map((entry, i) => ({ about: `approval ${i + 1}`, entry })),
    ...overrides.map((entry, i) => ({ about: `override ${i + 1}`, entry })),
  ];
  const steps: Planned[] = all.map(({ about, entry }) => ({
    step: "inclusion",
    about,
    run: async () => include(entry, receipt, tree),
  }));
  const signed = [
    ...approvals.map((one, i) => ({ about: `approval ${i + 1}`, one, into: counted.approvals })),
    ...overrides.map((one, i) => ({ about: `override ${i + 1}`, one, into: counted.overrides })),
  ];
  for (const { about, one, into } of signed) {
    const given = { receipt, approval: one, trust, into };
    steps.push({ step: "enrolment", about, run: async () => judgeEnrolment(given) });
    steps.push({ step: "statement", about, run: async () => judgeStatement(given) });
    steps.push({ step: "assertion", about, run: () => judgeAssertion(given) });
  }
  steps.push({ step: "quorum", about: "decision", run: async () => judgeQuorum(receipt, counted) });
  steps.push({ step: "replay", about: "decision", run: async () => judgeReplay(receipt, counted) });
  steps.push({ step: "absence", about: "", run: async () => showsNot(ABSENCE) });
  return steps;
}

/** A proof shows what is in the log. What is not in it, only the whole log shows. */
const ABSENCE =
  "that no key was revoked, nothing signed withdrawn, nothing rejected and no incident closed before the decision: only the whole log shows it";

async function openTree(receipt: Receipt, trust: Trust): Promise<Attempted<WeighedCheckpoint>> {
  return await attempt(async () => {
    const weighed = await acceptCheckpoint(trust.policy, receipt.checkpoint, trust.weigh);
    if (!weighed.ok) return refuse("checkpoint-refused", weighed.failure.message);
    const { origin } = weighed.value.checkpoint;
    if (origin !== trust.site.ledger) refuse("ledger-differs", shown(origin));
    return weighed.value;
  });
}

type AnyEntry =
  | ReceiptEntry<"decision">
  | ReceiptEntry<"approval">
  | ReceiptEntry<"override">
  | ReceiptEntry<"enrolment">;

/** Filled by the last step of each signature, once all before it have passed. */
type Counted = { readonly approvals: Signed[]; readonly overrides: Signed[] };

const allOf = ({ decision, approvals, overrides, enrolments }: Receipt): readonly AnyEntry[] => [
  ...[decision, ...approvals],
  ...[...overrides, ...enrolments],
];

function include(item: AnyEntry, receipt: Receipt, tree: WeighedCheckpoint): Found {
  if (allOf(receipt).filter((other) => other.index === item.index).length > 1)
    refuse("entry-twice");
  const { size, root } = tree.checkpoint;
  const { index, proof } = item;
  const claim = { leafHash: leafHash(leafOf(item.entry)), index, size, root, proof };
  const included = verifyInclusion(claim);
  if (!included.ok) return refuse("entry-not-in-log", included.failure.message);
  const what = item.body === null ? "its content was erased, and it" : "its content";
  return shows(`${what} is entry ${item.index} of the log`);
}

type ApprovalCase = {
  readonly receipt: Receipt;
  readonly approval: ReceiptEntry<"approval"> | ReceiptEntry<"override">;
  readonly trust: Trust;
  readonly into: Signed[];
};

const ERASED = "the content was erased, so nothing more is shown of it";

function enrolmentFor({ receipt, approval }: ApprovalCase): Enrolment | "erased" {
  const wanted = approval.body?.enrolment;
  const item = receipt.enrolments.find(({ entry }) => entryId(entry) === wanted);
  if (item === undefined) return refuse("enrolment-missing");
  return item.body === null ? "erased" : { entry: item.entry, index: item.index, body: item.body };
}

function judgeEnrolment(given: ApprovalCase): Found {
  const { body, entry, index } = given.approval;
  if (body === null) return showsNot(ERASED);
  const enrolment = enrolmentFor(given);
  if (enrolment === "erased") return showsNot(`the enrolment: ${ERASED}`);
  checkEnrolment(body, enrolment, { at: entry.at, index });
  const who = shown(body.statement.person);
  return shows(`the key was enrolled for ${who} in entry ${enrolment.index}, before it was used`);
}

function judgeStatement({ receipt, approval, trust }: ApprovalCase): Found {
  const { body, entry } = approval;
  if (body === null) return showsNot(ERASED);
  const { statement } = body;
  checkStatement(statement, trust.site, entry.at);
  const { decision } = receipt;
  if (entry.subject !== statement.digest || entry.subject !== decision.entry.subject)
    refuse("statement-for-another");
  if (approval.index >= decision.index || entry.at > decision.entry.at)
    refuse("statement-out-of-time", "recorded after the decision");
  if (decision.entry.at >= statement.expiresAt)
    refuse("statement-out-of-time", "expired before the decision");
  const wanted = decision.body;
  if (wanted === null) return shows("it is about the change that was decided");
  const bound =
    statement.change === wanted.change &&
    statement.repository === wanted.repository &&
    statement.target === wanted.target &&
    (statement.environment === "" || statement.environment === wanted.environment) &&
    wanted.rules.length > 0 &&
    wanted.rules.every((rules) => statement.rules.includes(rules));
  if (!bound) refuse("statement-for-another");
  return shows(
    "it is about the change that was decided, where it landed and the rules that applied",
  );
}

async function judgeAssertion(given: ApprovalCase): Promise<Found> {
  const { approval, trust, into } = given;
  if (approval.body === null) return showsNot(ERASED);
  const enrolment = enrolmentFor(given);
  if (enrolment === "erased") return showsNot(`the enrolment: ${ERASED}`);
  const verdict = await verifySigned(approval.body, enrolment.body, trust.site);
  if (verdict.kind === "refused") return passOn(verdict.refusal);
  if (verdict.kind === "held") return passOn(verdict.alert);
  into.push(approval.body);
  const key = enrolment.body.backupEligible
    ? "a passkey that can be synchronised"
    : "a device-bound passkey";
  return shows(`${shown(verdict.facts.person)} signed exactly this statement with ${key}`);
}

function judgeQuorum(receipt: Receipt, counted: Counted): Found {
  const { body } = receipt.decision;
  if (body === null) return showsNot(`the decision: ${ERASED}`);
  const { approvals, overrides } = receipt;
  if (idsOf(approvals) !== body.counted.join() || idsOf(overrides) !== (body.waived ?? []).join())
    refuse("counted-differs");
  const persons = personsOf(counted.approvals);
  if (counted.approvals.length + counted.overrides.length < approvals.length + overrides.length)
    return showsNot("who approved: the content of an approval or of an enrolment was erased");
  if (body.effective !== "allow")
    return showsNot(`the answer was ${body.effective}: nothing went forward`);
  if (persons.length < body.approvals)
    refuse("quorum-missing", `${persons.length} of ${body.approvals}`);
  const who = persons.length === 0 ? "nobody" : persons.map(shown).join(", ");
  const waived = personsOf(counted.overrides).map(shown).join(", ");
  const besides = waived === "" ? "" : `; rules were waived by ${waived}`;
  return shows(`${body.approvals} approvals by passkey were wanted; signed by ${who}${besides}`);
}

const idsOf = (entries: readonly AnyEntry[]): string =>
  entries
    .map(({ entry }) => entryId(entry))
    .sort()
    .join();

function judgeReplay(receipt: Receipt, counted: Counted): Found {
  const { decision, record, approvals } = receipt;
  if (decision.body === null) return showsNot(`the decision: ${ERASED}`);
  if (record === null)
    return showsNot(
      "that nobody who signed had a part in the change: the facts are not in this receipt",
    );
  const evidence = approvals.flatMap(({ body, entry }) =>
    body === null || !counted.approvals.includes(body)
      ? []
      : approvalsOf(receipt, { body, at: entry.at }),
  );
  const waivers = waiversFrom(counted.overrides).map(({ waiver }) => waiver);
  const signed = new Set([...evidence, ...waivers].map((one) => canonicalJson(one as Json)));
  const replayed = replayRecord(record, { ...decision, body: decision.body }, signed);
  return replayed === "erased"
    ? showsNot("the facts were erased: the decision is proven and can no longer be made again")
    : shows("deciding again from the same facts and policies gives the same answer");
}

/**
 * The evidence of an approval; also as it was before facts said of which kind a key is. Such a one
 * counts for less, never for more.
 */
function approvalsOf(
  receipt: Receipt,
  { body, at }: { readonly body: Signed; readonly at: number },
): readonly object[] {
  const enrolled = receipt.enrolments.find(({ entry }) => entryId(entry) === body.enrolment)?.body;
  if (enrolled == null) return [];
  const recorded = { at, ended: false, reason: "", backupEligible: enrolled.backupEligible };
  return evidenceOf(body.statement, recorded).approvals.flatMap(({ key, ...without }) => [
    { ...without, key },
    without,
  ]);
}

function verdictOf(receipt: Receipt): "verified" | "partly" {
  return allOf(receipt).some(({ body }) => body === null) ? "partly" : "verified";
}

function shownBy({ decision }: Receipt, tree: WeighedCheckpoint, counted: Counted): Shown {
  return {
    change: decision.entry.subject,
    effective: decision.body?.effective ?? null,
    at: decision.entry.at,
    index: decision.index,
    approvedBy: decision.body === null ? [] : personsOf(counted.approvals),
    waivedBy: decision.body === null ? [] : personsOf(counted.overrides),
    assurance: tree.assurance.says,
  };
}

const personsOf = (signed: readonly Signed[]): readonly string[] =>
  [...new Set(signed.map(({ statement }) => statement.person))].sort();

const ok = (step: Step["step"], about: string, says: string): Step => ({
  step,
  about,
  state: "ok",
  says,
});

const failed = (step: Step["step"], about: string, refusal: Refusal): Step => ({
  step,
  about,
  state: "failed",
  says: refusal.says,
  refusal,
});
