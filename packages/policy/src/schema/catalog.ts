// SPDX-License-Identifier: Apache-2.0
import { closed, DRAFT, described, flag, type JsonSchema, listOf, text, texts } from "./parts.ts";

const count = (description: string): JsonSchema => ({
  type: "integer",
  minimum: 0,
  description,
});
const place = closed(
  {
    path: text("glob over repository paths; without it the same document"),
    format: text("how that file is read where its name does not say"),
    pointer: text("JSON pointer with `*` and `**`"),
    keys: { type: "boolean", description: "the keys of the mappings there count" },
  },
  ["pointer"],
);
const bound: JsonSchema = { oneOf: [{ type: "number" }, { type: "string" }, place] };
const SCALAR: JsonSchema = { type: ["string", "number", "boolean"] };
const scalars = (description: string): JsonSchema => ({
  oneOf: [SCALAR, { type: "array", items: SCALAR }],
  description,
});
const version = text('in quotes, such as `"1.24"`');
const share = text("a percentage such as `20%`");

const BINDING = {
  id: text("unique name"),
  title: text("shown to people"),
  system: text("who answers for it"),
  path: text("glob over repository paths"),
  format: text("how the file is read where its name does not say: `json`, `yaml`, `lines`, …"),
  pointer: text("JSON pointer inside the file; `*` is any one step, `**` any number"),
  when: described(
    "it holds only where one of these values stands in the file",
    closed({ pointer: text("where it looks"), is: scalars("one of these values stands there") }, [
      "pointer",
      "is",
    ]),
  ),
};

const VALUE_TERMS = {
  required: texts("keys or pointers below each value that must be there and not blank"),
  noBlank: { type: "boolean", description: "nothing below may be blank" },
  type: texts("string, int, decimal, number, bool, null, list or map"),
  min: { ...bound, description: "a number, one with a unit such as `30s`, or where it stands" },
  max: { ...bound, description: "a number, one with a unit such as `30s`, or where it stands" },
  minLength: count("characters of a value"),
  maxLength: count("characters of a value"),
};

const MEMBER_TERMS = {
  minItems: count("members of a list, keys of a mapping, rows of a table"),
  maxItems: count("members of a list, keys of a mapping, rows of a table"),
  minBytes: count("bytes of the file"),
  maxBytes: count("bytes of the file"),
  values: scalars("the values that are known"),
  enum: scalars("the same as `values`"),
  pattern: text("regular expression of RE2 that every value must match"),
  keys: scalars("the keys that are known"),
  keyPattern: text("regular expression that every key must match"),
  unique: {
    oneOf: [{ type: "boolean" }, texts("fields")],
    description: "members are told apart by these fields, or as a whole",
  },
  sorted: { enum: ["ascending", "descending"], description: "order of the members" },
  sortedBy: text("pointer below each member"),
  contains: scalars("members, keys or rows that must be there"),
  excludes: scalars("members, keys or rows that must not be there"),
};

const OTHER_TERMS = {
  equal: {
    enum: [true, "major", "minor"],
    description: "all values agree, or all versions up to this part",
  },
  minVersion: version,
  maxVersion: version,
  fixed: { type: "boolean", description: "the value never changes" },
  maxGrowth: share,
  maxShrink: share,
  existsIn: { ...place, description: "every value stands there" },
  mustMatch: texts("regular expressions of which each matches a line"),
  mustNotMatch: texts("regular expressions that match no line"),
  readBy: {
    oneOf: [
      { type: "string" },
      listOf(
        {
          oneOf: [
            { type: "string" },
            closed({ system: text("system id"), minVersion: version }, ["system"]),
          ],
        },
        "readers",
      ),
    ],
    description: "systems that read it, with the oldest version that can",
  },
};

/** What `packages/facts/src/catalog/read-contract.ts` reads; a test holds the two together. */
function contractSchema(): JsonSchema {
  return closed({ ...BINDING, ...VALUE_TERMS, ...MEMBER_TERMS, ...OTHER_TERMS }, ["id", "path"]);
}

/** The JSON Schema of `interlock/catalog.yaml`. */
export function catalogJsonSchema(): JsonSchema {
  const system = closed(
    {
      id: text("unique name"),
      title: text("shown to people"),
      tier: { enum: [1, 2, 3, 4], description: "1 is most critical" },
      owner: text("the owning team"),
      org: texts("team, director, VP"),
      paths: texts("globs of its code"),
      configScopes: texts("globs of its configuration"),
      cells: texts("units that can be changed apart"),
      regions: texts("regions"),
      dependsOn: listOf(
        {
          oneOf: [
            { type: "string" },
            closed({ system: text("system id"), hard: flag("it cannot work without") }, ["system"]),
          ],
        },
        "systems it needs",
      ),
      orderShare: text("share of orders, such as `12%`"),
      ordersPerMinute: count("orders that it takes part in, a minute"),
      signals: texts("names of its signals"),
      incidents: count("recent incidents"),
    },
    ["id"],
  );
  return {
    $schema: DRAFT,
    title: "Interlock catalog",
    ...closed(
      {
        version: { type: "integer", description: "of this form; 1" },
        systems: listOf(system, "production services"),
        contracts: listOf(contractSchema(), "what consumers of files can take"),
      },
      [],
    ),
  };
}
