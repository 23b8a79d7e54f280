// SPDX-License-Identifier: Apache-2.0
import {
  about,
  bool,
  count,
  type Infer,
  int,
  list,
  object,
  optional,
  text,
  unknowable,
} from "../schema.ts";

export const VIA = ["review", "passkey"] as const;
const KEY_KINDS = ["device-bound", "synchronised"] as const;

/** A person's signed statement about one digest. Supporting evidence. */
export const APPROVAL = object({
  by: about("the account that signed", text({ max: 400 })),
  digest: about("the change digest that was reviewed", text({ max: 64 })),
  via: text({ values: VIA }),
  at: int(),
  expiresAt: optional(int()),
  withdrawn: bool(),
  environment: about("empty: any environment of this target", text({ max: 100 })),
  target: about("the ref it was given for", text({ max: 1_000 })),
  rules: about(
    "digest of the rules that applied when it was given, if its statement names them",
    optional(text({ max: 64 })),
  ),
  naming: about("ids of the findings that its statement names", list(text({ max: 64 }), 1_000)),
  key: about(
    "whether the passkey can leave its device, as its enrolment says; absent: nobody says",
    optional(text({ values: KEY_KINDS })),
  ),
});
export type Approval = Infer<typeof APPROVAL>;

/** Opposing evidence: it is closed only by its own recorded act. */
export const REJECTION = object({
  by: text({ max: 400 }),
  digest: text({ max: 64 }),
  at: int(),
  reason: text({ max: 2_000 }),
  closed: about("closed by the person who rejected", bool()),
});
export type Rejection = Infer<typeof REJECTION>;

export const CHECK = object({
  name: text({ max: 200 }),
  state: text({ values: ["passed", "failed", "skipped", "pending"] }),
  digest: about("the change digest that was checked", text({ max: 64 })),
  source: about("the system that reports it", text({ max: 400 })),
});
export type Check = Infer<typeof CHECK>;

export const DOCUMENT = object({
  digest: text({ max: 64 }),
  change: about("the change digest it documents", text({ max: 64 })),
  sections: list(text({ max: 100 }), 100),
  rehearsedAt: about("when its rollback was last rehearsed", optional(int())),
  by: text({ max: 400 }),
  findings: about("ids of what its lint found, sorted", optional(list(text({ max: 64 }), 100))),
});
export type DocumentFact = Infer<typeof DOCUMENT>;

export const STAGING = object({
  digest: text({ max: 64 }),
  firstWaveCells: count(),
  firstWaveTrafficPpm: int(0, 1_000_000),
  bakeMs: count(),
});
export type Staging = Infer<typeof STAGING>;

export const TICKET = object({
  id: text({ max: 200 }),
  system: text({ max: 200 }),
  change: text({ max: 64 }),
  state: text({ values: ["open", "closed"] }),
});
export type Ticket = Infer<typeof TICKET>;

/** A scoped, expiring exception. Supporting evidence for one rule and one digest. */
export const WAIVER = object({
  rule: text({ max: 200 }),
  digest: text({ max: 64 }),
  by: about(
    "accounts that signed it; two distinct persons are needed",
    list(text({ max: 400 }), 20),
  ),
  reason: text({ max: 2_000 }),
  expiresAt: int(),
  breakGlass: about("the emergency form, which leaves a debt and alone may pass a denial", bool()),
});
export type Waiver = Infer<typeof WAIVER>;

/** What a break-glass left behind until two people have reviewed it. Opposing evidence. */
export const DEBT = object({
  entry: about("the entry of the ledger that records it", text({ max: 64 })),
  teams: about(
    "owners of what went forward, sorted; empty: nobody knows whose it is, and it holds everybody",
    list(text({ max: 200 }), 100),
  ),
  at: int(),
});
export type Debt = Infer<typeof DEBT>;

/** A time in which nothing goes out. Opposing evidence. */
export const FREEZE = object({
  name: text({ max: 200 }),
  from: int(),
  until: about("absent: until somebody ends it", optional(int())),
  systems: about("empty: every system", list(text({ max: 200 }), 1_000)),
});
export type Freeze = Infer<typeof FREEZE>;

export const EVIDENCE = object({
  approvals: unknowable(list(APPROVAL, 1_000)),
  rejections: list(REJECTION, 1_000),
  checks: unknowable(list(CHECK, 1_000)),
  documents: unknowable(list(DOCUMENT, 100)),
  staging: unknowable(list(STAGING, 100)),
  tickets: unknowable(list(TICKET, 100)),
  waivers: list(WAIVER, 100),
  freezes: list(FREEZE, 100),
  debts: about("open ones only", optional(list(DEBT, 200))),
  landed: about(
    "index of the ledger's entry that this very content had landed, which ended approvals",
    optional(int(0)),
  ),
  firstSeenAt: about("when this digest was first seen, for cool-downs", optional(int())),
});
export type Evidence = Infer<typeof EVIDENCE>;
