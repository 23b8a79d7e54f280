// SPDX-License-Identifier: Apache-2.0
/** The keys of a case, described once: the reader knows no others, and editors show the sentences. */
import {
  CHANGE_KINDS,
  DELTA_GROUPS,
  ENVIRONMENTS,
  FACTS,
  FILE_KINDS,
  FILE_STATUSES,
} from "@interlock/core";
import { partialDelta } from "./facts.ts";
import {
  closed,
  DRAFT,
  described,
  flag,
  type JsonSchema,
  listOf,
  oneOf,
  text,
  texts,
} from "./parts.ts";
import { POLICY, POLICY_DEFS } from "./policy.ts";

const OUTCOME = (what: string): JsonSchema => oneOf(["allow", "hold", "deny"], what);
const instant = (what: string): JsonSchema => ({
  type: "string",
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z$",
  description: `${what}, as \`2030-05-02T09:00:00Z\``,
});
const duration = (what: string): JsonSchema => ({
  type: "string",
  pattern: "^\\d{1,9}(ms|s|m|h|d)$",
  description: `${what}, as \`30m\``,
});
const share = (what: string): JsonSchema => ({
  type: "string",
  pattern: "^\\d{1,3}(\\.\\d{1,4})?%$",
  description: `${what}, as \`1%\``,
});
const digest = (what: string): JsonSchema => ({
  type: "string",
  pattern: "^[0-9a-f]{4,64}$",
  description: `${what}; may be cut short`,
});
const whole = (description: string): JsonSchema => ({ type: "integer", description });
const byName = (of: JsonSchema, description: string): JsonSchema => ({
  type: "object",
  additionalProperties: of,
  description,
});
const OF = digest("digest of the change that it is about; that of the change when left out");
const BY = text("`bo` is `email:bo@example.com`; what has a colon is an account as written");
const accounts = (what: string): JsonSchema => texts(`${what}: accounts such as \`bo\``);

