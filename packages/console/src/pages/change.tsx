// SPDX-License-Identifier: Apache-2.0
import { listChanges, showChange, showContents } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useState } from "react";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Contents, type Reading, unsureOf, useReading } from "../change/contents-view.tsx";
import { Headline } from "../change/headline.tsx";
import { branchOf, type ChangeShown, type Names, shownOf } from "../change/shown.ts";
import { SignPanel } from "../change/sign-panel.tsx";
import { Signatures } from "../change/signatures.tsx";
import { Tree } from "../change/tree.tsx";
import { Seen } from "../diff/seen.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useLive } from "../live/stream.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { SixWords } from "../parts/six-words.tsx";
import { Show } from "../parts/states.tsx";
import { useNames } from "../people/names.ts";

const BeginRollouts = lazy(() =>
  import("../rollouts/begin.tsx").then((module) => ({ default: module.BeginRollouts })),
);

const BlastRadius = lazy(() =>
  import("../blast/blast.tsx").then((module) => ({ default: module.BlastRadius })),
);

const Replays = lazy(() =>
  import("../replays/replays.tsx").then((module) => ({ default: module.Replays })),
);

const route = getRouteApi("/shell/changes/$id");

/** One change: what is decided and why, what it is, and what a person can do about it. */
export function ChangePage() {
  const { id } = route.useParams();
  const params = { id };
  const change = useLoaded(showChange, { params });
  const names = useNames();
  if (change.kind !== "there")
    return (
      <Page title="Change">
        <Show of={change} what="the change">
          {() => null}
        </Show>
      </Page>
    );
  return (
    <Show of={change} what="the change">
      {(value) => <Shown key={id} shown={shownOf(value)} names={names} />}
    </Show>
  );
}

type Given = { readonly shown: ChangeShown; readonly names: Names };

function Shown({ shown, names }: Given) {
  const { change, judged } = shown;
  const forget = useForget();
  const live = useLive("now", (event) => {
    if ("change" in event && event.change === change.id) void forget(showChange, showContents);
  });
  const contents = useLoaded(showContents, { params: { id: change.id } });
  const [tampered, setTampered] = useState<string | null>(null);
  const onTampered = useCallback((path: string) => setTampered(path), []);
  const reading: Reading = useReading(contents, change.digest, tampered);
  return (
    <Page
      title={change.subject === "" ? "A change without a message" : change.subject}
      lead={<Where shown={shown} />}
      acts={<LiveNote of={live} />}
    >
      <Newer shown={shown} />
      <div className="above">
        <Headline shown={shown} names={names} />
        <SignPanel shown={shown} names={names} unsure={unsureOf(reading)} />
      </div>
      {judged === null ? (
        <p className="state">
          The facts and the reasons of this decision were erased; its proof stands.
        </p>
      ) : (
        <Tree decision={judged.decision} facts={judged.facts} />
      )}
      {judged?.facts != null && (
        <Suspense fallback={null}>
          <BlastRadius blast={judged.facts.blast} />
        </Suspense>
      )}
      <Suspense fallback={null}>
        <Replays change={change.id} />
      </Suspense>
      {change.effective === "allow" && reading.kind === "same" && (
        <Suspense fallback={null}>
          <BeginRollouts change={change} entries={reading.entries} />
        </Suspense>
      )}
      <Contents reading={reading} change={change.id} contents={contents} onTampered={onTampered} />
      <Signatures shown={shown} names={names} />
      <Identity shown={shown} />
    </Page>
  );
}

function Where({ shown: { change, review } }: Pick<Given, "shown">) {
  return (
    <>
      <Seen text={branchOf(change.target)} /> of <code>{change.repository}</code>
      {review.authors.length > 0 && (
        <>
          , by <Seen text={review.authors.join(", ")} />
        </>
      )}
    </>
  );
}

/** A later push to the same place may have taken this one's. */
function Newer({ shown: { change } }: Pick<Given, "shown">) {
  const { repository, target } = change;
  const newest = useLoaded(listChanges, { query: { repository, target, limit: 1 } });
  const first = newest.kind === "there" ? newest.value.changes[0] : undefined;
  if (first === undefined || first.id === change.id || first.firstSeenAt <= change.firstSeenAt)
    return null;
  return (
    <p className="newer" role="note">
      <Badge meaning="working">newer</Badge> another change to {branchOf(target)} was judged after
      this one:{" "}
      <Link to="/changes/$id" params={{ id: first.id }}>
        <Seen text={first.subject} />
      </Link>
    </p>
  );
}

function Identity({ shown: { change } }: Pick<Given, "shown">) {
  return (
    <section className="section" aria-labelledby="identity">
      <h2 id="identity">What it is</h2>
      <dl className="facts">
        <dt>Six words</dt>
        <dd>
          <SixWords words={change.words} />
        </dd>
        <dt>Digest</dt>
        <dd>
          {change.digest === null ? "not known" : <ShortId id={change.digest} what="the digest" />}
        </dd>
        <dt>From</dt>
        <dd>
          <ShortId id={change.base} what="the commit before" />
        </dd>
        <dt>To</dt>
        <dd>
          <ShortId id={change.head} what="the commit that is to land" />, tree{" "}
          <ShortId id={change.merge} what="the tree of the result" />
        </dd>
        <dt>Change</dt>
        <dd>
          <code>{change.id}</code>
        </dd>
      </dl>
    </section>
  );
}
