// SPDX-License-Identifier: Apache-2.0
import { type Founders, peopleApi } from "@interlock/protocol";
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import type { z } from "zod";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { Field } from "../parts/field.tsx";
import { Refused } from "../parts/states.tsx";
import {
  type Draft,
  type DraftProblems,
  EMPTY_DRAFT,
  isFine,
  memberOf,
  problemsOf,
} from "../people/draft.ts";
import { PersonFields } from "../people/person-fields.tsx";

/** One-time links by the id of their person; the server never shows them again. */
export type Links = ReadonlyMap<string, string>;

const FEWEST = 3;
const MOST = 20;

type Begun = z.output<typeof peopleApi.beginFounding.answer>;
type Row = { readonly key: number; readonly draft: Draft };

/** Names the organisation and its founders. */
export function NameFounders(given: {
  readonly secret: string;
  readonly before: Founders;
  readonly onBegun: (links: Links) => void;
}) {
  const { secret, before, onBegun } = given;
  const [tenant, setTenant] = useState(before.tenant ?? "");
  const [rows, setRows] = useState(() => rowsOf(before));
  const [shown, setShown] = useState(false);
  const [act, start] = useAct<Begun>();
  const problems = rows.map(({ draft, key }) =>
    problemsOf(
      draft,
      rows.filter((other) => other.key !== key).map((other) => other.draft),
    ),
  );
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (tenant.trim() === "" || !problems.every(isFine)) {
      form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      return;
    }
    const body = { tenant, founders: rows.map(({ draft }) => memberOf(draft)) };
    const begun = await start(() => call(peopleApi.beginFounding, { secret, body }));
    if (begun?.ok === true)
      onBegun(new Map(begun.value.links.map(({ person, link }) => [person, link])));
  };
  return (
    <form className="stack" onSubmit={(event) => void submit(event)} noValidate>
      <Introduction />
      <Field
        name="Organisation"
        value={tenant}
        onChange={setTenant}
        problem={shown && tenant.trim() === "" ? "needs a name" : undefined}
      />
      {rows.map(({ key, draft }, at) => (
        <Founder
          key={key}
          at={at + 1}
          draft={draft}
          problems={shown ? (problems[at] ?? {}) : {}}
          onChange={(next) => setRows(changed(rows, { key, draft: next }))}
          onRemove={
            rows.length > FEWEST ? () => setRows(rows.filter((row) => row.key !== key)) : null
          }
        />
      ))}
      <div className="acts">
        {rows.length < MOST && (
          <button type="button" onClick={() => setRows([...rows, newRow(EMPTY_DRAFT, rows)])}>
            One more founder
          </button>
        )}
        <button type="submit" className="primary" aria-disabled={act.kind === "pending"}>
          Make a link for each founder
        </button>
      </div>
      {before.tenant !== null && (
        <p className="muted small">
          Links of before, and passkeys registered by them, end with that.
        </p>
      )}
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </form>
  );
}

function Introduction() {
  return (
    <>
      <p className="lead">
        Three or more people found the organisation together, each with a passkey. From then on
        nobody joins and no key is added by one person alone.
      </p>
      <p className="callout">
        Passkeys will belong to <code>{window.location.host}</code> for ever. If people will use
        another address, start the server with <code>--origin</code> first.
      </p>
    </>
  );
}

function Founder(given: {
  readonly at: number;
  readonly draft: Draft;
  readonly problems: DraftProblems;
  readonly onChange: (draft: Draft) => void;
  readonly onRemove: (() => void) | null;
}) {
  const { at, onRemove } = given;
  return (
    <fieldset className="person">
      <legend>Founder {at}</legend>
      <PersonFields {...given} />
      {onRemove !== null && (
        <button type="button" className="quiet" onClick={onRemove}>
          Remove founder {at}
        </button>
      )}
    </fieldset>
  );
}

const changed = (rows: readonly Row[], next: Row): readonly Row[] =>
  rows.map((row) => (row.key === next.key ? next : row));

const newRow = (draft: Draft, beside: readonly Row[]): Row => ({
  key: 1 + Math.max(0, ...beside.map(({ key }) => key)),
  draft,
});

function rowsOf({ founders }: Founders): readonly Row[] {
  const drafts: readonly Draft[] =
    founders.length > 0
      ? founders.map(({ person, name }) => ({ name, id: person, accounts: "" }))
      : Array.from({ length: FEWEST }, () => EMPTY_DRAFT);
  return drafts.map((draft, key) => ({ key, draft }));
}
