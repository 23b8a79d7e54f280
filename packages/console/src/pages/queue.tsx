// SPDX-License-Identifier: Apache-2.0
import { listChanges } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { meaningOfOutcome } from "../parts/meaning.ts";
import { Page } from "../parts/page.tsx";
import { SixWords } from "../parts/six-words.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";

const EVERY_MS = 10_000;

/** Changes that enforcement points asked about, those judged last first. */
export function QueuePage() {
  const changes = useLoaded(listChanges, {}, { everyMs: EVERY_MS });
  return (
    <Page
      title="Queue"
      lead="Changes that enforcement points asked about, those judged last first."
    >
      <Show of={changes} what="the changes">
        {({ changes: list }) =>
          list.length === 0 ? (
            <Empty title="No enforcement point has asked about a change yet">
              Install the hook in a repository with <code>interlock hook install</code>: every push
              to a protected branch then appears here.
            </Empty>
          ) : (
            <table className="rows">
              <thead>
                <tr>
                  <th scope="col">Decision</th>
                  <th scope="col">Change</th>
                  <th scope="col">Where</th>
                  <th scope="col">Words</th>
                  <th scope="col">Judged</th>
                </tr>
              </thead>
              <tbody>
                {list.map((change) => (
                  <tr key={change.id}>
                    <td>
                      <Badge meaning={meaningOfOutcome(change.effective)}>{change.effective}</Badge>
                    </td>
                    <th scope="row">{change.subject}</th>
                    <td>{change.target}</td>
                    <td>
                      <SixWords words={change.words} />
                    </td>
                    <td>
                      <When at={change.judgedAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Show>
    </Page>
  );
}
