// SPDX-License-Identifier: Apache-2.0
import { useId, useState } from "react";

/** A rejection has a reason, which whoever wrote the change reads. */
export function RejectReason(given: {
  readonly label: string;
  /** What was written elsewhere already. */
  readonly begun: string;
  readonly pending: boolean;
  readonly onReject: (reason: string) => void;
  readonly onCancel: () => void;
}) {
  const [text, setText] = useState(given.begun);
  const [missing, setMissing] = useState(false);
  const id = useId();
  const reason = text.trim();
  return (
    <div className="field reject">
      <label htmlFor={id}>Why not</label>
      <textarea
        id={id}
        rows={3}
        maxLength={2_000}
        value={text}
        aria-invalid={missing}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          setText(event.target.value);
          setMissing(false);
        }}
      />
      <p id={`${id}-hint`} className={missing ? "problem" : "hint"}>
        {missing
          ? "say why: whoever wrote it must know what to mend"
          : "It holds until you take it back, whoever approves. It goes into the ledger with your name."}
      </p>
      <div className="acts">
        <button
          type="button"
          className="danger"
          aria-disabled={given.pending}
          onClick={() => (reason === "" ? setMissing(true) : given.onReject(reason))}
        >
          {given.label} …
        </button>
        <button type="button" className="quiet" onClick={given.onCancel}>
          Do not reject
        </button>
      </div>
    </div>
  );
}