export const CHANGE = {
  by: accounts("authors; ana when left out"),
  "committed by": accounts("committers"),
  "co-authored by": accounts("co-authors"),
  "pushed by": accounts("who pushed; the authors when left out"),
  "prompted by": accounts("who prompted an agent"),
  "sponsored by": accounts("who answers for an agent"),
  "rebased by": accounts("who rebased it"),
  "rebased identically by": accounts("who rebased it with a proof that nothing changed"),
  digest: digest("digest of the change"),
  kind: oneOf(CHANGE_KINDS, "`commit` when left out"),
  touches: {
    oneOf: [
      { type: "array", items: { type: "string" } },
      { type: "object", additionalProperties: { $ref: "#/definitions/file" } },
    ],
    description: "paths, or a mapping from a path to what is special about it",
  },
  "lands on": text("`refs/heads/main` when left out"),
  environment: oneOf(ENVIRONMENTS, "`unknown` when left out"),
  gate: texts("parts of the gate that it touches: `policy`, `catalog`, `people`, `owners`, …"),
  reverts: text("the commit that it takes back"),
  subject: text("its first line"),
  ai: oneOf(["declared", "likely", "unknown"], "whether an agent wrote it"),
};
export const FILE = {
  status: oneOf(FILE_STATUSES, "`modified` when left out"),
  kind: oneOf(FILE_KINDS, "`config` when left out"),
  mode: { type: ["string", "integer"], description: "`100644` when left out" },
  "was mode": { type: ["string", "integer"], description: "the same as `mode` when left out" },
  was: text("the old path"),
  binary: flag("neither added nor deleted lines can be counted"),
  added: whole("lines; 1 when left out"),
  deleted: whole("lines; 1 when left out"),
  systems: texts("system ids; all that are given when left out"),
};
export const PERSON = {
  accounts: accounts("further accounts"),
  agents: accounts("agents that this person sponsors"),
  teams: texts("teams"),
  left: flag("true for someone who has left"),
};
export const SYSTEM = {
  tier: { type: "integer", enum: [1, 2, 3, 4], description: "1 is most critical; 3 when left out" },
  owner: text("`payments` when left out; `unknown` when the catalog names none"),
  cells: texts("units that can be changed apart"),
  orders: share("its share of orders"),
  incidents: whole("recent incidents"),
};
export const APPROVAL = {
  by: BY,
  of: OF,
  via: oneOf(["review", "passkey"], "`review` when left out"),
  key: oneOf(["device-bound", "synchronised"], "whether the passkey can leave its device"),
  at: instant("when; a minute ago when left out"),
  until: instant("its end"),
  withdrawn: flag("taken back"),
  in: text("environment"),
  for: text("the ref that it lands on"),
  under: text("`these rules`, `the proposed rules`, `no rules`, or a digest"),
  naming: texts("rules whose finding the statement names, or digests of findings"),
};
export const REJECTION = {
  by: BY,
  of: OF,
  at: instant("when; a minute ago when left out"),
  because: text("its reason"),
  closed: flag("true when it is settled"),
};
const CHECK_STATE = oneOf(["passed", "failed", "skipped", "pending"], "how it came out");
export const CHECK = { name: text("its name"), is: CHECK_STATE, of: OF, from: text("its source") };
export const DOCUMENT = {
  of: OF,
  sections: texts("sections that it has"),
  rehearsed: instant("when the rollback was rehearsed"),
  by: BY,
};
export const STAGING = {
  of: OF,
  cells: whole("cells of the first wave"),
  traffic: share("traffic of the first wave"),
  bake: duration("how long it is watched"),
};
export const TICKET = {
  id: text("`T-1` when left out"),
  in: text("ticket system"),
  of: OF,
  is: oneOf(["open", "closed"], "`open` when left out"),
};
export const WAIVER = {
  rule: text("rule id"),
  of: OF,
  by: accounts("who granted it"),
  because: text("its reason"),
  until: instant("its end; a day from now when left out"),
  "break glass": flag("for an emergency"),
};
export const FREEZE = {
  name: text("shown to people"),
  from: instant("its start"),
  until: instant("its end"),
  systems: texts("every system when left out"),
};
export const CONTEXT = {
  kind: text("such as `traffic` or `live-role`"),
  about: text("`production` when left out"),
  value: text("`yes` when left out"),
  micro: whole("the value in millionths"),
  from: text("its source"),
  by: BY,
  at: instant("when it was observed; a minute ago when left out"),
  "valid for": duration("how long it holds; an hour when left out"),
};
export const GAP = {
  in: text("group of facts, such as `config`"),
  path: text("the file"),
  code: text("`unparsable` when left out"),
};
export const BLAST = {
  systems: whole("systems that it reaches"),
  "tier 1": whole("of them Tier 1"),
  cells: whole("cells"),
  regions: whole("regions"),
  traffic: share("traffic"),
  global: flag("it reaches everything at once"),
};

/** What a case can say is unknown, with its place in the facts document. */
export const LOSABLE: Readonly<Record<string, readonly string[]>> = {
  digest: ["change", "digest"],
  files: ["change", "files"],
  "touched systems": ["change", "systems"],
  contributors: ["change", "contributors"],
  pusher: ["change", "pushedBy"],
  people: ["people"],
  blast: ["blast"],
  approvals: ["evidence", "approvals"],
  checks: ["evidence", "checks"],
  documents: ["evidence", "documents"],
  staging: ["evidence", "staging"],
  tickets: ["evidence", "tickets"],
  calendars: ["calendars"],
  ...Object.fromEntries(DELTA_GROUPS.map((group) => [group, [group]])),
};
const LOST: JsonSchema = { enum: Object.keys(LOSABLE) };

export const EVIDENCE = {
  approvals: listOf(closed(APPROVAL, ["by"]), "statements of people about the change"),
  rejections: listOf(closed(REJECTION, ["by"]), "people who said no"),
  checks: {
    oneOf: [
      { type: "object", additionalProperties: CHECK_STATE },
      { type: "array", items: closed(CHECK, ["name", "is"]) },
    ],
    description: "`{unit: passed}`, or a list where digest or source matter",
  },
  documents: listOf(closed(DOCUMENT, []), "change documents"),
  staging: listOf(closed(STAGING, ["cells", "traffic", "bake"]), "plans of waves"),
  tickets: listOf(closed(TICKET, ["in"]), "tickets that name the change"),
  waivers: listOf(closed(WAIVER, ["rule", "by"]), "exceptions"),
  freezes: listOf(closed(FREEZE, ["name", "from"]), "times in which nothing goes out"),
  "first seen": instant("when the gate first saw the change"),
};

