// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from "react";
import { Badge } from "../parts/badge.tsx";
import type { Meaning } from "../parts/meaning.ts";
import { When } from "../parts/when.tsx";

/** One line of what waits: what is to be done, to what, and since or until when. */
export function Task(given: {
  readonly meaning: Meaning;
  readonly word: string;
  readonly at: number;
  readonly children: ReactNode;
}) {
  return (
    <li>
      <Badge meaning={given.meaning}>{given.word}</Badge>
      <span className="task-says">{given.children}</span>
      <When at={given.at} />
    </li>
  );
}
