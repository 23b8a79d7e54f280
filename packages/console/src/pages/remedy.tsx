// SPDX-License-Identifier: Apache-2.0
import { peopleApi, type RemedyShown, runsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { Preview } from "../documents/preview.tsx";
import { Page } from "../parts/page.tsx";
import { listed } from "../parts/short.ts";
import { ShortId } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { useNow, When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { remedyIn } from "../remedies/parameters.ts";
import { Prepare } from "../remedies/prepare.tsx";
import { duration, Limit, Rehearsed } from "../remedies/terms.tsx";
import { useMe } from "../shell/session.ts";
import { RunRows } from "./runs.tsx";

const route = getRouteApi("/shell/remedies/$remedy");

/** One remedy: its bounds, who signed it, what it would run, and how it is run. */
export function RemedyPage() {
  const { remedy } = route.useParams();
  const shown = useLoaded(runsApi.showRemedy, { params: { remedy } });
  const title = shown.kind === "there" ? shown.value.title : "Remedy";
  return (
    <Page title={title} lead="One person runs it alone; two have signed it before.">
      <Show of={shown} what="the remedy">
        {(value) => <Shown key={value.document} remedy={value} />}
      </Show>
    </Page>
  );
}

type Given = { readonly remedy: RemedyShown & { readonly text: string } };

function Shown({ remedy }: Given) {
  const document = remedyIn(remedy.text);
  const runs = useLoaded(runsApi.runs, { query: { remedy: remedy.remedy } });
  const barred = useBarred(remedy);
  return (
    <>
      <Terms remedy={remedy} />
      {document === null || document.digest !== remedy.document ? (
        <p className="state">
          This page reads the text of this remedy otherwise than its server: run nothing of it, and
          tell whoever keeps the server.
        </p>
      ) : (
        <>
          <Prepare document={document} barred={barred} />
          <section className="section" aria-labelledby="text">
            <h2 id="text">As two people signed it</h2>
            <Preview document={document} />
          </section>
        </>
      )}
      <section className="section" aria-labelledby="runs">
        <h2 id="runs">Its runs</h2>
        <p className="muted">
          Somebody besides its operator looks at each run afterwards: what differs from the text
          stands on its page.
        </p>
        <Show of={runs} what="its runs">
          {({ runs: list }) =>
            list.length === 0 ? (
              <p className="state">It was not run lately.</p>
            ) : (
              <RunRows runs={list} />
            )
          }
        </Show>
      </section>
    </>
  );
}

/** What the server would say; it has the last word. */
function useBarred(remedy: RemedyShown): string | null {
  const me = useMe();
  const now = useNow();
  const people = useLoaded(peopleApi.people, {});
  const list = people.kind === "there" ? people.value.people : [];
  const own = [me.person, ...(list.find(({ person }) => person === me.person)?.accounts ?? [])];
  if (now > remedy.rehearsedUntil) return "its rehearsal is older than it allows";
  if (remedy.ranLately >= remedy.runs)
    return `it ran ${remedy.ranLately} times within ${duration(remedy.withinMs)}`;
  return people.kind === "there" && !remedy.mayRun.some((name) => own.includes(name))
    ? `it names ${listed(remedy.mayRun)}, and none of them is you`
    : null;
}

function Terms({ remedy }: Given) {
  const names = useNames();
  return (
    <section className="section" aria-labelledby="terms">
      <h2 id="terms">What bounds it</h2>
      <dl className="facts">
        <dt>Used</dt>
        <dd>
          <Limit of={remedy} />
        </dd>
        <dt>Rehearsed</dt>
        <dd>
          <When at={remedy.rehearsedAt} />; <Rehearsed of={remedy} />
        </dd>
        <dt>May be run by</dt>
        <dd>{listed(remedy.mayRun.map(names))}</dd>
        <dt>Signed by</dt>
        <dd>
          {listed(remedy.approvedBy.map(names))}, with passkeys, in{" "}
          <Link to="/changes/$id" params={{ id: remedy.change }}>
            the change that brought it
          </Link>
        </dd>
        <dt>Last used</dt>
        <dd>
          {remedy.lastRun === null ? (
            "not among the last 1,000 runs"
          ) : (
            <Link to="/runs/$run" params={{ run: remedy.lastRun.run }}>
              by {names(remedy.lastRun.operator)}
            </Link>
          )}
        </dd>
        <dt>Text</dt>
        <dd>
          <ShortId id={remedy.document} what="the digest of its text" />
        </dd>
      </dl>
    </section>
  );
}
