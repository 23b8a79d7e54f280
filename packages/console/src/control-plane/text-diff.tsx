// SPDX-License-Identifier: Apache-2.0
import { controlPlaneApi } from "@interlock/protocol";
import { useMemo } from "react";
import { useLoaded } from "../api/loaded.ts";
import { diffOf, linesOf } from "../diff/lines.ts";
import { Lines } from "../diff/rows.tsx";
import { Show } from "../parts/states.tsx";

/** What a proposed text changes of the one in force; all of it is new where none is. */
export function TextDiff({ text }: { readonly text: string }) {
  const now = useLoaded(controlPlaneApi.descriptionInForce, {});
  return (
    <Show of={now} what="the text in force">
      {({ inForce }) => <Differs before={inForce?.text ?? ""} after={text} />}
    </Show>
  );
}

function Differs({ before, after }: { readonly before: string; readonly after: string }) {
  const diff = useMemo(() => diffOf(linesOf(before), linesOf(after)), [before, after]);
  return (
    <>
      <h3>
        {before === "" ? "Nothing is in force: all of it is new" : "Against the text in force"}
      </h3>
      {diff.whole && <p>Too much differs to be told line by line.</p>}
      <Lines lines={diff.lines} label="what differs from the text in force" />
    </>
  );
}
