// SPDX-License-Identifier: Apache-2.0
import { listChanges, type QueueRowShown, showChange } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { Missings } from "../change/headline.tsx";
import { branchOf, shownOf } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { meaningOfOutcome } from "../parts/meaning.ts";
import { Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";

const MOST = 5;

/** Changes of this person that do not land yet, each with what is missing and who can supply it. */
export function OwnChanges() {
  const held = useLoaded(listChanges, { query: { author: "me", effective: "hold", limit: MOST } });
  const denied = useLoaded(listChanges, {
    query: { author: "me", effective: "deny", limit: MOST },
  });
  return (
    <section className="section" aria-labelledby="own">
      <h2 id="own">Your changes that are held</h2>
      <Show of={held} what="your changes">
        {({ changes, next }) => {
          const stopped = denied.kind === "there" ? denied.value.changes : [];
          const all = [...stopped, ...changes];
          return all.length === 0 ? (
            <p className="muted">None of yours is held or denied.</p>
          ) : (
            <>
              {all.map((row) => (
                <Own key={row.id} row={row} />
              ))}
              {next !== null && <p className="muted">And more of yours, in the queue.</p>}
            </>
          );
        }}
      </Show>
    </section>
  );
}

function Own({
  row: { id, subject, target, effective, judgedAt },
}: {
  readonly row: QueueRowShown;
}) {
  const names = useNames();
  const change = useLoaded(showChange, { params: { id } });
  return (
    <article className="own-change">
      <p>
        <Badge meaning={meaningOfOutcome(effective)}>
          {effective === "deny" ? "denied" : "held"}
        </Badge>{" "}
        <Link to="/changes/$id" params={{ id }} data-row>
          <Seen text={subject === "" ? "a change without a message" : subject} />
        </Link>{" "}
        <span className="muted">
          for <Seen text={branchOf(target)} />, judged <When at={judgedAt} />
        </span>
      </p>
      <Show of={change} what="what is missing">
        {(value) => <Missings shown={shownOf(value)} names={names} />}
      </Show>
    </article>
  );
}
