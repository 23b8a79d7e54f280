// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "react";
import type { Act as Progress } from "../api/act.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { SixWords } from "../parts/six-words.tsx";
import { Refused } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { Owes } from "./override-effect.tsx";
import { type ChangeShown, counted, type Names } from "./shown.ts";
import type { Act, Asked, Recorded } from "./statement.ts";

const SAYS: Readonly<Record<Act, string>> = {
  approve: "I approve exactly this content, for this target, under these rules.",
  reject: "I reject this content. It holds until I take that back.",
  withdraw: "I take back what I said about this content.",
  override: "I let exactly this content pass one rule that stands in its way.",
  settle: "I have reviewed what was done here when the glass was broken.",
};

/** The statement in words, and the passkey that signs it. */
export function StatementView(given: {
  readonly asked: Asked;
  readonly act: Act;
  readonly names: Names;
  readonly shown: ChangeShown;
  readonly label: string;
  readonly signing: Progress<Recorded>;
  readonly onSign: () => void;
  readonly onCancel: () => void;
}) {
  const { asked, act, names, label, signing } = given;
  const section = useRef<HTMLElement>(null);
  // It stands where the button was that asked for it, which may be far from where a person looks.
  useEffect(() => section.current?.focus(), []);
  const pending = signing.kind === "pending";
  return (
    <section ref={section} tabIndex={-1} className="sign statement" aria-label="what you sign">
      <p>
        <strong>{names(asked.statement.person)}:</strong> “{SAYS[act]}”
      </p>
      <StatementFacts asked={asked} />
      {asked.statement.waives?.breakGlass === true && (
        <ul className="effects">
          <Owes shown={given.shown} />
        </ul>
      )}
      <p className="muted small">
        Compare the six words with those that your terminal or another screen shows.
      </p>
      <div className="acts">
        <button
          type="button"
          className={act === "approve" ? "primary" : "danger"}
          aria-disabled={pending}
          onClick={given.onSign}
        >
          <Icon name="key" />
          {pending ? "Pending: waiting for your passkey and the ledger …" : label}
        </button>
        <button type="button" className="quiet" aria-disabled={pending} onClick={given.onCancel}>
          Sign nothing
        </button>
      </div>
      {signing.kind === "failed" && <Refused failure={signing.failure} />}
    </section>
  );
}

function StatementFacts({ asked }: { readonly asked: Asked }) {
  const { statement } = asked;
  return (
    <dl className="facts">
      <dt>Six words</dt>
      <dd>
        <SixWords words={asked.words} />
      </dd>
      <dt>Digest</dt>
      <dd>
        <ShortId id={statement.digest} what="the digest" />
      </dd>
      <dt>Repository</dt>
      <dd>
        <code>{statement.repository}</code>
      </dd>
      <dt>Target</dt>
      <dd>
        <code>{statement.target}</code>
        {statement.environment === "" ? ", any environment of it" : `, ${statement.environment}`}
      </dd>
      <dt>Rules</dt>
      <dd>
        {statement.rules.map((rules) => (
          <ShortId key={rules} id={rules} what="the digest of the rules" />
        ))}
      </dd>
      {statement.naming.length > 0 && (
        <>
          <dt>Accepts</dt>
          <dd>{counted(statement.naming.length, "finding")} named above</dd>
        </>
      )}
      {statement.waives !== undefined && (
        <>
          <dt>{statement.waives.breakGlass ? "Breaks the glass" : "Waives"}</dt>
          <dd>
            <code>{statement.waives.rule}</code>
            {statement.waives.incident !== undefined && (
              <>
                {" "}
                in the incident <code>{statement.waives.incident}</code>
              </>
            )}
          </dd>
        </>
      )}
      {asked.reason !== null && (
        <>
          <dt>Reason</dt>
          <dd>
            <Seen text={asked.reason} />
          </dd>
        </>
      )}
      <dt>Ends</dt>
      <dd>
        <When at={statement.expiresAt} />
      </dd>
      <dt>Checked</dt>
      <dd>
        <Badge meaning="done">same</Badge> every field is what this page shows, and the challenge
        for your key was derived from it in this browser
      </dd>
    </dl>
  );
}
