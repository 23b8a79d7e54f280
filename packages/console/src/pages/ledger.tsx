// SPDX-License-Identifier: Apache-2.0
import { type EntryRow, listEntries } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useLoaded } from "../api/loaded.ts";
import { Seen } from "../diff/seen.tsx";
import { EntryPanel } from "../ledger/entry-panel.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useLive } from "../live/stream.ts";
import { Page } from "../parts/page.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";

const route = getRouteApi("/shell/ledger");

/** What was recorded; one entry of it is verified in the reader's own browser. */
export function LedgerPage() {
  const { entry } = route.useSearch();
  const [before, setBefore] = useState<number | null>(null);
  const query = before === null ? {} : { before };
  const entries = useLoaded(listEntries, { query }, { steady: true });
  const size = entries.kind === "there" ? entries.value.size : null;
  const [heard, setHeard] = useState<{ readonly size: number | null; readonly last: number }>({
    ...{ size: null, last: -1 },
  });
  const live = useLive(size === null ? null : size - 1, (event) => {
    if ("index" in event) setHeard({ size, last: event.index });
  });
  const fresh =
    size !== null && heard.size === size && heard.last >= size ? heard.last + 1 - size : 0;
  return (
    <Page
      title="Ledger"
      lead="Everything that was decided and signed, in an order that nobody can change unnoticed."
      acts={<LiveNote of={live} />}
    >
      {entry !== undefined && <EntryPanel key={entry} index={entry} />}
      <p className="news" aria-live="polite">
        {(fresh > 0 || before !== null) && (
          <button
            type="button"
            onClick={() => {
              setBefore(null);
              if (entries.kind !== "loading") entries.again();
            }}
          >
            {fresh > 0 ? `${fresh} new: show` : "Back to the newest"}
          </button>
        )}
      </p>
      <Show of={entries} what="the entries">
        {(value) =>
          value.entries.length === 0 ? (
            <Empty title="Nothing is recorded yet">
              The founding of the organisation is the first entry.
            </Empty>
          ) : (
            <>
              <p className="muted">
                {value.size} entries, {value.published} of them under a published checkpoint.
              </p>
              <Entries entries={value.entries} chosen={entry ?? null} />
              {value.next !== null && (
                <button type="button" onClick={() => setBefore(value.next)}>
                  Older
                </button>
              )}
            </>
          )
        }
      </Show>
    </Page>
  );
}

function Entries({
  entries,
  chosen,
}: {
  readonly entries: readonly EntryRow[];
  readonly chosen: number | null;
}) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col">Kind</th>
            <th scope="col">About</th>
            <th scope="col">Signed by</th>
            <th scope="col">Recorded</th>
            <th scope="col">Id</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((one) => (
            <tr key={one.index} aria-current={one.index === chosen ? "true" : undefined}>
              <th scope="row">
                <Link to="/ledger" search={{ entry: one.index }} data-row>
                  {one.index}
                  <span className="hidden">: verify it</span>
                </Link>
              </th>
              <td>{one.kind}</td>
              <td>
                <Seen text={one.subject ?? ""} />
              </td>
              <td>{one.person}</td>
              <td>
                <When at={one.at} />
              </td>
              <td>
                <ShortId id={one.entry} what={`the id of entry ${one.index}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
