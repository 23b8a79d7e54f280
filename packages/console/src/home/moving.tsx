// SPDX-License-Identifier: Apache-2.0
import type { QueueRowShown } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { branchOf } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { meaningOfOutcome } from "../parts/meaning.ts";
import { When } from "../parts/when.tsx";

const WORDS = { allow: "allowed", hold: "held", deny: "denied" } as const;

/** The changes that were seen last, whoever they are for. */
export function Moving({ changes }: { readonly changes: readonly QueueRowShown[] }) {
  return (
    <section className="section" aria-labelledby="moving">
      <div className="section-head">
        <h2 id="moving">What moves</h2>
        <Link to="/queue">the whole queue</Link>
      </div>
      <ul className="tasks">
        {changes.map(({ id, subject, target, effective, outcome, given, wanted, firstSeenAt }) => (
          <li key={id}>
            <Badge meaning={meaningOfOutcome(effective)}>{WORDS[effective]}</Badge>
            <span className="task-says">
              <Link to="/changes/$id" params={{ id }} data-row>
                <Seen text={subject === "" ? "a change without a message" : subject} />
              </Link>
              <span className="muted">
                {" "}
                for <Seen text={branchOf(target)} />
                {wanted > 0 && `, ${given} of ${wanted} approvals`}
                {outcome !== effective && `, ${WORDS[outcome]} were every rule enforced`}
              </span>
            </span>
            <When at={firstSeenAt} />
          </li>
        ))}
      </ul>
    </section>
  );
}
