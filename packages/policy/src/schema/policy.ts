// SPDX-License-Identifier: Apache-2.0
/** The fields of a policy, described once: the loader knows no others, and editors show the sentences. */
import { AWAY, MODES, THEN } from "@interlock/core";
import { closed, DRAFT, described, flag, type JsonSchema, listOf, text, texts } from "./parts.ts";

const MODE: JsonSchema = {
  enum: MODES,
  description: "`observe` records, `warn` says it, `enforce` holds",
};
const duration = (what: string): JsonSchema => ({
  type: "string",
  pattern: "^([0-9]+(ms|s|m|h|d|w))+$",
  description: `${what}: a number and a unit, such as \`30m\`, \`24h\`, \`90d\``,
});
const instant = (what: string): JsonSchema =>
  text(`${what}: \`2026-12-24T18:00:00Z\` or \`2026-12-24 18:00 Europe/Berlin\``);
const atLeastOne = (description: string): JsonSchema => ({
  type: "integer",
  minimum: 1,
  description,
});
export const APPROVALS = {
  count: atLeastOne("how many natural persons, none of them a contributor; 1 when left out"),
  from: text("`owners` (also when left out), `anyone` or `team:NAME`"),
  distinct: { enum: ["teams"], description: "`teams`: the approvers come from different teams" },
  via: {
    enum: ["review", "passkey"],
    description: "`passkey`: signed by a person's own device; `review` when left out",
  },
  keys: {
    enum: ["any", "device-bound"],
    description:
      "`device-bound`: by a passkey that no cloud account can restore; every one when left out",
  },
};
export const DOCUMENT = { sections: texts("sections that the change document must have") };
export const FIRST_WAVE = {
  cells: atLeastOne("at most so many cells"),
  traffic: text("at most this share of traffic, such as `1%`"),
};
export const STAGED = {
  firstWave: described("how far the first wave may reach", closed(FIRST_WAVE, [])),
  bake: duration("how long it is watched before it goes on"),
};
export const ROLLBACK = { rehearsedWithin: duration("how long ago a rehearsal may be") };
export const TICKET = { systems: texts("ticket systems; in any one when left out") };

export const REQUIREMENT = {
  approvals: described("approvals of exactly this change", {
    oneOf: [{ type: "integer", minimum: 1 }, closed(APPROVALS, [])],
  }),
  document: described("a change document, with these sections", {
    oneOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, closed(DOCUMENT, [])],
  }),
  check: texts("checks that must have passed; `name@source` when only that source counts"),
  staged: described("it goes out in waves", closed(STAGED, [])),
  window: texts("calendars that must be open"),
  rollback: described("a rollback that was rehearsed", closed(ROLLBACK, ["rehearsedWithin"])),
  ticket: described("an open ticket that names the change", {
    oneOf: [
      { const: true },
      { type: "string" },
      { type: "array", items: { type: "string" } },
      closed(TICKET, []),
    ],
  }),
  cooldown: duration("how long ago the gate must have first seen the change"),
  deny: texts("why nothing can meet it"),
};
const requirements = (description: string): JsonSchema => ({
  oneOf: [
    { type: "array", items: { $ref: "#/definitions/requirement" } },
    { $ref: "#/definitions/requirement" },
  ],
  description,
});

export const MOTIVE = {
  says: text("the event or source behind the rule"),
  links: texts("where to read about it"),
};
const CLASS: JsonSchema = {
  enum: ["H", "2", "1", "n", 1, 2],
  description:
    "H denies; 2 and 1 ask for so many owners whose statement names the finding; n is a notice",
};

export const RULE = {
  id: text("unique among all rules of the policy"),
  title: text("what it asks, in one sentence"),
  when: text("CEL over the change; without it the rule applies to every change"),
  each: text("a list of facts to look through, such as `config`, `kubernetes` or `change.files`"),
  where: text("CEL over `it`, one item of `each`; every match is a finding"),
  says: text("the finding in one sentence, with `{field}` of the item"),
  help: text("what the author can do about it"),
  class: CLASS,
  require: requirements("what the change then needs"),
  covers: flag("its approvals stand in for `otherwise`"),
  mode: MODE,
  motive: described("why the rule is there", {
    oneOf: [{ type: "string" }, closed(MOTIVE, ["says"])],
  }),
};
const rules = (description: string): JsonSchema =>
  listOf({ $ref: "#/definitions/rule" }, description);

