// SPDX-License-Identifier: Apache-2.0
import { type Act, expectationText, type Part } from "@interlock/document";
import { Link } from "@tanstack/react-router";
import type { Names } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { ActText } from "../documents/steps-table.tsx";
import { Badge } from "../parts/badge.tsx";
import type { Meaning } from "../parts/meaning.ts";
import { ShortId } from "../parts/short-id.tsx";
import { When } from "../parts/when.tsx";
import type { PartTold, Said, TaskTold, Told } from "./told.ts";
import { type NextShown, nameOf } from "./words.ts";

/** Every step with what was expected and what was seen, who says so and when. */
export function Tasks({
  told,
  next,
  names,
}: {
  readonly told: Told;
  readonly next: NextShown;
  readonly names: Names;
}) {
  return (
    <section className="section" aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      <ol className="tasks">
        {told.tasks.map((one) => (
          <OneTask key={one.task.id} of={one} isNext={next.task === one.task.id} names={names} />
        ))}
      </ol>
    </section>
  );
}

function OneTask({
  of: { task, parts, said },
  isNext,
  names,
}: {
  readonly of: TaskTold;
  readonly isNext: boolean;
  readonly names: Names;
}) {
  const acts: readonly (readonly [Part, Act | null])[] = [
    ["do", task.act],
    ["verify", task.verify],
    ["undo", parts.some(({ part }) => part === "undo") ? task.undo : null],
  ];
  return (
    <li className="task" data-next={isNext} aria-current={isNext ? "step" : undefined}>
      <h3>
        {nameOf(task.id)} {isNext && <Badge meaning="working">now</Badge>}
        {task.second && <span className="muted"> a second person confirms</span>}
      </h3>
      <div className="rows-frame">
        <table className="rows task-parts">
          <thead className="hidden">
            <tr>
              <th scope="col">Part</th>
              <th scope="col">State</th>
              <th scope="col">What</th>
              <th scope="col">Expected and seen</th>
              <th scope="col">Who and when</th>
            </tr>
          </thead>
          <tbody>
            {acts.map(([part, act]) =>
              act === null ? null : (
                <PartRow
                  key={part}
                  {...{ part, act, names }}
                  told={parts.findLast((one) => one.part === part) ?? null}
                />
              ),
            )}
          </tbody>
        </table>
      </div>
      {said.map((one) => (
        <SaidLine key={one.index} said={one} names={names} />
      ))}
    </li>
  );
}

const STATES: Readonly<Record<PartTold["state"], Meaning>> = {
  running: "working",
  passed: "done",
  failed: "stopped",
};

function PartRow({
  part,
  act,
  told,
  names,
}: {
  readonly part: Part;
  readonly act: Act;
  readonly told: PartTold | null;
  readonly names: Names;
}) {
  return (
    <tr>
      <th scope="row">{part}</th>
      <td>
        {told === null ? (
          <span className="muted">not begun</span>
        ) : (
          <Badge meaning={STATES[told.state]}>{told.state}</Badge>
        )}
      </td>
      <td>
        <ActText act={act} />
      </td>
      <td>
        {act.expect !== null && (
          <span>
            expected: <Seen text={expectationText(act.expect)} />
          </span>
        )}
        {told !== null && told.ended !== null && <SeenOf told={told} />}
      </td>
      <td>
        {told !== null && (
          <>
            {told.ended !== null && (told.by === "" ? "the machine" : names(told.by))}{" "}
            <When at={(told.ended ?? told.began).at} />{" "}
            <Link to="/ledger" search={{ entry: (told.ended ?? told.began).index }}>
              entry {(told.ended ?? told.began).index}
            </Link>
          </>
        )}
      </td>
    </tr>
  );
}

/** The ledger holds digests of outputs, not outputs: those are with the operator. */
function SeenOf({ told: { exit, output, missed, state, by } }: { readonly told: PartTold }) {
  return (
    <span className="seen-of">
      seen: {exit !== null && `exit code ${exit}, `}
      {output !== null && (
        <>
          {output.bytes} bytes <ShortId id={output.digest} what="the digest of the output" />
        </>
      )}
      {output === null && by !== "" && (state === "passed" ? "as expected" : "not as expected")}
      {missed.length > 0 && (
        <>
          {" "}
          <Badge meaning="stopped">missed</Badge> {missed.join("; ")}
        </>
      )}
    </span>
  );
}

const SAYS = {
  agreed: "says that it worked",
  disagreed: "says that it did not work",
  "took-place": "found that it took place, after an interruption",
  "did-not-take-place": "found that it did not take place, after an interruption",
} as const;

function SaidLine({ said, names }: { readonly said: Said; readonly names: Names }) {
  const isGood = said.kind === "agreed";
  return (
    <p className="said">
      <Badge meaning={isGood ? "done" : "person"}>{isGood ? "confirmed" : said.kind}</Badge>{" "}
      {names(said.by)}{" "}
      {said.kind === "chose" ? (
        <>
          chose {said.choice}: <Seen text={said.reason} />
        </>
      ) : (
        SAYS[said.kind]
      )}
      , <When at={said.at} />,{" "}
      <Link to="/ledger" search={{ entry: said.index }}>
        entry {said.index}
      </Link>
    </p>
  );
}
