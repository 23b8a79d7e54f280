// SPDX-License-Identifier: Apache-2.0
import type { RunShown } from "@interlock/protocol";
import type { Names } from "../change/shown.ts";
import { ActText } from "../documents/steps-table.tsx";
import { Copy } from "../parts/short-id.tsx";
import { useMe } from "../shell/session.ts";
import type { Told } from "./told.ts";
import { nameOf } from "./words.ts";

/** Beginning of the id by which the command line names its journal. */
const NAMED = 20;

/**
 * How a run is stopped and taken back: always at this place, whatever else the page says. The commands
 * run where the operator is; no page runs one.
 */
export function HowToStop({
  run,
  told,
  names,
}: {
  readonly run: RunShown;
  readonly told: Told | null;
  readonly names: Names;
}) {
  const me = useMe();
  const touched = told?.touched ?? [];
  const isOver = run.next.kind === "over";
  const command = `interlock run --resume interlock-runs/*.${run.run.slice(0, NAMED)}.jsonl`;
  return (
    <aside className="stop" aria-labelledby="stop" data-over={isOver}>
      <h2 id="stop">{isOver ? "It is over" : "Stop, and take back"}</h2>
      {!isOver && (
        <>
          <p>
            {run.operator === me.person
              ? "In your terminal"
              : `In ${names(run.operator)}’s terminal`}
            : answer <code>stop</code>, then choose <code>undo</code> or <code>leave</code>.{" "}
            <kbd>Ctrl C</kbd> ends the command that runs. Where that terminal is gone, beside its
            journal:
          </p>
          <p className="command-line">
            <code>{command}</code>
            <Copy text={command} what="the command" />
          </p>
        </>
      )}
      <h3>{isOver ? "What is in place, and its way back" : "What undo takes back"}</h3>
      {touched.length === 0 ? (
        <p className="muted">nothing{!isOver && ": no step took place yet"}</p>
      ) : (
        <ol className="undo-list">
          {touched.map((task) => (
            <li key={task.id}>
              <strong>{nameOf(task.id)}</strong>:{" "}
              {task.undo === null ? (
                <>no way back, and undoing ends here: {task.irreversible ?? "it says none"}</>
              ) : (
                <ActText act={task.undo} />
              )}
            </li>
          ))}
        </ol>
      )}
    </aside>
  );
}
