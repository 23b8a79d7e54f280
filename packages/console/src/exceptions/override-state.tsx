// SPDX-License-Identifier: Apache-2.0
import type { OverrideShown } from "@interlock/protocol";
import { Badge } from "../parts/badge.tsx";
import type { Meaning } from "../parts/meaning.ts";

const LOOKS: Readonly<Record<OverrideShown["state"], readonly [Meaning, string]>> = {
  counts: ["working", "counts"],
  alone: ["person", "wants a second"],
  withdrawn: ["neutral", "taken back"],
  over: ["neutral", "over"],
  "incident-closed": ["neutral", "incident closed"],
  "key-ended": ["stopped", "its key ended"],
};

/** What became of an override. */
export function OverrideState({ state }: { readonly state: OverrideShown["state"] }) {
  const [meaning, word] = LOOKS[state];
  return <Badge meaning={meaning}>{word}</Badge>;
}
