// SPDX-License-Identifier: Apache-2.0
/**
 * What the entries of the ledger say, a kind at a time. A kind is never renamed; a body only ever
 * gains optional fields, because old entries are rebuilt from their bodies for ever.
 */
import { AGREED_KINDS, isAgreed, isOfText, type ProposalTerms } from "../endorsement.ts";
import { about, bool, count, type Infer, int, list, object, optional, text } from "../schema.ts";
import { problemsOfStatement, STATEMENT, type Statement } from "../statement.ts";
import type { Invalid } from "../validate.ts";
import { DATA_BODIES, RULES_OF_DATA } from "./data.ts";
import { EMERGENCY_KEY, EMERGENCY_SIGNED, LANDED_AWAY } from "./emergency.ts";
import { DEBT_LEFT, INCIDENT, INCIDENT_CLOSED } from "./exceptions.ts";
import { LANDED_BODIES, RULES_OF_LANDED } from "./landed.ts";
import { atLeast, sortedSet } from "./lists.ts";
import { MEMBERS, problemsOfMembers } from "./members.ts";
import { REPLAY_BODIES, RULES_OF_REPLAYS } from "./replays.ts";
import { ROLLOUT_BODIES, RULES_OF_ROLLOUTS } from "./rollouts.ts";
import { REMEDY, RUN, RUN_END, RUN_STEP } from "./runs.ts";
import { RULES_OF_UNRECORDED, UNRECORDED_BODIES } from "./unrecorded.ts";

const person = text({ max: 200 });
const persons = list(person, 20);
const credential = about("credential id", text({ max: 1_400, form: "base64url" }));
const digest = text({ max: 64, form: "digest" });
const entry = about("id of an entry: its leaf hash in the log", digest);
const origin = text({ max: 300, form: "origin" });

/** The ceremony that starts an organisation: on which site its keys live, and who may vouch first. */
const FOUNDING = object({
  tenant: text({ max: 200 }),
  product: origin,
  ledger: text({ max: 255 }),
  rpId: about("the host itself, for ever", text({ max: 253 })),
  origins: list(origin, 5),
  founders: persons,
  cooldownMs: about("how long a key enrolled later cannot approve", count()),
  entries: about("the founders and their keys, which no one had to agree upon", list(entry, 120)),
});

export const ENROLMENT_BASES = ["founding", "endorsed", "recovery"] as const;

/**
 * What people agreed upon, with the signatures of those who did: every entry that gives somebody more
 * than they had points to one, so that whoever owns the database cannot make it up. by (agreed)
 */
const AGREEMENT = object({
  proposal: text({ max: 64 }),
  about: text({ values: AGREED_KINDS }),
  person,
  name: optional(text({ max: 200 })),
  active: optional(bool()),
  accounts: optional(list(text({ max: 400 }), 50)),
  credential: optional(credential),
  described: about("of the text that it agrees upon", optional(digest)),
  reason: text({ max: 2_000 }),
  by: about("who proposed it", person),
  keys: list(object({ credential, keyDigest: digest }), 5),
  endorsements: list(
    object({
      person,
      credential,
      nonce: text({ max: 43, form: "32-bytes" }),
      clientData: text({ max: 11_000, form: "base64url" }),
      authenticatorData: text({ max: 4_000, form: "base64url" }),
      signature: text({ max: 1_400, form: "base64url" }),
      userHandle: optional(text({ max: 86, form: "base64url" })),
    }),
    20,
  ),
});
export type AgreementBody = Infer<typeof AGREEMENT>;

const agreed = about("the entry of the agreement that it carries out", optional(entry));

/** A key becomes a person's. The mapping from credential to person comes from here only. */
const ENROLMENT = object({
  person,
  credential,
  key: about("COSE key", text({ max: 2_800, form: "base64url" })),
  userHandle: text({ max: 86, form: "base64url" }),
  backupEligible: bool(),
  backedUp: bool(),
  signCount: int(0, 2 ** 32 - 1),
  aaguid: text({ max: 32, form: "aaguid" }),
  attestation: object({
    format: text({ max: 32 }),
    trust: text({ values: ["none", "self", "unverified"] }),
  }),
  basis: text({ values: ENROLMENT_BASES }),
  endorsedBy: about("who vouched for it besides its owner", persons),
  usableFrom: about("when its cool-down ends, in milliseconds since 1970 UTC", int(0)),
  agreed,
});

