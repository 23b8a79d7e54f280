// SPDX-License-Identifier: Apache-2.0
import type { QueueRowShown } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { branchOf, counted } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useLive } from "../live/stream.ts";
import { Badge } from "../parts/badge.tsx";
import { meaningOfOutcome } from "../parts/meaning.ts";
import { Page } from "../parts/page.tsx";
import { Empty, Refused, Show } from "../parts/states.tsx";
import { useNow, When } from "../parts/when.tsx";
import { Filters, type QueueSearch } from "../queue/filters.tsx";
import { type Queue, useNews, useQueue } from "../queue/use-queue.ts";

const route = getRouteApi("/shell/queue");

/** Changes that enforcement points asked about, and what waits for whoever is signed in. */
export function QueuePage() {
  const search = route.useSearch();
  const queue = useQueue(search);
  const head = queue.kind === "there" ? queue.value.head : null;
  const news = useNews(head);
  const live = useLive(head === null ? null : head - 1, news.hear);
  const refresh = () => {
    news.seen();
    if (queue.kind !== "loading") queue.again();
  };
  return (
    <Page
      title="Queue"
      lead="Changes on their way to protected places."
      acts={<LiveNote of={live} />}
    >
      <Filters search={search} counts={queue.kind === "there" ? queue.value.counts : null} />
      <p className="news" aria-live="polite">
        {news.count > 0 && (
          <button type="button" onClick={refresh}>
            {counted(news.count, "new event", "new events")}: show
          </button>
        )}
      </p>
      <Show of={queue} what="the changes">
        {(value) => <Rows queue={value} search={search} />}
      </Show>
    </Page>
  );
}

function Rows({ queue, search }: { readonly queue: Queue; readonly search: QueueSearch }) {
  if (queue.rows.length === 0) return <Nothing queue={queue} search={search} />;
  return (
    <>
      <div className="rows-frame">
        <table className="rows queue">
          <thead>
            <tr>
              <th scope="col">Decision</th>
              <th scope="col">Change</th>
              <th scope="col">Where</th>
              <th scope="col">Approvals</th>
              <th scope="col">Files</th>
              <th scope="col">Risk</th>
              <th scope="col">First seen</th>
            </tr>
          </thead>
          <tbody>
            {queue.rows.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {queue.failure !== null && <Refused failure={queue.failure} />}
      {queue.more !== null && (
        <button type="button" onClick={queue.more}>
          Show more
        </button>
      )}
    </>
  );
}

function Row({ row }: { readonly row: QueueRowShown }) {
  const { authors, given, wanted, rejected, mine, risk } = row;
  return (
    <tr>
      <td>
        <Badge meaning={meaningOfOutcome(row.effective)}>{WORDS[row.effective]}</Badge>
      </td>
      <th scope="row">
        <Link to="/changes/$id" params={{ id: row.id }} className="row-link" data-row>
          <Seen text={row.subject === "" ? "a change without a message" : row.subject} />
        </Link>
        {authors.length > 0 && (
          <span className="muted by">
            {" "}
            <Seen text={authors.join(", ")} />
          </span>
        )}
      </th>
      <td>
        <span className="repository" title={row.repository}>
          {row.repository}
        </span>{" "}
        <Seen text={branchOf(row.target)} />
      </td>
      <td>
        {wanted === 0 ? <span className="muted">none</span> : `${given} of ${wanted}`}
        {rejected > 0 && (
          <>
            {" "}
            <Badge meaning="stopped">rejected</Badge>
          </>
        )}
        {mine !== null && <span className="muted"> yours: {mine}</span>}
      </td>
      <td>{row.files}</td>
      <td>
        {risk === null ? (
          <span className="muted">not measured</span>
        ) : (
          `${(risk / 10_000).toFixed(1)} %`
        )}
      </td>
      <td>
        <When at={row.firstSeenAt} />
      </td>
    </tr>
  );
}

const WORDS = { allow: "allowed", hold: "held", deny: "denied" } as const;

/** An empty list says what was looked for and until when; it never reads as safe. */
function Nothing({ queue, search }: { readonly queue: Queue; readonly search: QueueSearch }) {
  const held = queue.counts?.held ?? 0;
  const asOf = <AsOf at={queue.asOf} />;
  const narrowed = search.repository !== undefined || search.target !== undefined;
  if (search.show === "waiting")
    return (
      <Empty title={`No changes are waiting for you${narrowed ? " there" : ""}`}>
        {held === 0
          ? "None is held"
          : `${counted(held, "change is", "changes are")} held, and wait for others`}
        , {asOf}.{" "}
        {held > 0 && (
          <Link to="/queue" search={{ show: "held" }}>
            See those that are held
          </Link>
        )}
      </Empty>
    );
  if (search.show === "held" || narrowed)
    return (
      <Empty title={narrowed ? "No change fits this filter" : "No change is held"}>
        {asOf}.{" "}
        <Link to="/queue" search={{}}>
          See all changes
        </Link>
      </Empty>
    );
  return (
    <Empty title="No enforcement point has asked about a change yet">
      Install the hook in a repository with <code>interlock hook install</code>: every push to a
      protected branch then appears here.
    </Empty>
  );
}

function AsOf({ at }: { readonly at: number }) {
  const seconds = Math.max(0, Math.floor((useNow() - at) / 1_000));
  return <>as of {seconds < 2 ? "now" : `${seconds} seconds ago`}</>;
}
