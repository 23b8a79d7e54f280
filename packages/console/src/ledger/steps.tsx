// SPDX-License-Identifier: Apache-2.0
import { Badge } from "../parts/badge.tsx";
import type { Meaning } from "../parts/meaning.ts";
import type { Step } from "./verify.ts";

const LOOKS: Readonly<Record<Step["state"], readonly [Meaning, string]>> = {
  passed: ["done", "passed"],
  failed: ["stopped", "failed"],
  unchecked: ["unknown", "not checked"],
};

/** Steps, each as it came out; there is no word over all of them that they do not say. */
export function Steps({
  steps,
  label,
}: {
  readonly steps: readonly Step[];
  readonly label: string;
}) {
  return (
    <ol className="steps" aria-label={label}>
      {steps.map(({ name, state, says }) => {
        const [meaning, word] = LOOKS[state];
        return (
          <li key={`${name} ${says}`}>
            <Badge meaning={meaning}>{word}</Badge>
            <strong>{name}</strong>
            <span>{says}</span>
          </li>
        );
      })}
    </ol>
  );
}
