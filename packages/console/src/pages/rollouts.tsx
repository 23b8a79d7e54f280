// SPDX-License-Identifier: Apache-2.0
import { rolloutsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { ROLLOUT_PAGES, SubPages } from "../parts/sub-pages.tsx";
import { RolloutRows } from "../rollouts/rows.tsx";

const route = getRouteApi("/shell/rollouts");
const SHOWN = [rolloutsApi.rollouts] as const;
/** Verdicts and bakes move without an entry in the ledger. */
const EVERY_MS = 5_000;

/** Rollouts: what runs, and what waits for whom; what is halted comes first. */
export function RolloutsPage() {
  const { show } = route.useSearch();
  const live = useFresh(SHOWN);
  const query = show === "all" ? {} : { show: "open" as const };
  const rollouts = useLoaded(rolloutsApi.rollouts, { query }, { everyMs: EVERY_MS });
  return (
    <Page
      title="Rollouts"
      lead="Allowed changes on their way to the cells of a system, wave by wave."
      acts={<LiveNote of={live} />}
    >
      <SubPages label="rollouts" pages={ROLLOUT_PAGES} />
      <nav className="views which" aria-label="which rollouts">
        <Link to="/rollouts" search={{}} aria-current={show === "all" ? undefined : "true"}>
          Not over
        </Link>
        <Link
          to="/rollouts"
          search={{ show: "all" }}
          aria-current={show === "all" ? "true" : undefined}
        >
          All
        </Link>
      </nav>
      <Show of={rollouts} what="the rollouts">
        {({ rollouts: list, unread, more }) => (
          <>
            {unread.map((id) => (
              <p key={id}>
                <Badge meaning="unknown">cannot be read</Badge> rollout <code>{id}</code>: compare
                its entries in the ledger with what its target holds
              </p>
            ))}
            {list.length === 0 ? (
              <Empty
                title={show === "all" ? "Nothing was rolled out yet" : "No rollout is under way"}
              >
                A rollout is begun on the page of a change that is allowed and whose files a config
                set delivers, or with <code>interlock rollout start CHANGE --system NAME</code>.
              </Empty>
            ) : (
              <RolloutRows rollouts={list} />
            )}
            {more && <p className="muted">The newest {list.length}; there are more.</p>}
          </>
        )}
      </Show>
    </Page>
  );
}
