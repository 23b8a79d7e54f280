import fc from "fast-check";

/** Scalars that formats write in different ways, or that look like syntax. */
const scalars = fc.oneof(
  fc.constantFrom(
    "a",
    "b c",
    "true",
    "3",
    "0.5",
    "~",
    "x:y",
    "- z",
    "'q'",
    '"d"',
    "",
    "# no",
    "*",
    "&a",
    "1e3",
    "null",
    "line\nbreak",
  ),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
/** Trees of maps, lists and scalars. */
export const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalars,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("name", "k1", "k 2", "Kind", "x"), tie("value"), { maxKeys: 4 }),
  ),
})).value;