const REVOCATION = object({
  person,
  credential,
  reason: text({ max: 2_000 }),
  by: persons,
  agreed,
});

/** Who somebody is from now on: all accounts, and whether they may act. It replaces what was said before. */
const PERSON_NOW = object({
  person,
  name: text({ max: 200 }),
  active: bool(),
  accounts: about(
    "every account that speaks for this person, sorted",
    list(text({ max: 400 }), 50),
  ),
  by: persons,
  agreed,
});

/** A service account of one repository; it can ask and read, never approve. */
const TOKEN = object({
  token: about("public id, never the secret", text({ max: 64 })),
  name: text({ max: 200 }),
  repository: about("immutable id", text({ max: 400 })),
  verbs: about("sorted", list(text({ max: 40 }), 10)),
  expiresAt: int(0),
  by: person,
  agreed,
});

const TOKEN_REVOKED = object({
  token: text({ max: 64 }),
  reason: text({ max: 2_000 }),
  by: persons,
});

/** A statement and the assertion over it, byte for byte as they were verified. */
const SIGNED = object({
  statement: STATEMENT,
  nonce: text({ max: 43, form: "32-bytes" }),
  clientData: text({ max: 11_000, form: "base64url" }),
  authenticatorData: text({ max: 4_000, form: "base64url" }),
  signature: text({ max: 1_400, form: "base64url" }),
  userHandle: optional(text({ max: 86, form: "base64url" })),
  keyDigest: about("SHA-256 of the COSE key", digest),
  enrolment: entry,
  reason: about("the text whose digest the statement names", optional(text({ max: 2_000 }))),
});
export type Signed = Infer<typeof SIGNED>;

const team = text({ max: 200 });
const issuer = about("as its tokens say it", text({ max: 1_000 }));
const token = about("public id of the token that did it", text({ max: 64 }));

/** What an issuer said of somebody's teams when they signed in there; it replaces what it said before. */
const TEAMS_CLAIMED = object({
  person,
  issuer,
  teams: about("of those that the issuer speaks for, sorted", list(team, 200)),
  goodUntil: int(0),
});

/** A short-lived token for what a CI system proves of one of its runs. */
const EXCHANGE = object({
  token: about("public id, never the secret", text({ max: 64 })),
  issuer,
  subject: about("`sub` of what was shown", text({ max: 1_000 })),
  run: about("`jti` of what was shown", text({ max: 400 })),
  repository: about("immutable id", text({ max: 400 })),
  verbs: about("sorted", list(text({ max: 40 }), 10)),
  expiresAt: int(0),
});

/** What an identity provider made of somebody; it replaces what was said of them before. */
const PROVISIONED = object({
  person,
  name: text({ max: 200 }),
  active: bool(),
  accounts: about("sorted", list(text({ max: 400 }), 50)),
  user: about("id that the provider uses", text({ max: 64 })),
  userName: about("what the provider calls them, or nothing once it let go", text({ max: 400 })),
  token,
  ended: about("tokens of theirs that ended with it, sorted", list(text({ max: 64 }), 1_000)),
});

const OUTCOMES = ["allow", "hold", "deny"] as const;

const DECISION = object({
  change: text({ max: 200 }),
  repository: text({ max: 400 }),
  target: text({ max: 1_000 }),
  environment: text({ max: 100 }),
  outcome: text({ values: OUTCOMES }),
  effective: text({ values: OUTCOMES }),
  decision: about("the decision's digest", digest),
  engine: text({ max: 100 }),
  rules: about("digests of the rules that applied, one a readable policy, sorted", list(digest, 4)),
  policies: about("digests of the readable policies that judged, sorted", list(digest, 4)),
  judged: about("digest of the policies that judged, word for word and with their roles", digest),
  facts: about("salted digest of the facts, which stand beside and can be erased", digest),
  counted: about("entries of the passkey approvals that counted, sorted", list(entry, 50)),
  approvals: about("how many persons the rules wanted by passkey", int(0, 50)),
  waived: about(
    "entries of the overrides that made its waivers, sorted",
    optional(list(entry, 50)),
  ),
});
export type DecisionBody = Infer<typeof DECISION>;

