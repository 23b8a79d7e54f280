// SPDX-License-Identifier: Apache-2.0
import { TEMPLATES, type TemplateKind } from "@interlock/document";
import { type DraftListed, draftsApi } from "@interlock/protocol";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Seen } from "../diff/seen.tsx";
import { forgetLocally, newDraftId } from "../documents/use-draft.ts";
import { Page } from "../parts/page.tsx";
import { Empty, Refused, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useMe } from "../shell/session.ts";

const route = getRouteApi("/shell/documents");

/** The documents that one is writing, and the templates that a new one begins with. */
export function DocumentsPage() {
  const drafts = useLoaded(draftsApi.drafts, {});
  return (
    <Page
      title="Documents"
      lead="Write what is done, how it is seen to work, and how to come back. What counts is what is committed with the change."
    >
      <Templates />
      <section className="section" aria-labelledby="drafts">
        <h2 id="drafts">You are writing</h2>
        <Show of={drafts} what="your drafts">
          {({ drafts: list }) => <Drafts list={list} />}
        </Show>
      </section>
    </Page>
  );
}

const SAYS: Readonly<Record<TemplateKind, string>> = {
  "config-push": "a value of a system changes",
  "schema-migration": "tables change while they are used",
  failover: "traffic or a leader moves",
  certificate: "a certificate or key is replaced",
  capacity: "something grows or shrinks",
  "data-fix": "rows are mended by hand",
  remedy: "what one on-call may do alone",
};

function Templates() {
  const { change } = route.useSearch();
  const navigate = useNavigate();
  const begin = (kind: TemplateKind) =>
    void navigate({
      to: "/documents/$draft",
      params: { draft: newDraftId() },
      search: { kind, ...(change === undefined ? {} : { change }) },
    });
  return (
    <section className="section" aria-labelledby="templates">
      <h2 id="templates">
        Begin with a template{change !== undefined && <> for change {change}</>}
      </h2>
      <ul className="templates">
        {(Object.keys(TEMPLATES) as TemplateKind[]).map(
          (
            kind, // its own keys
          ) => (
            <li key={kind}>
              <button type="button" className="template" data-row onClick={() => begin(kind)}>
                <strong>{kind}</strong>
                <span className="muted">{SAYS[kind]}</span>
              </button>
            </li>
          ),
        )}
      </ul>
    </section>
  );
}

function Drafts({ list }: { readonly list: readonly DraftListed[] }) {
  const me = useMe();
  const forget = useForget();
  const [act, start] = useAct<unknown>();
  if (list.length === 0)
    return (
      <Empty title="You are writing no document">
        Begin with a template above; it is kept here for you until you forget it.
      </Empty>
    );
  const drop = async (draft: string) => {
    const done = await start(() => call(draftsApi.dropDraft, { params: { draft } }));
    if (done?.ok !== true) return;
    forgetLocally(me.person, draft);
    await forget(draftsApi.drafts);
  };
  return (
    <>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Document</th>
              <th scope="col">For the change</th>
              <th scope="col">Changed</th>
              <th scope="col">
                <span className="hidden">acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map(({ draft, title, change, changedAt }) => (
              <tr key={draft}>
                <th scope="row">
                  <Link to="/documents/$draft" params={{ draft }} className="row-link" data-row>
                    <Seen text={nameOf(title)} />
                  </Link>
                </th>
                <td>
                  {change === "" ? (
                    <span className="muted">none yet</span>
                  ) : (
                    <Link to="/changes/$id" params={{ id: change }}>
                      {change}
                    </Link>
                  )}
                </td>
                <td>
                  <When at={changedAt} />
                </td>
                <td className="row-acts">
                  <button
                    type="button"
                    aria-label={`Forget the draft ${nameOf(title)}`}
                    onClick={() => void drop(draft)}
                  >
                    Forget
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </>
  );
}

const nameOf = (title: string): string =>
  title === "" || title.startsWith("FILL") ? "a document without a title" : title;
