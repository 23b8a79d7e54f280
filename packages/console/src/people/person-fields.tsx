// SPDX-License-Identifier: Apache-2.0
import { Field } from "../parts/field.tsx";
import { type Draft, type DraftProblems, idOf } from "./draft.ts";

/** Name, id and accounts of a person. */
export function PersonFields(given: {
  readonly draft: Draft;
  readonly problems: DraftProblems;
  readonly onChange: (draft: Draft) => void;
}) {
  const { draft, problems, onChange } = given;
  return (
    <div className="fields person-fields">
      <Field
        name="Name"
        value={draft.name}
        problem={problems.name}
        onChange={(name) => onChange({ ...draft, name })}
      />
      <Field
        name="Id"
        value={idOf(draft)}
        hint="for ever"
        problem={problems.id}
        onChange={(id) => onChange({ ...draft, id })}
      />
      <Field
        name="Accounts"
        value={draft.accounts}
        placeholder="ana@example.com, github:ana"
        hint="by which changes show who made them"
        problem={problems.accounts}
        onChange={(accounts) => onChange({ ...draft, accounts })}
      />
    </div>
  );
}
