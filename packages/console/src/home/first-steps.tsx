// SPDX-License-Identifier: Apache-2.0
import { peopleApi, tokensApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Copy } from "../parts/short-id.tsx";

/** The way from the founding to the first push that is seen; the page listens, and goes on by itself. */
export function FirstSteps() {
  const people = useLoaded(peopleApi.people, {});
  const tokens = useLoaded(tokensApi.tokens, {});
  const members = people.kind === "there" ? people.value.people.length : null;
  const hasToken =
    tokens.kind === "there" && tokens.value.tokens.some(({ verbs }) => verbs.includes("gate"));
  const origin = window.location.origin;
  return (
    <section className="section first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">The first day</h2>
      <p className="muted">
        Nothing was pushed to a protected place yet. Nothing is held before a policy says so: rules
        begin in <code>observe</code>, where they only record what they would have held.
      </p>
      <ol className="step-list">
        <Step done title="The organisation is founded">
          {members !== null && `${members} persons can approve.`} Everybody should have a second
          passkey on another device: <Link to="/keys">your keys</Link>.
        </Step>
        <Step done={false} title="Write a policy into the repository">
          In a clone of it: the policy, the people whom it knows already, and a test.
          <Command text="interlock init" />
        </Step>
        <Step done={hasToken} title="Make a token for the hook">
          It may ask about one repository, whose id this prints in a clone of it:
          <Command text="interlock facts --repository-id" />
          Then <Link to="/keys">make the token</Link> and keep its secret in a file, such as{" "}
          <code>token</code>.
        </Step>
        <Step done={false} title="Protect the repository">
          Where the bare repository lies, as the account that git runs as. For GitHub, see{" "}
          <code>docs/operate/github.md</code>.
          <Command text={`interlock hook install --server ${origin} --token-file token`} />
        </Step>
        <Step done={false} title="Push">
          As always. The push shows the decision and the link of its page, and this page shows it
          within seconds.
        </Step>
      </ol>
    </section>
  );
}

function Step(given: {
  readonly done: boolean;
  readonly title: string;
  readonly children: ReactNode;
}) {
  return (
    <li data-done={given.done}>
      <p>
        <strong>{given.title}</strong> {given.done && <Badge meaning="done">done</Badge>}
      </p>
      <div className="step-says">{given.children}</div>
    </li>
  );
}

/** A line for a terminal. */
function Command({ text }: { readonly text: string }) {
  return (
    <p className="command">
      <code>{text}</code>
      <Copy text={text} what="the command" />
    </p>
  );
}
