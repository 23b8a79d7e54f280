// SPDX-License-Identifier: Apache-2.0
import { type Facts, isUnknown } from "@interlock/core";
import { useState } from "react";
import { counted } from "../change/shown.ts";
import { Badge } from "../parts/badge.tsx";
import { share } from "../rollouts/words.ts";
import { BlastGraph } from "./graph.tsx";
import { chainTo, type Reached } from "./radius.ts";
import { BlastTable } from "./table.tsx";

type Known = Exclude<Facts["blast"], { readonly $unknown: unknown }>;

/** As many as a document of facts holds. */
const REACHED_MAX = 1_000;

/** How far the change reaches by the catalog: in numbers, as a table, and as a graph. */
export function BlastRadius({ blast }: { readonly blast: Facts["blast"] }) {
  return (
    <section className="section" aria-labelledby="blast">
      <h2 id="blast">How far it reaches</h2>
      {isUnknown(blast) ? (
        <p>
          <Badge meaning="unknown">not known</Badge> {blast.$unknown.because}: rules that ask how
          far it reaches hold
        </p>
      ) : blast.certainty === "unknown" ? (
        <p>
          <Badge meaning="unknown">not known</Badge> the repository has no catalog of systems (
          <code>interlock/catalog.yaml</code>), so nothing says what reads these files or depends on
          it
        </p>
      ) : (
        <Reach blast={blast} />
      )}
    </section>
  );
}

function Reach({ blast }: { readonly blast: Known }) {
  const { reached } = blast;
  const [selected, setSelected] = useState<string | null>(null);
  const given = { reached, selected, onSelect: setSelected };
  return (
    <>
      <Numbers blast={blast} />
      {reached.length > 0 && (
        <>
          <BlastTable {...given} />
          <p className="muted" aria-live="polite">
            {selected === null
              ? "Choose a system to see how it is reached."
              : wayTo(chainTo(reached, selected))}
          </p>
          {reached.length > 1 && <BlastGraph {...given} />}
        </>
      )}
    </>
  );
}

function Numbers({ blast }: { readonly blast: Known }) {
  const { systems, tier1, cells, regions, trafficPpm, ordersPerMinute, global, reached } = blast;
  const inferred = reached.filter(({ certainty }) => certainty !== "certain").length;
  return (
    <>
      <dl className="facts">
        <dt>Systems</dt>
        <dd>
          {counted(systems, "system")} touched or reached through hard dependencies, {tier1} of Tier
          1{inferred > 0 && <>; {inferred} more through soft ones, which degrade but do not fail</>}
        </dd>
        <dt>Touched at once</dt>
        <dd>
          {counted(cells, "cell")} in {counted(regions, "region")}
          {global && ": every cell of a system with several"}
        </dd>
        <dt>Exposure</dt>
        <dd>
          {share(trafficPpm)} of orders, {ordersPerMinute} a minute, by the figures of the catalog
        </dd>
      </dl>
      <p className="muted small">
        Inferred from the catalog of the repository as it was before the change: a system or a
        dependency that nobody wrote down there is not here.
        {reached.length >= REACHED_MAX && ` Only the nearest ${REACHED_MAX} are kept.`}
      </p>
    </>
  );
}

/** The chain in words. */
function wayTo(chain: readonly Reached[]): string {
  const last = chain.at(-1);
  if (last === undefined) return "";
  if (chain.length === 1) return `${last.system}: the change touches it.`;
  const names = chain.map(({ system }) => system).join(" → ");
  return last.certainty === "certain"
    ? `${names}: hard dependencies all the way.`
    : `${names}: a soft dependency is among them.`;
}
