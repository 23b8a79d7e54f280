// SPDX-License-Identifier: Apache-2.0
import { counted } from "../change/shown.ts";
import { Badge } from "../parts/badge.tsx";
import type { Checked, Remark } from "./checked.ts";

/** What is still to be mended; a press goes there. */
export function Remarks({
  checked: { remarks },
  onGo,
}: {
  readonly checked: Checked;
  readonly onGo: (remark: Remark) => void;
}) {
  return (
    <section className="remarks" aria-labelledby="remarks">
      <h2 id="remarks">To mend</h2>
      <p aria-live="polite">
        <Sum remarks={remarks} />
      </p>
      <ol className="remark-list">
        {remarks.map((remark) => (
          <li key={`${remark.line} ${remark.column} ${remark.id} ${remark.message}`}>
            <button type="button" className="remark" data-row onClick={() => onGo(remark)}>
              <span className="remark-line">line {remark.line}</span>
              <span className="remark-says">
                <Badge meaning={remark.weight === "error" ? "stopped" : "person"}>
                  {remark.weight}
                </Badge>{" "}
                {remark.message}
                <span className="hint">{remark.help}</span>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Sum({ remarks }: Pick<Checked, "remarks">) {
  const errors = remarks.filter(({ weight }) => weight === "error").length;
  const warnings = remarks.length - errors;
  if (remarks.length === 0) return <Badge meaning="done">nothing to mend</Badge>;
  return (
    <>
      {counted(errors, "error")}, {counted(warnings, "warning")}; a section with an error does not
      count
    </>
  );
}