const DELTAS = Object.fromEntries(
  DELTA_GROUPS.map((group) => [
    group,
    listOf({ $ref: "#/definitions/delta" }, FACTS.fields[group].about),
  ]),
);

/** Whatever is left out is harmless: ana changes `billing/rates.csv`, and nothing is approved. */
export const GIVEN = {
  now: instant("the time of the decision; 2 May 2030, 09:00 UTC when left out"),
  change: described("the change", closed(CHANGE, [])),
  owners: byName(texts("owners, `nobody` or `unknown`"), "owners by path; `payments` else"),
  people: byName(closed(PERSON, []), "by name; ana, bo, cy (payments) and dee (search) are there"),
  machines: byName(texts("globs"), "what machine accounts may touch"),
  systems: byName(closed(SYSTEM, []), "the systems that the change touches, by id"),
  ...EVIDENCE,
  context: listOf(closed(CONTEXT, ["kind", "by"]), "live state from outside"),
  gaps: listOf(closed(GAP, ["in"]), "what could not be read"),
  blast: described("how far it reaches", closed(BLAST, [])),
  ...DELTAS,
  unknown: {
    oneOf: [LOST, { type: "array", items: LOST }],
    description: "what could not be had",
  },
};

export const EXPECTED = {
  rule: text("rule id, or `otherwise`"),
  policy: oneOf(["in-force", "proposed"], "which policy says it"),
  requirement: text("kind of requirement, such as `approvals`"),
  state: oneOf(["met", "unmet", "unknown"], "of the requirement"),
  outcome: OUTCOME("of the rule itself"),
  says: text("the whole sentence"),
  contains: text("a part of the sentence"),
  finds: texts("all findings of the rule, in order"),
};
export const THEN = {
  outcome: OUTCOME("as if every rule were enforced"),
  effective: OUTCOME("with the modes of the rules; not looked at when left out"),
  until: instant("when time alone will let it go forward"),
  because: listOf(
    {
      ...closed(EXPECTED, ["rule"]),
      anyOf: ["says", "contains", "finds"].map((key) => ({ required: [key] })),
    },
    "every rule that stands in the way, and what is said",
  ),
  not: texts("rules that must not stand in the way"),
};
const POLICY_OF_CASE: JsonSchema = {
  anyOf: [
    { type: "string" },
    { $ref: "#/definitions/policy" },
    closed({ unreadable: text("why") }, ["unreadable"]),
    closed({ broken: text("a policy that must not load") }, ["broken"]),
  ],
};
const PROPOSED = described("the policy that the change itself brings", POLICY_OF_CASE);
const IN_FORCE = described("left out: the policy under test", POLICY_OF_CASE);
const variations = (outcome: string): JsonSchema =>
  listOf(
    { $ref: "#/definitions/variation" },
    `the same with parts of \`given\` replaced, with the outcome ${outcome}`,
  );

/** What a variation has besides the keys of `given`. */
export const VARIATION = {
  policy: IN_FORCE,
  proposed: PROPOSED,
  says: texts("sentences that some rule then says"),
  effective: OUTCOME("where the modes of the rules make it another"),
};
export const CASE = {
  case: text("what is shown, in one sentence that no other case has"),
  why: text("why it must be so"),
  bypass: listOf({ type: "integer" }, "numbers of `conformance/decide/bypasses.md`"),
  policy: IN_FORCE,
  proposed: PROPOSED,
  given: described("the change and what is known; the rest is harmless", closed(GIVEN, [])),
  // biome-ignore lint/suspicious/noThenProperty: a key of the published form; nothing awaits it
  then: described("what the gate must decide and say", closed(THEN, ["outcome", "because"])),
  "also allows when": variations("allow"),
  "also holds when": variations("hold"),
  "also denies when": variations("deny"),
};

/** The JSON Schema of tests of a policy. */
export function policyTestJsonSchema(): JsonSchema {
  const one = { $ref: "#/definitions/case" };
  return {
    $schema: DRAFT,
    title: "Interlock policy test",
    description: "what is given, and what the policy then decides and says",
    anyOf: [one, { type: "array", items: one, minItems: 1 }],
    definitions: {
      case: closed(CASE, ["case", "why", "given", "then"]),
      variation: closed({ ...GIVEN, ...VARIATION }, []),
      file: closed(FILE, []),
      policy: closed(POLICY, []),
      ...POLICY_DEFS,
      delta: partialDelta(),
    },
  };
}