/** A body was erased; its leaf and every proof stay. by (erasable) */
const EXPUNGE = object({ entry, reason: text({ max: 2_000 }), by: persons });

export const BODIES = {
  founding: FOUNDING,
  agreement: AGREEMENT,
  enrolment: ENROLMENT,
  revocation: REVOCATION,
  person: PERSON_NOW,
  token: TOKEN,
  "token-revoked": TOKEN_REVOKED,
  approval: SIGNED,
  rejection: SIGNED,
  withdrawal: SIGNED,
  override: SIGNED,
  "debt-review": SIGNED,
  incident: INCIDENT,
  "incident-closed": INCIDENT_CLOSED,
  debt: DEBT_LEFT,
  decision: DECISION,
  expunge: EXPUNGE,
  remedy: REMEDY,
  run: RUN,
  "run-step": RUN_STEP,
  "run-end": RUN_END,
  "teams-claimed": TEAMS_CLAIMED,
  exchange: EXCHANGE,
  provisioned: PROVISIONED,
  members: MEMBERS,
  "emergency-key": EMERGENCY_KEY,
  emergency: EMERGENCY_SIGNED,
  away: LANDED_AWAY,
  ...DATA_BODIES,
  ...LANDED_BODIES,
  ...REPLAY_BODIES,
  ...ROLLOUT_BODIES,
  ...UNRECORDED_BODIES,
} as const;

export type EntryKind = keyof typeof BODIES;
export type Bodies = { readonly [K in EntryKind]: Infer<(typeof BODIES)[K]> };

export const ENTRY_KINDS: readonly EntryKind[] = Object.keys(BODIES) as EntryKind[]; // its own keys

export function isEntryKind(text: string): text is EntryKind {
  return Object.hasOwn(BODIES, text);
}

/** Which decision a signed entry may carry. */
export const DECISION_OF: Readonly<
  Record<
    "approval" | "rejection" | "withdrawal" | "override" | "debt-review",
    Statement["decision"]
  >
> = {
  approval: "approve",
  rejection: "reject",
  withdrawal: "withdraw",
  override: "override",
  "debt-review": "settle",
};

type Problems = { readonly [K in EntryKind]: (body: Bodies[K]) => readonly Invalid[] };

