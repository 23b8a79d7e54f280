// SPDX-License-Identifier: Apache-2.0
import { peopleApi, type RemedyShown, runsApi } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { useNow, When } from "../parts/when.tsx";
import { useMe } from "../shell/session.ts";

/** What one person on call may do without a second, at any hour. by (never-stuck) */
export function Alone() {
  const remedies = useLoaded(runsApi.remedies, {});
  return (
    <section className="section alone" aria-labelledby="alone">
      <h2 id="alone">What you may do alone, now</h2>
      <ol>
        <li>
          <strong>Halt and go back</strong> in a run of yours: at a step that fails{" "}
          <code>interlock run</code> asks, and <code>undo</code> takes back everything that took
          place, newest first; after a crash <code>interlock run --resume JOURNAL</code>. Halting a
          rollout by waves comes with rollouts.
        </li>
        <li>
          <strong>Run a standing remedy</strong>: two people signed it beforehand, with its ranges.
          It runs in a terminal, and while this server is away too, with <code>--local</code>.
          <Show of={remedies} what="the standing remedies">
            {({ remedies: list }) => <Remedies list={list} />}
          </Show>
        </li>
        <li>
          <strong>Open an incident.</strong> It calls nobody and passes nothing by itself.
        </li>
      </ol>
      <p className="muted">
        Everything else takes a second person: one signature passes no rule, in an emergency either.
        A fix that goes forward is a change like any other, or break-glass by two.
      </p>
    </section>
  );
}

function Remedies({ list }: { readonly list: readonly RemedyShown[] }) {
  const me = useMe();
  const now = useNow();
  const people = useLoaded(peopleApi.people, {});
  const known = people.kind === "there" ? people.value.people : [];
  const accounts = known.find(({ person }) => person === me.person)?.accounts ?? [];
  const mine = list.filter(({ mayRun }) =>
    mayRun.some((name) => name === me.person || accounts.includes(name)),
  );
  if (mine.length === 0)
    return (
      <p className="muted">
        {list.length === 0 ? (
          <>
            None stands yet: <code>interlock document new remedy</code> writes the template of one.
          </>
        ) : (
          <>
            None of the {list.length} that stand names you in <code>mayRun</code>.
          </>
        )}
      </p>
    );
  return (
    <ul>
      {mine.map(({ remedy, title, rehearsedUntil }) => (
        <li key={remedy}>
          <Seen text={title} />: <code>interlock remedy show {remedy}</code>
          <Copy text={`interlock remedy show ${remedy}`} what={`the command for ${remedy}`} />{" "}
          {rehearsedUntil <= now ? (
            <Badge meaning="stopped">rehearsed too long ago: nobody may run it</Badge>
          ) : (
            <span className="muted">
              rehearsal good, ends <When at={rehearsedUntil} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