export const TUNING = {
  mode: MODE,
  class: CLASS,
  off: { type: "boolean", description: "`true`: the rule is not used" },
  reason: text("why this policy differs from the pack"),
};
export const PACK = {
  mode: MODE,
  rules: described("single rules, by id", {
    type: "object",
    additionalProperties: closed(TUNING, ["reason"]),
  }),
};
export const OVERRIDE = {
  rule: text("rule id"),
  system: text("system id; every system when left out"),
  mode: MODE,
  until: instant("from when it no longer applies; until it is taken out when left out"),
  reason: text("why; a rule of a pack needs one"),
};
export const CALENDAR = {
  zone: text("time zone such as `Europe/Berlin`; `UTC` when left out"),
  days: texts("mon … sun; every day when left out"),
  hours: text(
    "by the clocks of the zone, such as `09:00-16:00`, or `22:00-06:00` for a night that starts on one of the days; the whole day when left out",
  ),
  except: texts("dates on which it stays closed, such as `2026-12-24`"),
};
export const FREEZE = {
  name: text("shown to people"),
  from: instant("its start"),
  until: instant("its end; until it is taken out when left out"),
  systems: texts("every system when left out"),
};
export const IF_DOWN = {
  tier: { type: "integer", minimum: 1, maximum: 4, description: "1 (most critical) to 4" },
  away: described("what is away; any of them when left out", {
    oneOf: [{ enum: AWAY }, { type: "array", items: { enum: AWAY } }],
  }),
  // biome-ignore lint/suspicious/noThenProperty: the word of the policy; nobody awaits a schema
  then: { enum: THEN, description: "`hold`, or `proceed` without a decision, kept on record" },
};
export const ADDENDUM = {
  id: text("unique name"),
  title: text("what it is for"),
  from: instant("its start; at once when left out"),
  until: instant("its end"),
  rules: rules("rules that start and end with it"),
  ifDown: listOf(closed(IF_DOWN, ["tier", "then"]), "what holds meanwhile; it can only hold"),
};

/** What an included file may hold. */
export const PART = {
  include: texts("files beside the policy whose content belongs to it, such as `rules/shop.yaml`"),
  rules: rules("rules of this policy"),
  overrides: listOf(closed(OVERRIDE, ["rule", "mode"]), "modes of single rules and systems"),
  calendars: described("recurring times that a `window` can name", {
    type: "object",
    additionalProperties: closed(CALENDAR, []),
  }),
  freezes: listOf(closed(FREEZE, ["name", "from"]), "times in which nothing goes out"),
  ifDown: listOf(
    closed(IF_DOWN, ["tier", "then"]),
    "what goes on while the server or a part of it is away; what is not named holds",
  ),
  addenda: listOf(closed(ADDENDUM, ["id", "until"]), "time-boxed sets of rules"),
};

export const POLICY = {
  policy: text("the name of the policy"),
  version: atLeastOne("counts up with every change of it"),
  mode: described("of every rule that has none of its own; `observe` when left out", {
    enum: MODES,
  }),
  otherwise: requirements(
    "what a change needs that no covering rule covers; one owner when left out",
  ),
  missingOwner: {
    enum: ["hold", "anyone"],
    description:
      "what a file without an owner means for approvals from owners; `hold` when left out",
  },
  packs: described("packs to switch on: a list of names, or a mapping that tunes single rules", {
    oneOf: [
      { type: "array", items: { type: "string" } },
      { type: "object", additionalProperties: { oneOf: [closed(PACK, []), { type: "null" }] } },
    ],
  }),
  ...PART,
};

/** What the fields of a policy refer to. */
export const POLICY_DEFS = {
  requirement: { ...closed(REQUIREMENT, []), minProperties: 1 },
  rule: closed(RULE, ["id"]),
};

/** The JSON Schema of policy files, for completion and hover in any YAML language server. */
export function policyJsonSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: "Interlock policy",
    description: "which changes are allowed, held or denied, and what they then need",
    ...closed(POLICY, ["policy"]),
    definitions: POLICY_DEFS,
  };
}