/** What a schema cannot say, checked after it. */
export const RULES_OF_BODIES: Problems = {
  founding: ({ founders }) => atLeast(founders, 2, "founders"),
  agreement: problemsOfAgreement,
  enrolment: problemsOfEnrolment,
  revocation: ({ by }) => atLeast(by, 1, "by"),
  person: ({ accounts, by }) => [...sortedSet(accounts, "accounts"), ...atLeast(by, 2, "by")],
  token: problemsOfToken,
  "token-revoked": ({ by }) => atLeast(by, 1, "by"),
  approval: (body) => problemsOfSigned("approval", body),
  rejection: (body) => problemsOfSigned("rejection", body),
  withdrawal: (body) => problemsOfSigned("withdrawal", body),
  override: (body) => problemsOfSigned("override", body),
  "debt-review": (body) => problemsOfSigned("debt-review", body),
  incident: ({ systems }) => sortedSet(systems, "systems"),
  "incident-closed": () => [],
  debt: ({ overrides, incidents, teams, by, cause }) => [
    ...sortedSet(overrides, "overrides"),
    ...sortedSet(incidents, "incidents"),
    ...sortedSet(teams, "teams"),
    // Who signed an emergency is in the entry that it names; what `ifDown` let go on nobody signed.
    ...atLeast(by, cause === undefined ? 2 : 0, "by"),
  ],
  decision: ({ rules, policies, counted, waived = [] }) => [
    ...sortedSet(rules, "rules"),
    ...sortedSet(policies, "policies"),
    ...sortedSet(counted, "counted"),
    ...sortedSet(waived, "waived"),
  ],
  expunge: ({ by }) => atLeast(by, 2, "by"),
  remedy: ({ approvals, approvedBy }) => [
    ...sortedSet(approvals, "approvals"),
    ...sortedSet(approvedBy, "approvedBy"),
    ...atLeast(approvedBy, 2, "approvedBy"),
  ],
  run: ({ operator, second }) =>
    operator === second ? [{ path: "second", message: "the operator is no second person" }] : [],
  "run-step": () => [],
  "run-end": () => [],
  "teams-claimed": ({ teams }) => sortedSet(teams, "teams"),
  exchange: ({ verbs }) => sortedSet(verbs, "verbs"),
  provisioned: ({ accounts, ended }) => [
    ...sortedSet(accounts, "accounts"),
    ...sortedSet(ended, "ended"),
  ],
  "emergency-key": ({ by }) => atLeast(by, 2, "by"),
  emergency: () => [],
  away: ({ pushedBy, signers, teams }) => [
    ...sortedSet(pushedBy, "pushedBy"),
    ...sortedSet(signers, "signers"),
    ...sortedSet(teams, "teams"),
  ],
  members: problemsOfMembers,
  ...RULES_OF_DATA,
  ...RULES_OF_LANDED,
  ...RULES_OF_REPLAYS,
  ...RULES_OF_ROLLOUTS,
  ...RULES_OF_UNRECORDED,
};

/** The proposal that an agreement is about, as its endorsers signed it. */
export function termsOf(body: AgreementBody): ProposalTerms {
  const { proposal, person, reason, by, keys } = body;
  return {
    ...{ proposal, kind: body.about, person, reason, by, keys },
    ...{ name: body.name ?? null, active: body.active ?? null },
    ...{ accounts: body.accounts ?? null, credential: body.credential ?? null },
    described: body.described ?? null,
  };
}

function problemsOfAgreement(body: AgreementBody): readonly Invalid[] {
  const names = body.endorsements.map((one) => one.person);
  const enough = isAgreed(termsOf(body), names)
    ? []
    : [{ path: "endorsements", message: "not endorsed by those who have to" }];
  const fits = isOfText(body.about) === (body.described !== undefined);
  const described = { path: "described", message: "of what agrees upon a text, and of each" };
  return [...atLeast(names, 2, "endorsements"), ...enough, ...(fits ? [] : [described])];
}

/** Whoever can say who is active and in which team is made by two. */
function problemsOfToken({ verbs, agreed }: Bodies["token"]): readonly Invalid[] {
  return verbs.includes("scim") && agreed === undefined
    ? [{ path: "agreed", message: "a token for provisioning takes an agreement" }]
    : sortedSet(verbs, "verbs");
}

/** Trust reference B.3: a key needs a second person, a recovery two; nobody vouches for himself. */
function problemsOfEnrolment(body: Bodies["enrolment"]): readonly Invalid[] {
  const others = new Set(body.endorsedBy);
  const problems = atLeast(
    body.endorsedBy,
    { founding: 0, endorsed: 1, recovery: 2 }[body.basis],
    "endorsedBy",
  );
  return others.has(body.person)
    ? [...problems, { path: "endorsedBy", message: "nobody vouches for their own key" }]
    : problems;
}

function problemsOfSigned(kind: keyof typeof DECISION_OF, body: Signed): readonly Invalid[] {
  const { decision, reason } = body.statement;
  const problems = problemsOfStatement(body.statement).map(({ path, message }) => ({
    path: `statement.${path}`,
    message,
  }));
  if (decision !== DECISION_OF[kind])
    problems.push({
      path: "statement.decision",
      message: `\`${decision}\` in an entry of \`${kind}\``,
    });
  if ((reason === undefined) !== (body.reason === undefined))
    problems.push({
      path: "reason",
      message: "the statement and the entry must both have a reason or neither",
    });
  return problems;
}
