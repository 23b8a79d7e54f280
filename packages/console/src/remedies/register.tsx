// SPDX-License-Identifier: Apache-2.0
import { runsApi, showContents } from "@interlock/protocol";
import { useState } from "react";
import { useAct } from "../api/act.ts";
import { call, type Failure, type Outcome } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { fetchBlob, readable } from "../change/contents.ts";
import { Preview } from "../documents/preview.tsx";
import { Badge } from "../parts/badge.tsx";
import { Field } from "../parts/field.tsx";
import { Refused } from "../parts/states.tsx";
import { remedyIn } from "./parameters.ts";

const REMEDY_PATH = /^interlock\/remedies\/[^/]+\.md$/;
const CHANGE_ID = /^[0-9a-f]{20}$/;

/** Makes known a remedy that landed; its two signatures are those of its change. */
export function Register({ change: first }: { readonly change: string }) {
  const [change, setChange] = useState(first);
  const [finding, find, again] = useAct<string>();
  const [act, start, reset] = useAct<{ readonly remedy: string }>();
  const forget = useForget();
  const text = finding.kind === "done" ? finding.value : null;
  const document = text === null ? null : remedyIn(text);
  const register = async () => {
    if (text === null) return;
    const body = { change, document: text };
    const done = await start(() => call(runsApi.registerRemedy, { body }));
    if (done?.ok === true) await forget(runsApi.remedies);
  };
  return (
    <section className="section" aria-labelledby="register">
      <h2 id="register">Make one known that landed</h2>
      <form
        className="stack narrow-form"
        onSubmit={(event) => {
          event.preventDefault();
          reset();
          void find(() => remedyOf(change));
        }}
      >
        <Field
          name="Change that brought it"
          value={change}
          onChange={(next) => {
            setChange(next.trim());
            again();
          }}
          hint="its id: a change with this remedy and no other document, signed by two with passkeys"
        />
        <button type="submit" aria-disabled={!CHANGE_ID.test(change) || finding.kind === "pending"}>
          Show what it brought
        </button>
      </form>
      {finding.kind === "failed" && <Refused failure={finding.failure} />}
      {document !== null && act.kind !== "done" && (
        <>
          <Preview document={document} />
          <div className="acts">
            <button
              type="button"
              className="primary"
              aria-disabled={act.kind === "pending"}
              onClick={() => void register()}
            >
              {act.kind === "pending"
                ? "Pending: waiting for the ledger …"
                : `Let ${namesOf(document.remedy?.mayRun ?? [])} run it alone`}
            </button>
          </div>
        </>
      )}
      {act.kind === "failed" && <Refused failure={act.failure} />}
      {act.kind === "done" && (
        <p className="recorded" role="status">
          <Badge meaning="done">recorded</Badge> {act.value.remedy} stands, with the two signatures
          of its change.
        </p>
      )}
    </section>
  );
}

const OR = new Intl.ListFormat("en-GB", { type: "disjunction" });
const namesOf = (mayRun: readonly string[]): string => OR.format(mayRun);

/** The text of the one remedy that a change brings, under the hash by which the change names it. */
async function remedyOf(change: string): Promise<Outcome<string>> {
  if (!CHANGE_ID.test(change)) return none("that is no id of a change");
  const contents = await call(showContents, { params: { id: change } });
  if (!contents.ok) return contents;
  const files = contents.value.entries.filter(
    ({ path, newContent }) => REMEDY_PATH.test(path) && newContent !== null,
  );
  const [file] = files;
  if (file === undefined || file.newContent === null || files.length > 1)
    return none("the change brings no remedy, or several");
  const blob = await fetchBlob(change, file.newContent, new AbortController().signal);
  if (!blob.ok) return blob;
  const read = readable(blob.value);
  if (read.kind === "binary" || read.latin || remedyIn(read.text) === null)
    return none(`\`${file.path}\` cannot be read as a remedy`);
  return { ok: true, value: read.text };
}

const none = (message: string): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: {
    code: "NOT_FOUND",
    message,
    help: "name the change that brings one file in `interlock/remedies/`",
  },
});
