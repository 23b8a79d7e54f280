// SPDX-License-Identifier: Apache-2.0
import { type controlPlaneApi, peopleApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import type { z } from "zod";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { listed } from "../parts/short.ts";
import { ShortId } from "../parts/short-id.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";

export type InForce = NonNullable<
  z.output<typeof controlPlaneApi.descriptionInForce.answer>["inForce"]
>;

/** Which text is in force, and by whom; the text itself is one press away. */
export function WhichText({ inForce }: { readonly inForce: InForce | null }) {
  const names = useNames();
  if (inForce === null)
    return (
      <Empty title="Nothing is described yet">
        Write <code>interlock/control-plane.yaml</code> and propose it with{" "}
        <code>interlock control-plane propose</code>; two people sign it here with their passkeys.
      </Empty>
    );
  return (
    <section className="section" aria-labelledby="in-force">
      <h2 id="in-force">The text in force</h2>
      <dl className="facts">
        <dt>Signed by</dt>
        <dd>
          {listed(inForce.by.map(names))}, <When at={inForce.at} />, in{" "}
          <Link to="/ledger" search={{ entry: inForce.index }}>
            entry {inForce.index}
          </Link>
        </dd>
        <dt>SHA-256</dt>
        <dd>
          <ShortId id={inForce.digest} what="the digest of the text" />
        </dd>
      </dl>
      <details>
        <summary>The text itself</summary>
        <pre className="note">{inForce.text}</pre>
      </details>
    </section>
  );
}

/** Texts that would come in its place; each page shows what differs. */
export function ProposedTexts() {
  const names = useNames();
  const proposals = useLoaded(peopleApi.proposals, {});
  return (
    <section className="section" aria-labelledby="proposed">
      <h2 id="proposed">Proposed in its place</h2>
      <Show of={proposals} what="the proposals">
        {({ proposals: all }) => {
          const own = all.filter(({ kind }) => kind === "controlplane");
          if (own.length === 0)
            return (
              <p className="muted">
                nothing; <code>interlock control-plane propose</code> proposes another text
              </p>
            );
          return (
            <ul className="tasks">
              {own.map(({ proposal, reason, by, at, endorsedBy, needed }) => (
                <li key={proposal}>
                  <Badge meaning="person">
                    {endorsedBy.length} of {needed}
                  </Badge>
                  <span className="task-says">
                    <Link to="/proposals/$proposal" params={{ proposal }} data-row>
                      {reason}
                    </Link>{" "}
                    <span className="muted">by {names(by)}: see what differs, and sign it</span>
                  </span>
                  <When at={at} />
                </li>
              ))}
            </ul>
          );
        }}
      </Show>
    </section>
  );
}
