// SPDX-License-Identifier: Apache-2.0
import type { UnwindPlanText } from "@interlock/protocol";
import { Fragment, useMemo, useState } from "react";
import { counted } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { PlannedWaves } from "../rollouts/planned-waves.tsx";
import { ACTIONS, becauseWords, byDoubt, type PlannedKey } from "./words.ts";

type Of = { readonly plan: UnwindPlanText };

/** All that a plan says: how many keys meet what, each of them, and the waves in which it is written. */
export function PlanView({ plan, ordersSince }: Of & { readonly ordersSince?: number }) {
  return (
    <>
      <Counts plan={plan} ordersSince={ordersSince ?? null} />
      <Keys plan={plan} />
      <Waves plan={plan} />
    </>
  );
}

function Counts({
  plan: { counts, lossOrders, way },
  ordersSince,
}: Of & { readonly ordersSince: number | null }) {
  return (
    <dl className="facts">
      {(["restore", "keep", "re-run", "quarantine"] as const).map((action) => (
        <Fragment key={action}>
          <dt>
            <Badge meaning={counts[action] === 0 ? "neutral" : ACTIONS[action].meaning}>
              {ACTIONS[action].word}
            </Badge>
          </dt>
          <dd>
            {counts[action] === 0
              ? "no key"
              : `${counted(counts[action], "key")}: each ${way === "redo" && action === "restore" ? "gets what the change brought" : ACTIONS[action].says}`}
          </dd>
        </Fragment>
      ))}
      <dt>Guesses</dt>
      <dd>
        {counts.guessed === 0
          ? "none: of every key it is recorded what its later writes used"
          : `${counted(counts.guessed, "key")}: nobody recorded what a later write of it used`}
      </dd>
      <dt>Compensated</dt>
      <dd>nothing: keys are put back; orders that were placed meanwhile stay as they are</dd>
      {ordersSince !== null && (
        <>
          <dt>Orders since</dt>
          <dd>
            about {ordersSince} went through its cells, by the figures of the description; nobody
            counted them, and what they are worth is not known here
          </dd>
        </>
      )}
      <dt>Lost if the unwind is bad</dt>
      <dd>{lossOrders} orders if every cell is hurt</dd>
    </dl>
  );
}

const KEYS_SHOWN = 50;

function Keys({ plan }: Of) {
  const [shown, setShown] = useState(KEYS_SHOWN);
  const keys = useMemo(() => byDoubt(plan.keys), [plan]);
  return (
    <section className="section" aria-labelledby="unwind-keys">
      <h3 id="unwind-keys">Key by key</h3>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Cell</th>
              <th scope="col">Key</th>
              <th scope="col">Holds now</th>
              <th scope="col">Will hold</th>
              <th scope="col">Because</th>
            </tr>
          </thead>
          <tbody>
            {keys.slice(0, shown).map((one) => (
              <Row key={`${one.cell}\0${one.key}`} of={one} values={plan.values} />
            ))}
          </tbody>
        </table>
      </div>
      {keys.length > shown && (
        <button type="button" onClick={() => setShown(shown + 10 * KEYS_SHOWN)}>
          Show more: {keys.length - shown} keys are left
        </button>
      )}
    </section>
  );
}

function Row({
  of,
  values,
}: {
  readonly of: PlannedKey;
  readonly values: UnwindPlanText["values"];
}) {
  const { action, cell, key, before, after, guessed } = of;
  const { meaning, word } = ACTIONS[action];
  return (
    <tr>
      <td>
        <Badge meaning={meaning}>{word}</Badge>{" "}
        {guessed && <Badge meaning="unknown">a guess</Badge>}
      </td>
      <td>{cell}</td>
      <th scope="row">
        <code>
          <Seen text={key} />
        </code>
      </th>
      <td>
        <Value sha256={before} values={values} />
      </td>
      <td>
        {before === after ? (
          <span className="muted">the same</span>
        ) : (
          <Value sha256={after} values={values} />
        )}
      </td>
      <td>{becauseWords(of)}</td>
    </tr>
  );
}

/** A short text as it is, a long one by its digest. */
function Value({
  sha256,
  values,
}: {
  readonly sha256: string | null;
  readonly values: UnwindPlanText["values"];
}) {
  if (sha256 === null) return <span className="muted">nothing</span>;
  const text = values[sha256];
  if (text === undefined) return <ShortId id={sha256} what="the SHA-256 of the value" />;
  return (
    <code className="value">
      <Seen text={text} />
    </code>
  );
}

function Waves({ plan: { waves } }: Of) {
  return (
    <section className="section" aria-labelledby="unwind-waves">
      <h3 id="unwind-waves">In waves, with the same halts as any rollout</h3>
      {waves.length === 0 ? (
        <p className="muted">none: nothing has to be written</p>
      ) : (
        <PlannedWaves
          waves={waves.map((wave) => ({ ...wave, cells: wave.cells.map(({ cell }) => cell) }))}
        />
      )}
    </section>
  );
}
