// SPDX-License-Identifier: Apache-2.0
import type { ChangeEntry } from "@interlock/digest";
import type { ContentsShown } from "@interlock/protocol";
import { useState } from "react";
import { Badge } from "../parts/badge.tsx";
import { FileView } from "./file.tsx";

const FILES_AT_FIRST = 40;

/** Every path of the change, in the order of their names; those that are not drawn yet are counted. */
export function Files(given: {
  readonly change: string;
  readonly entries: readonly ChangeEntry[];
  readonly contents: ContentsShown;
  readonly onTampered: (path: string) => void;
}) {
  const { change, entries, contents, onTampered } = given;
  const [most, setMost] = useState(FILES_AT_FIRST);
  const leftOut = new Map(contents.leftOut.map((one) => [one.content, one]));
  const missing = new Set(contents.missing);
  const attributes = new Map(contents.attributes.map((one) => [one.path, one.attributes]));
  const more = entries.length - most;
  return (
    <>
      {entries.slice(0, most).map((entry) => (
        <FileView
          key={entry.path}
          {...{ change, entry, leftOut, missing, onTampered }}
          attributes={attributes.get(entry.path) ?? {}}
        />
      ))}
      {more > 0 && (
        <p className="more-files">
          <Badge meaning="unknown">not shown yet</Badge> {more} more files belong to this change.{" "}
          <button type="button" onClick={() => setMost(most + 5 * FILES_AT_FIRST)}>
            Show the next {Math.min(more, 5 * FILES_AT_FIRST)}
          </button>
        </p>
      )}
    </>
  );
}
