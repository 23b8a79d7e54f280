// SPDX-License-Identifier: Apache-2.0
import type { RolloutShown } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { counted } from "../change/shown.ts";
import { Ticked } from "../parts/ticked.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { eventWords } from "./words.ts";

/** What is recorded of a rollout, newest first; each is an entry of the ledger. */
export function Events({ rollout }: { readonly rollout: RolloutShown }) {
  const names = useNames();
  return (
    <section className="section" aria-labelledby="events">
      <h2 id="events">What happened</h2>
      <ol className="tasks">
        {rollout.events.map(({ index, at, kind, wave, by, because }) => (
          <li key={index}>
            <Link to="/ledger" search={{ entry: index }}>
              entry {index}
            </Link>
            <span className="task-says">
              <strong>{eventWords(kind)}</strong>
              {kind === "rollout-wave" && wave !== null && ` (${rollout.plan[wave]?.name ?? wave})`}
              <span className="muted">
                {" "}
                by {by === "" ? "itself" : names(by)}
                {because !== "" && (
                  <>
                    : <Ticked text={because} />
                  </>
                )}
              </span>
            </span>
            <When at={at} />
          </li>
        ))}
      </ol>
      <p className="muted small">
        {counted(rollout.journal.writes, "write")} journalled, {rollout.journal.confirmed} read
        back.
      </p>
    </section>
  );
}
