// SPDX-License-Identifier: Apache-2.0
import type { Blast } from "@interlock/core";
import { type ChangeDocument, isError, lint, readDocument, type Spot } from "@interlock/document";
import { serverNow } from "../api/clock.ts";

/** Something to mend, where it stands and what to write instead. */
export type Remark = Spot & {
  readonly weight: "error" | "warning";
  readonly id: string;
  readonly message: string;
  readonly help: string;
};

export type Checked = {
  readonly remarks: readonly Remark[];
  /** `null` where it cannot be read: there is nothing to show of it then. */
  readonly document: ChangeDocument | null;
};

/** What the lint says of a text, as `interlock document check` does; with the computed reach where it is known. */
export function checkedText(text: string, blast: Blast | null): Checked {
  const read = readDocument("document", text);
  if (!read.ok)
    return {
      document: null,
      remarks: read.problems.map(({ code, line, column, message, help }) => {
        return { line, column, weight: "error", id: code, message, help };
      }),
    };
  const around = { now: serverNow(), ...(blast === null ? {} : { blast }) };
  const remarks = lint(read.sited, around).map((finding): Remark => {
    const { id, line, column, message, help } = finding;
    return { id, line, column, message, help, weight: isError(finding) ? "error" : "warning" };
  });
  return { document: read.sited.document, remarks };
}
