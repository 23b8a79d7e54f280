// SPDX-License-Identifier: Apache-2.0
import { useId } from "react";

/** A line of text with its name above it, and below what it takes or what is wrong with it. */
export function Field(given: {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly hint?: string;
  readonly problem?: string | undefined;
  readonly placeholder?: string;
  readonly autoComplete?: string;
  readonly many?: boolean;
}) {
  const { name, value, hint, problem, placeholder, autoComplete = "off" } = given;
  const id = useId();
  const says = problem ?? hint;
  const asked = {
    ...{ id, value, placeholder, autoComplete, spellCheck: false },
    "aria-invalid": problem !== undefined,
    "aria-describedby": says === undefined ? undefined : `${id}-says`,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{name}</label>
      {given.many === true ? (
        <textarea {...asked} rows={3} onChange={(event) => given.onChange(event.target.value)} />
      ) : (
        <input {...asked} type="text" onChange={(event) => given.onChange(event.target.value)} />
      )}
      {says !== undefined && (
        <p id={`${id}-says`} className={problem === undefined ? "hint" : "problem"}>
          {says}
        </p>
      )}
    </div>
  );
}
