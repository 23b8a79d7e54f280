// SPDX-License-Identifier: Apache-2.0

import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import type { Exception } from "./intent.ts";

/** What a terminal asked for, to be read before its statement is made; nothing is signed by opening a link. */
export function ExceptionAsked(given: {
  readonly exception: Exception;
  readonly label: string;
  readonly pending: boolean;
  readonly onAsk: () => void;
}) {
  const { exception, label, pending, onAsk } = given;
  return (
    <section className="exception" aria-label="asked for in a terminal">
      <p>
        <Badge meaning="person">asked</Badge> {saysOf(exception)}
      </p>
      <dl className="facts">
        {exception.act === "override" && <OverrideFacts of={exception} />}
        <dt>Reason</dt>
        <dd>
          <Seen text={exception.reason} />
        </dd>
      </dl>
      <div className="acts">
        <button type="button" className="danger" aria-disabled={pending} onClick={onAsk}>
          <Icon name="key" />
          {label} …
        </button>
      </div>
    </section>
  );
}

function OverrideFacts({
  of: { waives, hours },
}: {
  readonly of: Exception & { act: "override" };
}) {
  return (
    <>
      <dt>Rule</dt>
      <dd>
        <code>
          <Seen text={waives.rule} />
        </code>
      </dd>
      {waives.incident !== undefined && (
        <>
          <dt>Incident</dt>
          <dd>
            <code>
              <Seen text={waives.incident} />
            </code>
          </dd>
        </>
      )}
      {hours !== null && (
        <>
          <dt>Lasts</dt>
          <dd>{hours} h</dd>
        </>
      )}
    </>
  );
}

function saysOf(exception: Exception): string {
  if (exception.act === "settle")
    return "A terminal asks you to say that you reviewed what was done when the glass was broken.";
  return exception.waives.breakGlass
    ? "A terminal asks you to break the glass: with a second person's override this change passes the rule, and leaves a debt."
    : "A terminal asks you to waive a rule: with a second person's override this change passes it.";
}
