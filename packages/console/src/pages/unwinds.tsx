// SPDX-License-Identifier: Apache-2.0
import { peopleApi, rolloutsApi, type UnwindListed, unwindsApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { listed } from "../parts/short.ts";
import { Empty, Show } from "../parts/states.tsx";
import { ROLLOUT_PAGES, SubPages } from "../parts/sub-pages.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { unwindStanding, verbOf } from "../unwinds/words.ts";

const SHOWN = [unwindsApi.unwinds, rolloutsApi.rollouts, peopleApi.proposals] as const;

/** Unwinds that were proposed: what waits for whom, and what became of each. */
export function UnwindsPage() {
  const live = useFresh(SHOWN);
  const unwinds = useLoaded(unwindsApi.unwinds, {});
  return (
    <Page
      title="Unwinds"
      lead="What rollouts wrote, taken away again key by key; each is a rollout itself, which two people sign."
      acts={<LiveNote of={live} />}
    >
      <SubPages label="rollouts" pages={ROLLOUT_PAGES} />
      <Show of={unwinds} what="the unwinds">
        {({ unwinds: list, unread }) => (
          <>
            {unread.map((plan) => (
              <p key={plan}>
                <Badge meaning="unknown">cannot be read</Badge> plan <code>{plan}</code>: its kept
                text is not what was proposed; make it anew
              </p>
            ))}
            {list.length === 0 ? (
              <Empty title="No unwind was proposed yet">
                One is planned on the <Link to="/rollouts">page of a rollout</Link> that is over, or
                with <code>interlock unwind CHANGE --plan</code>.
              </Empty>
            ) : (
              <div className="rows-frame">
                <table className="rows">
                  <thead>
                    <tr>
                      <th scope="col">State</th>
                      <th scope="col">Unwind</th>
                      <th scope="col">Change</th>
                      <th scope="col">Signed by</th>
                      <th scope="col">Proposed</th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.map((one) => (
                      <Row key={one.proposal} of={one} />
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
      </Show>
    </Page>
  );
}

function Row({ of: one }: { readonly of: UnwindListed }) {
  const names = useNames();
  const { meaning, word } = unwindStanding(one);
  return (
    <tr>
      <td>
        <Badge meaning={meaning}>{word}</Badge>
      </td>
      <th scope="row">
        <Link to="/unwinds/$plan" params={{ plan: one.plan }} className="row-link" data-row>
          {one.system} <span className="muted">{one.plan.slice(0, 8)}</span>
        </Link>
        <span className="muted">
          {" "}
          in {one.target}: {verbOf(one)} what it got
        </span>
      </th>
      <td>
        <Link to="/changes/$id" params={{ id: one.change }}>
          {one.change}
        </Link>
      </td>
      <td>
        {one.endorsedBy.length === 0 ? (
          <span className="muted">nobody yet</span>
        ) : (
          listed(one.endorsedBy.map(names))
        )}
      </td>
      <td>
        <When at={one.at} /> <span className="muted">{names(one.by)}</span>
      </td>
    </tr>
  );
}
