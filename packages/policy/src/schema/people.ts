// SPDX-License-Identifier: Apache-2.0
import { closed, DRAFT, flag, type JsonSchema, listOf, text, texts } from "./parts.ts";

/** The JSON Schema of `interlock/people.yaml`. */
export function peopleJsonSchema(): JsonSchema {
  const person = closed(
    {
      id: text("unique name"),
      name: text("shown to people"),
      accounts: texts("`@login`, an address, `key:…`"),
      agents: texts("agents and bots this person sponsors"),
      teams: texts("teams"),
      active: flag("false for someone who has left"),
    },
    ["id"],
  );
  const machine = closed(
    {
      account: text("`@login` or an address"),
      purpose: text("what it is for"),
      mayTouch: texts("globs of what it may change"),
    },
    ["account", "mayTouch"],
  );
  return {
    $schema: DRAFT,
    title: "Interlock people",
    description: "who answers for which account",
    ...closed(
      {
        version: { type: "integer", description: "of this form; 1" },
        persons: listOf(person, "natural persons"),
        machines: listOf(machine, "trusted machine authors"),
      },
      [],
    ),
  };
}
