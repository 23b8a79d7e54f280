// SPDX-License-Identifier: Apache-2.0
import { type Act, type ChangeDocument, commandText, expectationText } from "@interlock/document";
import { Seen } from "../diff/seen.tsx";

/** What is done, in order: what is expected, how it is seen, when to stop, and the way back. */
export function StepsTable({
  of: { preChecks, steps },
}: {
  readonly of: Pick<ChangeDocument, "preChecks" | "steps">;
}) {
  return (
    <div className="rows-frame">
      <table className="rows steps-table">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Do</th>
            <th scope="col">Expect</th>
            <th scope="col">Verify</th>
            <th scope="col">Abort if</th>
            <th scope="col">Undo</th>
          </tr>
        </thead>
        <tbody>
          {preChecks.map((act, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a check is its place
            <tr key={at}>
              <th scope="row">check {at + 1}</th>
              <ActCells act={act} />
              <td colSpan={3} className="muted">
                before the first step; changes nothing
              </td>
            </tr>
          ))}
          {steps.map(({ id, act, verify, abortIf, undo, irreversible, second }) => (
            <tr key={id}>
              <th scope="row">
                {id}
                {second && <span className="muted second"> a second person confirms</span>}
              </th>
              <ActCells act={act} />
              <td>{verify === null ? <Missing /> : <WithExpectation act={verify} />}</td>
              <td>{abortIf === null ? <Missing /> : <Seen text={abortIf} />}</td>
              <td>
                {undo !== null ? (
                  <ActText act={undo} />
                ) : irreversible !== null ? (
                  <>
                    no way back: <Seen text={irreversible} />
                  </>
                ) : (
                  <Missing />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Missing = () => <span className="muted">not said</span>;

function ActCells({ act }: { readonly act: Act }) {
  return (
    <>
      <td>
        <ActText act={act} />
      </td>
      <td>{act.expect === null ? <Missing /> : <Seen text={expectationText(act.expect)} />}</td>
    </>
  );
}

/** In words, and the command that runs, argument by argument. */
export function ActText({ act: { says, run } }: { readonly act: Act }) {
  return (
    <>
      {says !== "" && <Seen text={says} />}
      {run !== null && (
        <code className="command">
          <Seen text={commandText(run.argv)} />
        </code>
      )}
    </>
  );
}

export function WithExpectation({ act }: { readonly act: Act }) {
  return (
    <>
      <ActText act={act} />
      {act.expect !== null && (
        <span className="muted expects">
          expect <Seen text={expectationText(act.expect)} />
        </span>
      )}
    </>
  );
}
