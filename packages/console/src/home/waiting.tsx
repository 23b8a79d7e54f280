// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi, listChanges, peopleApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { type Loaded, useLoaded } from "../api/loaded.ts";
import { branchOf, counted } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { whyNotReview } from "../exceptions/teams.ts";
import { Empty, Show } from "../parts/states.tsx";
import { useNames } from "../people/names.ts";
import { barredBecause, titleOf } from "../people/words.ts";
import { useMe } from "../shell/session.ts";
import { Task } from "./task.tsx";

const OPEN = { state: "open", limit: 200 } as const;
const SIGNED_MOST = 10;

/** Everything that this person could supply now, what hurts most first. */
export function Waiting({ held }: { readonly held: number }) {
  const all = useWaiting();
  return (
    <section className="section" aria-labelledby="waiting">
      <h2 id="waiting">Waits for you</h2>
      <Show of={all} what="what waits for you">
        {(value) =>
          value.count === 0 && value.incidents.length === 0 ? (
            <Empty title="Nothing waits for you">
              No approval, endorsement, second signature or review of yours is missing now.{" "}
              {held > 0 && (
                <>
                  {counted(held, "change is", "changes are")} held and wait for others:{" "}
                  <Link to="/queue" search={{ show: "held" }}>
                    see them
                  </Link>
                  .
                </>
              )}
            </Empty>
          ) : (
            <Tasks {...value} />
          )
        }
      </Show>
    </section>
  );
}

function useWaiting() {
  const me = useMe();
  const changes = useLoaded(listChanges, { query: { waiting: "me", limit: SIGNED_MOST } });
  const proposals = useLoaded(peopleApi.proposals, {});
  const overrides = useLoaded(exceptionsApi.listOverrides, { query: OPEN });
  const debts = useLoaded(exceptionsApi.listDebts, { query: OPEN });
  const incidents = useLoaded(exceptionsApi.listIncidents, { query: OPEN });
  const parts = [changes, proposals, overrides, debts, incidents] as const;
  const missing = parts.find(({ kind }) => kind !== "there");
  if (missing !== undefined && missing.kind !== "there") return missing;
  const value = {
    incidents: listIn(incidents, ({ incidents: list }) => list),
    seconds: listIn(overrides, ({ overrides: list }) =>
      list.filter(({ state, person }) => state === "alone" && person !== me.person),
    ),
    changes: listIn(changes, (page) => page.changes),
    waitingForMe: changes.kind === "there" ? (changes.value.counts?.waitingForMe ?? 0) : 0,
    debts: listIn(debts, ({ debts: list }) =>
      list.filter((one) => whyNotReview(one, me.person) === null),
    ),
    proposals: listIn(proposals, ({ proposals: list }) =>
      list.filter((one) => barredBecause(one, me.person) === null),
    ),
  };
  const { incidents: _open, waitingForMe, changes: _some, ...others } = value;
  const count = waitingForMe + Object.values(others).reduce((sum, list) => sum + list.length, 0);
  const at = Math.min(...parts.map((one) => (one.kind === "there" ? one.at : 0)));
  const stale = parts.map((one) => (one.kind === "there" ? one.stale : null)).find(Boolean) ?? null;
  const again = () => {
    for (const one of parts) one.again();
  };
  return { kind: "there" as const, value: { ...value, count }, at, stale, again };
}

type There = Extract<ReturnType<typeof useWaiting>, { readonly kind: "there" }>["value"];

const listIn = <T, I>(of: Loaded<T>, pick: (value: T) => readonly I[]): readonly I[] =>
  of.kind === "there" ? pick(of.value) : [];

function Tasks({ changes, waitingForMe, debts, proposals, ...urgent }: There) {
  const people = useLoaded(peopleApi.people, {});
  const known = people.kind === "there" ? people.value.people : [];
  const names = useNames();
  return (
    <ul className="tasks">
      <Urgent {...urgent} />
      {changes.map(({ id, subject, target, given, wanted, firstSeenAt, authors }) => (
        <Task key={id} meaning="person" word="sign" at={firstSeenAt}>
          <Link to="/changes/$id" params={{ id }} data-row>
            <Seen text={subject === "" ? "a change without a message" : subject} />
          </Link>
          <span className="muted">
            {" "}
            for <Seen text={branchOf(target)} />
            {authors.length > 0 && `, by ${authors.map(names).join(", ")}`}, {given} of {wanted}{" "}
            approvals
          </span>
        </Task>
      ))}
      {waitingForMe > changes.length && (
        <li>
          <Link to="/queue" search={{ show: "waiting" }}>
            {waitingForMe - changes.length} more wait for your signature
          </Link>
        </li>
      )}
      {debts.map(({ debt, change, subject, at, teams }) => (
        <Task key={debt} meaning="person" word="review" at={at}>
          <Link to="/debts" data-row>
            <Seen text={subject === "" ? (change ?? "") : subject} />
          </Link>
          <span className="muted">
            {" "}
            went forward by break-glass, and holds{" "}
            {teams.length === 0 ? "everybody" : <Seen text={teams.join(", ")} />}
          </span>
        </Task>
      ))}
      {proposals.map((one) => (
        <Task key={one.proposal} meaning="person" word="endorse" at={one.at}>
          <Link to="/proposals/$proposal" params={{ proposal: one.proposal }} data-row>
            {titleOf(one, known)}
          </Link>
          <span className="muted">
            {" "}
            {one.endorsedBy.length} of {one.needed}
          </span>
        </Task>
      ))}
    </ul>
  );
}

/** What cannot wait: what is wrong in production, and who wants a second. */
function Urgent({ incidents, seconds }: Pick<There, "incidents" | "seconds">) {
  const names = useNames();
  return (
    <>
      {incidents.map(({ incident, title, at, by }) => (
        <Task key={incident} meaning="stopped" word="incident" at={at}>
          <Link to="/incidents" data-row>
            <Seen text={title} />
          </Link>
          <span className="muted"> opened by {names(by)}</span>
        </Task>
      ))}
      {seconds.map(({ entry, change, subject, waives, person, expiresAt }) => (
        <Task
          key={entry}
          meaning="person"
          word={waives.breakGlass ? "break the glass" : "waive"}
          at={expiresAt}
        >
          <Link to="/changes/$id" params={{ id: change }} data-row>
            <Seen text={subject} />
          </Link>
          <span className="muted">
            {" "}
            {names(person)} let it pass <Seen text={waives.rule} />, and wants a second; ends
          </span>
        </Task>
      ))}
    </>
  );
}
