// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeDocument,
  type Parameter,
  planOf,
  rangeOf,
  readValues,
  type Task,
} from "@interlock/document";
import { useId, useState } from "react";
import { ActText } from "../documents/steps-table.tsx";
import { Field } from "../parts/field.tsx";
import { Copy } from "../parts/short-id.tsx";
import { nameOf } from "../runs/words.ts";
import { firstValue, runCommand } from "./parameters.ts";

/** The values of a run within their ranges, every command that they give, and the one that runs it all. */
export function Prepare({
  document,
  barred,
}: {
  readonly document: ChangeDocument;
  /** Why whoever reads cannot run it now; `null`: nothing is known against it. */
  readonly barred: string | null;
}) {
  const { parameters = [], id = "" } = document.remedy ?? {};
  const [values, setValues] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(parameters.map((one) => [one.name, firstValue(one)])),
  );
  const read = readValues(parameters, values);
  return (
    <section className="section" aria-labelledby="prepare">
      <h2 id="prepare">Prepare a run</h2>
      <div className="fields narrow-form">
        {parameters.map((parameter) => (
          <Value
            key={parameter.name}
            parameter={parameter}
            value={values[parameter.name] ?? ""}
            onChange={(value) => setValues({ ...values, [parameter.name]: value })}
          />
        ))}
      </div>
      {read.ok ? (
        <>
          <h3>What would run</h3>
          <PlanRows tasks={planOf(document, read.values)} />
          {barred === null ? (
            <Command text={runCommand(id, read.values, window.location.origin)} />
          ) : (
            <p className="why-not">You cannot run it now: {barred}.</p>
          )}
        </>
      ) : (
        <ul className="effects problem" aria-live="polite">
          {read.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Command({ text }: { readonly text: string }) {
  return (
    <div className="prepared">
      <p>
        Run it in a terminal that is signed in (<code>interlock login</code>). Each command is shown
        before it runs; no page runs one.
      </p>
      <p className="command-line">
        <code>{text}</code>
        <Copy text={text} what="the command" label="Copy" />
      </p>
    </div>
  );
}

function Value({
  parameter,
  value,
  onChange,
}: {
  readonly parameter: Parameter;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  const { name, about } = parameter;
  const hint = `${rangeOf(parameter)}${about === "" ? "" : `; ${about}`}`;
  const read = readValues([parameter], { [name]: value });
  const problem = read.ok || value === "" ? undefined : read.problems.join("; ");
  if (parameter.type !== "choice") return <Field {...{ name, value, onChange, hint, problem }} />;
  return (
    <div className="field">
      <label htmlFor={id}>{name}</label>
      <select
        id={id}
        value={value}
        aria-describedby={`${id}-says`}
        onChange={(event) => onChange(event.target.value)}
      >
        {parameter.values.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <p id={`${id}-says`} className="hint">
        {hint}
      </p>
    </div>
  );
}

function PlanRows({ tasks }: { readonly tasks: readonly Task[] }) {
  return (
    <div className="rows-frame">
      <table className="rows steps-table">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Do</th>
            <th scope="col">Verify</th>
            <th scope="col">Undo</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map(({ id, act, verify, undo, irreversible }) => (
            <tr key={id}>
              <th scope="row">{nameOf(id)}</th>
              <td>
                <ActText act={act} />
              </td>
              <td>{verify === null ? "" : <ActText act={verify} />}</td>
              <td>{undo === null ? (irreversible ?? "") : <ActText act={undo} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
